"""Engines train and run a network on arrays, behind one small protocol."""

from importlib.util import find_spec

from gossamer.engine.base import Engine, Score, Trainer, TrainingState
from gossamer.errors import EngineError

ENGINES = ("auto", "torch")
DEVICES = ("auto", "cpu", "cuda", "mps")

__all__ = ["DEVICES", "ENGINES", "Engine", "Score", "Trainer", "TrainingState", "open_engine"]


def open_engine(name: str = "auto", device: str = "auto") -> Engine:
    """The engine called `name` on `device`; "auto" takes what is installed and there.

    Raises:
        EngineError: the engine is not installed or has no such device.
    """
    if name not in ENGINES or device not in DEVICES:
        raise EngineError(
            f"no engine {name!r} on device {device!r};"
            f" the engines are {', '.join(ENGINES)}, the devices {', '.join(DEVICES)}"
        )
    if find_spec("torch") is None:
        raise EngineError("the torch engine needs PyTorch; install it with: pip install 'gossamer[torch]'")
    from gossamer.engine.torch import TorchEngine  # noqa: PLC0415 - torch takes seconds to import

    return TorchEngine(device)
