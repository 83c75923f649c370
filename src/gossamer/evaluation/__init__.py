"""The only scorer of the test set, and the metrics it reports."""

from gossamer.evaluation.metrics import ClassMetrics, Metrics, metrics
from gossamer.evaluation.sealed import Ledger, SealedScore, score_test_set

__all__ = ["ClassMetrics", "Ledger", "Metrics", "SealedScore", "metrics", "score_test_set"]
