"""The metrics of a service, in Prometheus's format."""

from collections.abc import Callable, Sequence
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from gossamer.network import Model
from gossamer.serve.batches import Answer

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one service, in a registry of their own: a process may run several services.

    Attributes:
        batch: the histogram of batch sizes.
    """

    def __init__(self, name: str, model: Model) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        Info("gossamer_model", "What is served.", registry=registry).info(
            {"name": name, "hash": model.hash, "gossamer": version("gossamer")}
        )
        self._requests = Counter(
            "gossamer_requests", "Requests answered.", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "gossamer_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ["path"],
            buckets=SECONDS,
            registry=registry,
        )
        predictions = Counter(
            "gossamer_predictions", "Images by predicted class.", ["class"], registry=registry
        )
        self._predictions = [predictions.labels(name) for name in model.classes]
        self._odd = Counter("gossamer_odd_images", "Images unlike the training images.", registry=registry)
        self.batch = Histogram(
            "gossamer_batch_images",
            "Images per batch of the network.",
            buckets=[2**power for power in range(9)],
            registry=registry,
        )

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read from `read` at each scrape."""
        Gauge(f"gossamer_{name}", meaning, registry=self._registry).set_function(read)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count an answered request; `path` must be one of a fixed set."""
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def count(self, answers: Sequence[Answer]) -> None:
        """Count predictions by class."""
        for answer in answers:
            self._predictions[answer.best].inc()
            if answer.odd is not None:
                self._odd.inc()

    def exposed(self) -> bytes:
        """All metrics in the text format."""
        return generate_latest(self._registry)
