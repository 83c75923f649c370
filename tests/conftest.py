"""What tests share: the real data set, tiny IDX files, a local web server, and a Ray cluster."""

import gzip
import os
import signal
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from gossamer.data import Dataset, fashion_mnist


def _default_dispositions() -> None:
    """Signals as a terminal has them: a script's background jobs inherit that some are ignored or blocked.

    What is ignored stays so in children, which tests interrupt and end by signals.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
        if signal.getsignal(number) is signal.SIG_IGN:
            handler = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, handler)


_default_dispositions()  # before anything starts a child
settings.register_profile("gossamer", deadline=None)  # a busy machine is no failure
settings.load_profile("gossamer")


@pytest.fixture(scope="session", name="fashion_mnist")
def _fashion_mnist() -> Dataset:
    """The real data set, fetched into the user's cache if it is nowhere yet."""
    return fashion_mnist.load()


@pytest.fixture(scope="session")
def idx_bytes() -> Callable[[NDArray[np.uint8]], bytes]:
    """Writes an array as an IDX file: the tests' own reading of the format."""

    def write(array: NDArray[np.uint8]) -> bytes:
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()

    return write


@pytest.fixture(scope="session")
def tiny_idx(idx_bytes: Callable[[NDArray[np.uint8]], bytes]) -> dict[str, bytes]:
    """A data set of 12 training and 6 test images of 4x5 in 3 classes, as the four files' bytes."""
    random = np.random.default_rng(0)
    arrays = {
        "train-images": random.integers(0, 256, (12, 4, 5)),
        "train-labels": np.arange(12) % 3,
        "t10k-images": random.integers(0, 256, (6, 4, 5)),
        "t10k-labels": np.arange(6) % 3,
    }
    return {part: idx_bytes(array.astype(np.uint8)) for part, array in arrays.items()}


@pytest.fixture
def idx_folder(tmp_path: Path, tiny_idx: dict[str, bytes]) -> Path:
    """A folder "tiny" of the tiny data set's four files, gzipped."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for part, content in tiny_idx.items():
        dimensions = 3 if part.endswith("images") else 1
        (folder / f"{part}-idx{dimensions}-ubyte.gz").write_bytes(gzip.compress(content))
    return folder


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """Serves with a function that answers each GET (it gets the request handler); gives the URL of /."""
    monkeypatch.setenv("no_proxy", "*")
    servers = []

    def start(answer: Callable[[Any], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up on bad servers
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def ray_environment() -> None:
    """How Ray authenticates: it reads so once per process; tests that import Ray in their own need this."""
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64, "RAY_USAGE_STATS_ENABLED": "0"}


@pytest.fixture(scope="session")
def ray_head(ray_environment: None) -> Iterator[Any]:
    """A Ray cluster of one node with two CPUs, to which tests may add others; nobody has joined it."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    from ray.cluster_utils import Cluster

    quick = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 500,
        "health_check_failure_threshold": 3,
    }
    head = {"num_cpus": 2, "include_dashboard": False, "_system_config": quick}  # to notice a node's death
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def ray_cluster(ray_head: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The cluster, named by RAY_ADDRESS."""
    monkeypatch.setenv("RAY_ADDRESS", ray_head.address)
    return ray_head
