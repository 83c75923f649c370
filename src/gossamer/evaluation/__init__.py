"""The only scorer of the test set; metrics, calibration, errors and possible label errors."""

from gossamer.evaluation.answers import Answer, as_probabilities, correct_sample, errors
from gossamer.evaluation.calibration import Reliability, fit_temperature, reliability
from gossamer.evaluation.label_errors import possible_label_errors
from gossamer.evaluation.metrics import ClassMetrics, Metrics, metrics
from gossamer.evaluation.sealed import Ledger, SealedScore, score_test_set
from gossamer.evaluation.split import SPLITS, score_split

__all__ = [
    "SPLITS",
    "Answer",
    "ClassMetrics",
    "Ledger",
    "Metrics",
    "Reliability",
    "SealedScore",
    "as_probabilities",
    "correct_sample",
    "errors",
    "fit_temperature",
    "metrics",
    "possible_label_errors",
    "reliability",
    "score_split",
    "score_test_set",
]
