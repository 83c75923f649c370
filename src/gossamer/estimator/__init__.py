"""A scikit-learn classifier, and its state in a model file."""

from gossamer.estimator.classifier import LightweightCNNClassifier

__all__ = ["LightweightCNNClassifier"]
