"""A network as a graph of primitive ops, the words that spell it, its initial weights, and the model file."""

from gossamer.network.architecture import Architecture, Unit
from gossamer.network.fold import fold_graph, fold_weights
from gossamer.network.graph import IMAGE, Graph, Node, Weights
from gossamer.network.model import Model, load_model, model_file
from gossamer.network.ops import DEPLOYED_OPS, OPS, Op, Parameter, Shape
from gossamer.network.scaling import PIXELS, Scaling, Values, scaling_of
from gossamer.network.suggest import Budgets, suggest_networks
from gossamer.network.weights import initial_weights

__all__ = [
    "DEPLOYED_OPS",
    "IMAGE",
    "OPS",
    "PIXELS",
    "Architecture",
    "Budgets",
    "Graph",
    "Model",
    "Node",
    "Op",
    "Parameter",
    "Scaling",
    "Shape",
    "Unit",
    "Values",
    "Weights",
    "fold_graph",
    "fold_weights",
    "initial_weights",
    "load_model",
    "model_file",
    "scaling_of",
    "suggest_networks",
]
