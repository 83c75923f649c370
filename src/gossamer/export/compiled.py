"""C sources compiled on this machine, to see that they answer as they must."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ExportError
from gossamer.export.c_source import CSource

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SECONDS = 600


def run_compiled(source: CSource, images: NDArray[np.uint8]) -> tuple[NDArray[Any], float]:
    """The logits (N, classes) that the compiled sources give for images (N, H, W, C), and seconds an image.

    Raises:
        ExportError: there is no C compiler, or the sources do not compile or run.
    """
    compiler = _compiler()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**source.files, "parity.c": source.parity_main()}.items():
            (Path(folder) / name).write_text(text)
        program = Path(folder) / "parity"
        files = [str(Path(folder) / name) for name in (f"{source.name}.c", "parity.c")]
        _run([*compiler, *WARNINGS, "-O2", *files, "-o", str(program)], b"")
        started = perf_counter()
        answered = _run([str(program)], np.ascontiguousarray(images).tobytes())
        seconds = (perf_counter() - started) / len(images)
    kind = np.dtype(np.int32 if source.context["int8"] else np.float32)
    found = np.frombuffer(answered, kind)
    classes = len(source.context["classes"])
    if len(found) != len(images) * classes:
        raise ExportError(f"the compiled program answered {len(found)} logits for {len(images)} images")
    return found.reshape(-1, classes), seconds


def _compiler() -> list[str]:
    """The command that compiles: what CC says, as `make` takes it (a program, options behind it), or cc."""
    named = os.environ.get("CC", "").strip()
    if named and shutil.which(named):  # a path, which may have spaces in it
        return [named]
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise ExportError(f"CC={named!r}: no command ({error}); name a C compiler in it") from error
    if words:
        return words
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if found is None:
        raise ExportError(
            "C is checked by compiling it, and there is no C compiler (cc, gcc or clang) on this machine;"
            " install one, or name it in the environment variable CC"
        )
    return [found]


def _run(command: list[str], given: bytes) -> bytes:
    try:
        ran = subprocess.run(command, input=given, capture_output=True, check=False, timeout=SECONDS)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportError(f"{command[0]}: {error}") from error
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise ExportError(f"{command[0]} failed ({ran.returncode}): {said[0] if said else 'it says nothing'}")
    return ran.stdout
