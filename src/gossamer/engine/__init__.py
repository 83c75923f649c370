"""Engines train and run a network on arrays, behind one small protocol."""

from importlib.util import find_spec

from gossamer.engine.base import Engine, Runner, Score, Trainer
from gossamer.engine.batches import Batches, batch_sizes
from gossamer.engine.learning import ADAM, AVERAGE, SLOTS, Learning
from gossamer.engine.state import TrainingState, slot_arrays
from gossamer.errors import EngineError

ENGINES = ("auto", "native", "torch")
DEVICES = ("auto", "cpu", "cuda", "mps")

__all__ = [
    "ADAM",
    "AVERAGE",
    "DEVICES",
    "ENGINES",
    "SLOTS",
    "Batches",
    "Engine",
    "Learning",
    "Runner",
    "Score",
    "Trainer",
    "TrainingState",
    "batch_sizes",
    "open_engine",
    "slot_arrays",
]

_NOT_BUILT = (
    "the native engine was not built when gossamer was installed (were there a C++20 compiler and Python's"
    " headers?); install it again where they are, or"
)
_NO_TORCH = "the torch engine needs PyTorch; install it with: pip install 'gossamer[torch]'"


def open_engine(name: str = "auto", device: str = "auto") -> Engine:
    """The engine called `name` on `device`; "auto" is native on a CPU where it was built, else torch.

    Raises:
        EngineError: the engine is not installed or has no such device.
    """
    if name not in ENGINES or device not in DEVICES:
        raise EngineError(
            f"no engine {name!r} on device {device!r};"
            f" the engines are {', '.join(ENGINES)}, the devices {', '.join(DEVICES)}"
        )
    built = find_spec("gossamer.engine._native") is not None
    if name == "auto":
        name = "native" if built and device in {"auto", "cpu"} else "torch"
        if not built and find_spec("torch") is None:
            raise EngineError(
                f"there is no engine to compute with: {_NOT_BUILT} use the other one: {_NO_TORCH}"
            )
    return _open_native(built, device) if name == "native" else _open_torch(device)


def _open_native(built: bool, device: str) -> Engine:
    if not built:
        raise EngineError(f"{_NOT_BUILT} use --engine torch")
    if device not in {"auto", "cpu"}:
        raise EngineError(f"the native engine runs on a CPU only, not on {device}: use --engine torch")
    from gossamer.engine.native import NativeEngine  # noqa: PLC0415 - it may not be built

    return NativeEngine()


def _open_torch(device: str) -> Engine:
    if find_spec("torch") is None:
        raise EngineError(_NO_TORCH)
    from gossamer.engine.torch import TorchEngine  # noqa: PLC0415 - torch takes seconds to import

    return TorchEngine(device)
