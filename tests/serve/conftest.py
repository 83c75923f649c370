"""What the service's tests share: small models, and services of their own process."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import numpy as np
import pytest

from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed
from tests.command import GOSSAMER

CLASSES = ("T-shirt/top", "Sandalette ü", '<b>"Bag"')


def make_model(words: str = "conv4 pool dense", shape: tuple[int, int, int] = (8, 6, 1)) -> Model:
    """An untrained model whose answers differ from image to image."""
    network = Architecture.parse(words, shape, len(CLASSES))
    weights = initial_weights(network, derive_seed("serve tests"))
    return Model(network, weights, Scaling(), CLASSES, {"data": "made up", "background": 0}, temperature=1.7)


def another_model() -> Model:
    """As `make_model`, but with other weights."""
    model = make_model()
    weights = initial_weights(model.network, derive_seed("another"))
    return Model(model.network, weights, model.scaling, model.classes, model.provenance, temperature=1.7)


@dataclass
class Running:
    """`gossamer serve` in a process of its own."""

    process: "subprocess.Popen[str]"
    host: str
    port: int

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit code, and what was said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=40)
        return self.process.returncode, said

    def memory(self) -> int:
        """Bytes of it in memory."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(model: Path, *options: str, stdout: "int | IO[str] | None" = None) -> Iterator[Running]:
    command = [GOSSAMER, "serve", str(model), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "http://" in line, line + process.stderr.read()
        host, port = line.partition("http://")[2].partition("/")[0].rsplit(":", 1)
        running = Running(process, host, int(port))
        httpx.get(f"{running.address}/v2/health/live").raise_for_status()
        yield running
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model in a folder that is called as a study's."""
    path = tmp_path_factory.mktemp("serve") / "tiny study" / "model.safetensors"
    path.parent.mkdir()
    path.write_bytes(make_model().to_bytes())
    return path


@pytest.fixture(scope="module")
def service(model_file: Path) -> Iterator[Running]:
    with serving(model_file) as running:
        yield running


@pytest.fixture
def images() -> Callable[[int], "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"]:
    """The first n of the same random images."""
    many = np.random.default_rng(0).integers(0, 256, (256, 8, 6, 1)).astype(np.uint8)
    return lambda n: many[:n]
