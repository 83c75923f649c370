"""The only scorer of the test set, and the metrics it reports."""

from gossamer.evaluation.metrics import ClassMetrics, Metrics, metrics
from gossamer.evaluation.sealed import Ledger, SealedScore, score_test_set
from gossamer.evaluation.split import SPLITS, score_split
from gossamer.evaluation.wilson import wilson_interval

__all__ = [
    "SPLITS",
    "ClassMetrics",
    "Ledger",
    "Metrics",
    "SealedScore",
    "metrics",
    "score_split",
    "score_test_set",
    "wilson_interval",
]
