"""The catalogue: who takes part. A line here and a file beside it add a contestant."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from benchmarks.contestants.base import Contestant, Rows, Setting

__all__ = ["Contestant", "Entrant", "Rows", "Setting", "catalogue"]


@dataclass(frozen=True)
class Entrant:
    """A contestant by name, which its own process opens.

    Attributes:
        name: what the tables call it; unique.
        what: how it is set up, in a sentence.
        place: module and class under `benchmarks.contestants`.
        threads: how many CPU threads it may use.
        modules: what must be importable.
        trains: whether it trains at all; else it takes part in evaluation alone.
        compiler: whether it needs a C++ compiler.
        environment: variables set before anything is imported.
    """

    name: str
    what: str
    place: str
    threads: int
    modules: tuple[str, ...]
    trains: bool = True
    compiler: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def missing(self) -> str | None:
        """What keeps it from taking part on this machine."""
        absent = [module for module in self.modules if not _importable(module)]
        if absent:
            return f"not installed ({', '.join(absent)})"
        names = (os.environ.get("CXX"), "c++", "g++", "clang++")
        if self.compiler and not any(name and shutil.which(name) for name in names):
            return "not installed (a C++ compiler)"
        return None

    def open(self, setting: Setting) -> Contestant:
        """Import and make it; called in its own process."""
        module, name = self.place.split(".")
        contestant: Contestant = getattr(import_module(f"benchmarks.contestants.{module}"), name)(setting)
        return contestant


def catalogue(threads: int) -> list[Entrant]:
    """All contestants, where those that use several threads use `threads`."""
    native, torch = ("gossamer.engine._native",), ("torch",)
    script = "a Dataset that returns a float tensor an image, a DataLoader that shuffles, Adam"
    tuned = "images preloaded as floats, channels_last, fused Adam"
    plain = "images preloaded as floats, PyTorch's own memory layout, fused Adam"
    step = f"{tuned}; forward, loss and backward in one torch.compile"
    jax = "images preloaded as floats on its device, one jitted step a batch, Adam written out"
    keras = "compile and fit on a float array"
    entrants = [
        Entrant(_name("native", 1), "one fit", "native.Native", 1, native),
        Entrant(_name("native", threads), "one fit", "native.Native", threads, native),
        Entrant(
            f"native, {threads} fits at once", "a thread each", "native_fits.NativeFits", threads, native
        ),
        Entrant(_name("PyTorch script", threads), script, "torch_script.TorchScript", threads, torch),
        Entrant(_name("PyTorch tuned", 1), tuned, "torch_tuned.TorchTuned", 1, torch),
        Entrant(_name("PyTorch tuned", threads), tuned, "torch_tuned.TorchTuned", threads, torch),
        *(
            Entrant(
                _name("PyTorch tuned, channels first", count),
                plain,
                "torch_tuned.TorchContiguous",
                count,
                torch,
            )
            for count in (1, threads)
        ),
        *(
            Entrant(
                _name("torch.compile", count),
                step,
                "torch_compiled.TorchCompiled",
                count,
                torch,
                compiler=True,
            )
            for count in (1, threads)
        ),
        Entrant(_name("JAX", threads), jax, "jax_step.JaxStep", threads, ("jax",)),
        Entrant(
            _name("skorch", threads),
            "NeuralNetClassifier on a float array",
            "skorch_classifier.SkorchClassifier",
            threads,
            ("skorch", "torch"),
        ),
        *(
            Entrant(
                _name(f"Keras on {backend}", threads),
                keras,
                "keras_model.KerasModel",
                threads,
                ("keras", backend),
                environment={"KERAS_BACKEND": backend},
            )
            for backend in ("jax", "torch")
        ),
        Entrant(
            _name("ONNX Runtime", 1),
            "an inference session; images preloaded as floats",
            "onnx_session.OnnxSession",
            1,
            ("onnx", "onnxruntime"),
            trains=False,
        ),
    ]
    unique = {
        entrant.name: entrant for entrant in entrants if threads > 1 or "fits at once" not in entrant.name
    }
    return list(unique.values())


def _name(tool: str, threads: int) -> str:
    return f"{tool}, {threads} thread{'s' if threads > 1 else ''}"


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it would lie in
        return False
