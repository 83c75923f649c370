"""A scikit-learn classifier, and what its model file keeps of it."""

from gossamer.estimator.classifier import LightweightCNNClassifier

__all__ = ["LightweightCNNClassifier"]
