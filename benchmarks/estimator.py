"""The classifier beside skorch's, as a user of scikit-learn calls them: `python -m benchmarks.estimator`.

The same network, images, epochs and batch size; `fit` from nothing, then `predict`, by turns in one process.
Each fit is timed whole: checking the input, ordering the images, opening the engine.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.figures import ratios, spread
from benchmarks.images import BenchmarkImages, open_images
from benchmarks.machine import Bystanders, machine, versions
from benchmarks.page import head, ratio_cell, table
from benchmarks.run import NETWORK
from gossamer import LightweightCNNClassifier
from gossamer.errors import EngineError
from gossamer.network import Architecture, initial_weights
from gossamer.seeds import derive_seed

SECTION = "estimator"
RATE = 0.001


def ours(batch_size: int, epochs: int, threads: int) -> Callable[[], Any]:
    """Makes gossamer's classifier."""
    return lambda: LightweightCNNClassifier(
        NETWORK, learning_rate=RATE, batch_size=batch_size, epochs=epochs, n_jobs=threads, random_state=0
    )


def skorchs(images: BenchmarkImages, batch_size: int, epochs: int, threads: int) -> Callable[[], Any]:
    """Makes skorch's, with nothing held out and nothing printed."""
    try:
        import torch  # noqa: PLC0415 - it may not be installed
        from skorch import NeuralNetClassifier  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            f"there is nothing to hold it against ({error}); make bench installs skorch"
        ) from error

    from gossamer.network.torch_module import network_module  # noqa: PLC0415 - it needs torch

    network = Architecture.parse(NETWORK, images.images.shape, len(images.images.classes))
    weights = initial_weights(network, derive_seed("estimator benchmark"))

    def make() -> Any:
        torch.set_num_threads(threads)
        return NeuralNetClassifier(
            network_module(network, weights),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=RATE,
            batch_size=batch_size,
            max_epochs=epochs,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        )

    return make


def measure(
    images: BenchmarkImages, batch_size: int, epochs: int, threads: int, rounds: int
) -> tuple[str, dict[str, Any]]:
    """The figures as a section of a page and as a record."""
    about, bystanders = machine(), Bystanders()
    pixels, labels = images.images.images, images.images.labels
    shuffled = np.random.default_rng(0).permutation(len(pixels))
    pixels, labels = pixels[shuffled], labels[shuffled]
    inputs = {
        "LightweightCNNClassifier": pixels,
        "skorch": np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / np.float32(255),
    }
    makers = {
        "LightweightCNNClassifier": ours(batch_size, epochs, threads),
        "skorch": skorchs(images, batch_size, epochs, threads),
    }
    seconds: dict[str, dict[str, list[float]]] = {name: {"fit": [], "predict": []} for name in makers}
    accuracy: dict[str, float] = {}
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}")
        for name, make in makers.items():
            started = perf_counter()
            classifier = make().fit(inputs[name], labels)
            fitted = perf_counter()
            found = classifier.predict(inputs[name])
            ended = perf_counter()
            accuracy[name] = float((found == labels).mean())
            if number:  # the first round warms up
                seconds[name]["fit"].append(fitted - started)
                seconds[name]["predict"].append(ended - fitted)
    about["others"] = bystanders.share()
    first, second = makers
    rows = [
        [name, *(_cell(seconds[name][kind]) for kind in ("fit", "predict")), f"{accuracy[name]:.4f}"]
        for name in makers
    ]
    faster = [ratio_cell(ratios(seconds[second][kind], seconds[first][kind])) for kind in ("fit", "predict")]
    date = datetime.now(UTC).date().isoformat()
    lines = [
        *head(date, about, versions()),
        f"- Images: {images.source}; network `{NETWORK}`, batch size {batch_size}, {epochs} epochs,"
        f" {threads} threads",
        f"- {rounds} rounds by turns; medians with (least to greatest)",
        "",
        table(
            ["", "seconds to fit", "to predict the same images", "accuracy on them"],
            [*rows, ["times faster", *faster, ""]],
        ),
    ]
    record = {
        "date": date,
        "machine": about,
        "versions": versions(),
        "images": images.source,
        "seconds": {
            name: {kind: asdict(spread(values)) for kind, values in kinds.items()}
            for name, kinds in seconds.items()
        },
        "accuracy": accuracy,
    }
    return "\n".join(lines) + "\n", record


def _cell(values: list[float]) -> str:
    found = spread(values)
    return f"{found.median:.2f} ({found.least:.2f} to {found.greatest:.2f})"


def main(arguments: list[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)
    return deliver(
        options,
        SECTION,
        lambda: measure(
            open_images(options.images), options.batch_size, options.epochs, options.threads, options.rounds
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.estimator",
        description="The classifier beside skorch's; see docs/benchmarks.md.",
        epilog="example: python -m benchmarks.estimator --images 6000 --rounds 3",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--images", type=positive(int), default=20_000, help="train on so many images")
    add("--batch-size", type=positive(int), default=64)
    add("--epochs", type=positive(int), default=2)
    add("--threads", type=positive(int), default=2)
    add("--rounds", type=positive(int), default=5)
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
