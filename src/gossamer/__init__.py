"""Lightweight image classifiers, honestly chosen.

What is public, each imported when it is first used, so that `import gossamer` stays quick:

    LightweightCNNClassifier    a classifier with scikit-learn's manners
    Model, load_model           a trained network and the file it lives in; `model.to_torch()`
    from_torch                  a torch.nn.Sequential as a model
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gossamer.estimator import LightweightCNNClassifier as LightweightCNNClassifier
    from gossamer.network import Model as Model
    from gossamer.network import load_model as load_model
    from gossamer.network.torch_module import model_of as from_torch

__version__ = version("gossamer")

_PUBLIC = {
    "LightweightCNNClassifier": ("gossamer.estimator", "LightweightCNNClassifier"),
    "Model": ("gossamer.network", "Model"),
    "load_model": ("gossamer.network", "load_model"),
    "from_torch": ("gossamer.network.torch_module", "model_of"),
}

__all__ = ["LightweightCNNClassifier", "Model", "from_torch", "load_model"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'gossamer' has no attribute {name!r}; it has {', '.join(__all__)}")
    module, attribute = _PUBLIC[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
