"""The only scorer of the test set, and what can be said of answers: metrics, calibration, errors, doubts."""

from gossamer.evaluation.answers import Answer, as_probabilities, correct_sample, errors
from gossamer.evaluation.calibration import Reliability, fit_temperature, reliability
from gossamer.evaluation.label_doubts import label_doubts
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
    "label_doubts",
    "metrics",
    "reliability",
    "score_split",
    "score_test_set",
]
