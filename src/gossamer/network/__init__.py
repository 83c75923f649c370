"""An architecture as pure data, its initial weights, and the model file."""

from gossamer.network.architecture import Architecture, Stage
from gossamer.network.layers import Convolution, Dense, GlobalAveragePool, Layer, MaxPool, Shape
from gossamer.network.model import Model, load_model, model_file
from gossamer.network.scaling import PIXELS, Scaling, Values, scaling_of
from gossamer.network.suggest import suggest_networks
from gossamer.network.weights import Weights, initial_weights

__all__ = [
    "PIXELS",
    "Architecture",
    "Convolution",
    "Dense",
    "GlobalAveragePool",
    "Layer",
    "MaxPool",
    "Model",
    "Scaling",
    "Shape",
    "Stage",
    "Values",
    "Weights",
    "initial_weights",
    "load_model",
    "model_file",
    "scaling_of",
    "suggest_networks",
]
