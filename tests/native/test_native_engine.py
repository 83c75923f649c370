"""The native engine's mathematics: it learns as the torch engine does, and to the same bits every time.

A new network to be compared with PyTorch is a line in `NETWORKS`. What it refuses is in `test_refusals.py`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.data import Dataset
from gossamer.engine import Engine, TrainingState, _native, open_engine
from gossamer.engine.batches import batch_sizes
from gossamer.errors import EngineError
from gossamer.network import Architecture, Scaling, Shape, Weights, initial_weights
from gossamer.seeds import derive_seed
from tests.constant_rate import ConstantRate, trainer_at

Images = tuple[NDArray[np.uint8], NDArray[np.int64]]

LEARNING_RATE = 0.001
REPORT = Architecture.parse("conv16 pool conv32 pool dense", (28, 28, 1), 10)


@pytest.fixture(scope="module")
def native() -> Engine:
    return open_engine("native")


@pytest.fixture(scope="module")
def torch_engine() -> Engine:
    return open_engine("torch", "cpu")


def some(network: Architecture, count: int, seed: int = 0) -> Images:
    """Images that differ by class in their brightness and by chance in everything else."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, network.classes, count)
    bright = (labels * 120 // network.classes)[:, None, None, None]
    noise = random.integers(0, 136, (count, *network.input_shape))
    return (noise + bright).astype(np.uint8), labels.astype(np.int64)


def start(network: Architecture, seed: str = "native") -> TrainingState:
    return TrainingState.start(network, initial_weights(network, derive_seed(seed)))


def begin(
    engine: Engine,
    network: Architecture,
    data: Images,
    state: TrainingState | None = None,
    batch_size: int = 16,
    threads: int = 1,
) -> ConstantRate:
    return trainer_at(
        engine,
        network,
        Scaling(),
        *data,
        state or start(network),
        learning_rate=LEARNING_RATE,
        batch_size=batch_size,
        threads=threads,
    )


def bits(state: TrainingState) -> list[bytes]:
    groups = (state.weights, *state.slots.values())
    return [array.tobytes() for group in groups for array in group.values()] + [state.step.to_bytes(8)]


def order(epoch: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng(epoch).permutation(count)


NETWORKS: dict[str, tuple[str, Shape, int]] = {
    "the report's": ("conv16 pool conv32 pool dense", (28, 28, 1), 10),
    "every word": ("conv8k5 pool conv9 conv17k1 avg conv5k7 gap dense", (20, 17, 3), 7),
    "a mean": ("conv12 conv20 pool gap dense", (12, 12, 2), 5),
    "nothing but the dense layer": ("dense", (9, 11, 3), 10),
    "pools alone": ("pool pool dense", (13, 15, 4), 6),
    "a mean of pixels": ("gap dense", (8, 8, 4), 3),
    "a pool first": ("pool conv6 pool dense", (16, 18, 2), 4),
    "two pools in a row": ("conv7 pool pool conv3 dense", (17, 19, 1), 10),
    "convolutions alone": ("conv3 conv4k5 conv33k1 dense", (8, 9, 4), 2),
    "average pools alone": ("avg avg dense", (13, 15, 4), 6),
    "the smallest image": ("conv16 pool conv16 pool conv16 pool dense", (8, 8, 1), 10),
    "the largest image": ("conv4k7 pool conv8 pool conv8 pool dense", (64, 64, 3), 10),
    "a wide image": ("conv5 pool conv6 pool dense", (9, 63, 1), 10),
    "a thousand classes": ("conv6 pool dense", (10, 10, 1), 1000),
    "many channels": ("conv70 pool conv65 pool dense", (8, 8, 3), 10),
    "images of many channels": ("conv9 pool conv5k1 dense", (6, 7, 33), 4),
    "one pixel": ("conv5 conv3k7 dense", (1, 1, 1), 3),
    "one row": ("conv5k5 conv6 dense", (1, 130, 2), 3),
    "strides": ("conv9s2 dwk5s3 sep12s4 dense", (21, 18, 3), 4),
    "residuals without norms": ("conv8 conv8+ (dw conv8 | conv8k1) pool inv8e3+ gap dense", (11, 10, 2), 5),
    "separable blocks": (
        "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense",
        (12, 12, 1),
        10,
    ),
    "inverted blocks": (
        "bn conv16 pool inv24e2k5 2*inv24e2k5+ pool inv36e2 inv36e2+ gap dense",
        (14, 13, 1),
        10,
    ),
    "ResNet-8": (
        "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense",
        (12, 12, 3),
        10,
    ),
    "MobileNet's activation": ("bn hswish conv7s2 inv9s2 dw conv17k1 gap dense", (16, 18, 3), 4),
    "clipped": ("bn relu6 conv9k5 (sep9 | dw conv9) avg dense", (9, 8, 4), 3),
}


NORMED = [name for name, (words, *_) in NETWORKS.items() if words.startswith("bn")]


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in NORMED])
def test_logits_stay_with_torchs_for_fifty_steps(name: str, native: Engine, torch_engine: Engine) -> None:
    network = Architecture.parse(*NETWORKS[name])
    data = some(network, 60)
    rows = np.random.default_rng(1).integers(0, 60, (50, 6))  # batches of 6, of no whole number of parts
    both = [begin(engine, network, data, batch_size=6) for engine in (native, torch_engine)]
    for step, batch in enumerate(rows):
        scores = [trainer.train_epoch(batch) for trainer in both]
        logits = [
            engine.logits(network, trainer.state().weights, Scaling(), data[0][:20])
            for engine, trainer in zip((native, torch_engine), both, strict=True)
        ]
        assert np.abs(logits[0] - logits[1]).max() < 1e-3, step
        assert scores[0].loss == pytest.approx(scores[1].loss, abs=1e-3)
        assert both[0].state().step == step + 1


def in_one(arrays: Weights, names: Sequence[str]) -> NDArray[np.float64]:
    return np.concatenate([arrays[name].ravel() for name in names]).astype(np.float64)


def apart(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """The distance relative to `expected`, in L2 norm."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("batch_size", [6, 30])
@pytest.mark.parametrize("name", NORMED)
def test_every_step_under_norms_is_torchs(
    name: str, batch_size: int, native: Engine, torch_engine: Engine
) -> None:
    """Each of twenty steps begins at one state: else rounding moves apart, by Adam, what a norm cancels.

    Where the argument of a ReLU is nearly 0, rounding decides whether it lets its gradient through: that is
    rare, and one of the few thousand of these small maps.
    """
    network = Architecture.parse(*NETWORKS[name])
    data, state = some(network, 60), start(network)
    gradients = []
    for rows in np.random.default_rng(1).integers(0, 60, (20, batch_size)):
        trainers = [begin(engine, network, data, state, batch_size) for engine in (native, torch_engine)]
        scores = [trainer.train_epoch(rows) for trainer in trainers]
        ours, theirs = (trainer.state() for trainer in trainers)
        assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-5)
        assert scores[0].correct == scores[1].correct
        statistics = [in_one(each.weights, network.statistics) for each in (ours, theirs)]
        assert apart(*statistics) < 1e-6
        before = 0.9 * in_one(state.slots["first_moment"], network.trained)
        gradients.append(
            apart(*(in_one(each.slots["first_moment"], network.trained) - before for each in (ours, theirs)))
        )
        state = ours
    assert np.median(gradients) < 1e-5
    assert max(gradients) < 0.03


@pytest.mark.parametrize("name", NORMED)
def test_training_under_norms_goes_as_torchs_does(name: str, native: Engine, torch_engine: Engine) -> None:
    network = Architecture.parse(*NETWORKS[name])
    data = some(network, 60)
    both = [begin(engine, network, data, batch_size=30) for engine in (native, torch_engine)]
    losses = []
    for rows in np.random.default_rng(1).integers(0, 60, (50, 30)):
        losses.append([trainer.train_epoch(rows).loss for trainer in both])
        assert losses[-1][0] == pytest.approx(losses[-1][1], abs=0.02)
    assert losses[-1][0] < 0.9 * losses[0][0]


EDGES: dict[str, tuple[str, Shape, int, list[int]]] = {
    "a last batch of one image": ("bn conv8 sep9 gap dense", (8, 9, 2), 2, [2, 2, 1]),
    "batches below the number of parts": ("bn conv8 dw avg dense", (6, 5, 1), 3, [3, 3, 2]),
    "one batch of one image": ("bn conv8 pool inv9 dense", (9, 8, 1), 16, [1]),
    "maps of one pixel": ("bn conv8s4 conv9s4 dense", (9, 7, 3), 5, [5, 5, 4]),
    "one value per channel": ("bn conv8s4 conv9s4 (dw conv9 |) dense", (4, 3, 3), 1, [1, 1, 1]),
    "a last batch that joins": ("bn conv8 gap dense", (6, 6, 1), 40, [40, 55]),
}


@pytest.mark.parametrize("name", EDGES)
def test_norms_of_few_values(name: str, native: Engine, torch_engine: Engine) -> None:
    """Both engines agree; one value per channel teaches a norm's bias and nothing before it."""
    words, shape, batch_size, sizes = EDGES[name]
    network = Architecture.parse(words, shape, 3)
    assert batch_sizes(network, sum(sizes), batch_size) == sizes
    data, rows = some(network, sum(sizes)), np.arange(sum(sizes))
    begun = start(network)
    trainers = [begin(engine, network, data, begun, batch_size) for engine in (native, torch_engine)]
    scores = [trainer.train_epoch(rows) for trainer in trainers]
    ours, theirs = (trainer.state() for trainer in trainers)
    assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-3)
    moments = [in_one(each.slots["first_moment"], network.trained) for each in (ours, theirs)]
    statistics = [in_one(each.weights, network.statistics) for each in (ours, theirs)]
    assert apart(*moments) < 1e-3
    assert apart(*statistics) < 1e-3
    changed = {
        array for array in network.weight_shapes if (ours.weights[array] != begun.weights[array]).any()
    }
    if name == "one value per channel":
        assert changed <= {
            "dense.weight",
            "dense.bias",
            *(a for a in network.trained if a.endswith("norm.bias")),
        }
    else:
        assert changed >= set(network.statistics)


@pytest.mark.parametrize(
    ("words", "images", "batch_size", "sizes"),
    [
        ("conv4 dense", 100, 32, [32, 32, 32, 4]),  # without norms, what is left is a batch
        ("conv4 dense", 3, 32, [3]),
        ("bn conv4 dense", 100, 32, [32, 32, 36]),
        ("bn conv4 dense", 96, 32, [32, 32, 32]),
        ("bn conv4 dense", 112, 32, [32, 32, 32, 16]),  # 16 images are enough
        ("bn conv4 dense", 143, 64, [64, 79]),
        ("bn conv4 dense", 144, 64, [64, 64, 16]),
        ("bn conv4 dense", 12, 8, [8, 4]),  # and so is half of a small batch
        ("bn conv4 dense", 11, 8, [11]),
        ("bn conv4 dense", 3, 32, [3]),  # there is none before
        ("bn conv4 dense", 5, 2, [2, 2, 1]),
        ("bn conv4 dense", 1, 1, [1]),
        ("bn conv4 dense", 0, 8, []),
    ],
)
def test_a_last_batch_that_says_little_joins_the_one_before(
    words: str, images: int, batch_size: int, sizes: list[int]
) -> None:
    assert batch_sizes(Architecture.parse(words, (8, 8, 1), 2), images, batch_size) == sizes


def test_a_whole_fit_is_as_accurate_as_torchs(
    native: Engine, torch_engine: Engine, fashion_mnist: Dataset
) -> None:
    """The same seed's two fits differ by rounding; that must matter less than the choice of the seed."""
    random = np.random.default_rng(0)
    taken = random.permutation(len(fashion_mnist.train))[:4000]
    data = (fashion_mnist.train.images[taken], fashion_mnist.train.labels[taken])
    unseen = np.arange(3000, 4000)
    accuracies: dict[str, list[float]] = {"native": [], "torch": []}
    for seed in ("first", "second", "third", "fourth"):
        for engine in (native, torch_engine):
            trainer = begin(engine, REPORT, data, start(REPORT, seed), batch_size=64)
            for epoch in range(2):
                trainer.train_epoch(order(epoch, 3000))
            accuracies[engine.name].append(trainer.evaluate(unseen).accuracy)
    found, expected = np.array(accuracies["native"]), np.array(accuracies["torch"])
    spread = np.ptp(expected)
    assert expected.min() > 0.7
    assert 0 < spread < 0.1
    assert np.abs(found - expected).max() <= spread
    assert abs(found.mean() - expected.mean()) <= expected.std(ddof=1)


def fit(
    engine: Engine, network: Architecture, data: Images, threads: int = 1, seed: str = "native"
) -> list[Any]:
    """Everything that a fit makes: scores, state, logits."""
    trainer = begin(engine, network, data, start(network, seed), threads=threads)
    count = len(data[0]) * 3 // 4
    scores = [trainer.train_epoch(order(epoch, count)) for epoch in range(2)]
    scores.append(trainer.evaluate(np.arange(count, len(data[0]))))
    state = trainer.state()
    logits = engine.logits(network, state.weights, Scaling(), data[0], threads=threads)
    return [scores, bits(state), logits.tobytes()]


BITWISE = (
    "the report's",
    "every word",
    "nothing but the dense layer",
    "strides",
    "separable blocks",
    "inverted blocks",
    "ResNet-8",
)


@pytest.mark.parametrize("name", BITWISE)
def test_twenty_repeats_give_the_same_bits(name: str, native: Engine) -> None:
    network = Architecture.parse(*NETWORKS[name])
    data = some(network, 101)
    first = fit(native, network, data)
    assert all(fit(native, network, data) == first for _ in range(19))


@pytest.mark.parametrize("kernels", _native.runnable())
@pytest.mark.parametrize("name", BITWISE)
def test_threads_change_no_bit(name: str, kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOSSAMER_KERNELS", kernels)
    engine = open_engine("native")
    network = Architecture.parse(*NETWORKS[name])
    data = some(network, 101)
    found = [fit(engine, network, data, threads) for threads in (1, 2, 3, 4, 9)]
    assert all(other == found[0] for other in found)


def test_fits_side_by_side_give_the_bits_of_a_fit_alone(native: Engine) -> None:
    jobs = [
        (Architecture.parse(*NETWORKS[name]), threads, seed)
        for name in BITWISE
        for threads in (1, 2)
        for seed in ("one", "two")
    ]

    def run(job: tuple[Architecture, int, str]) -> list[Any]:
        network, threads, seed = job
        return fit(native, network, some(network, 301), threads, seed=seed)

    alone = [run(job) for job in jobs]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, jobs)) == alone


@pytest.mark.parametrize("name", NETWORKS)
def test_going_on_from_a_state_equals_going_straight(name: str, native: Engine) -> None:
    network = Architecture.parse(*NETWORKS[name])
    data = some(network, 50)
    straight = begin(native, network, data)
    assert bits(straight.state()) == bits(start(network))
    straight.train_epoch(order(0, 50))
    middle = straight.state()
    before = bits(middle)
    score = straight.train_epoch(order(1, 50))
    again = begin(native, network, data, middle)
    assert bits(again.state()) == before
    assert again.train_epoch(order(1, 50)) == score
    assert bits(again.state()) == bits(straight.state())
    assert bits(middle) == before  # a copy, not touched by what came later
    assert straight.state().step == 2 * len(batch_sizes(network, 50, 16))


def test_a_state_goes_from_one_engine_to_the_other(native: Engine, torch_engine: Engine) -> None:
    network = Architecture.parse(*NETWORKS["every word"])
    data = some(network, 48)
    first = begin(native, network, data)
    first.train_epoch(order(0, 48))
    found = []
    for engine in (native, torch_engine):
        trainer = begin(engine, network, data, first.state())
        trainer.train_epoch(order(1, 48))
        found.append(trainer.state())
    assert found[0].step == found[1].step == 6
    for name, array in found[0].weights.items():
        np.testing.assert_allclose(array, found[1].weights[name], atol=2e-4)


def test_a_score_heeds_neither_order_nor_company(native: Engine) -> None:
    data = some(REPORT, 61)
    trainer = begin(native, REPORT, data)
    trainer.train_epoch(order(0, 61))
    before = bits(trainer.state())
    rows = np.arange(61)
    whole = trainer.evaluate(rows)
    parts = [trainer.evaluate(part) for part in np.array_split(order(1, 61), 7)]
    assert whole.images == sum(part.images for part in parts) == 61
    assert whole.correct == sum(part.correct for part in parts)
    assert whole.loss == pytest.approx(sum(part.loss * part.images for part in parts) / 61, rel=1e-6)
    weights = trainer.state().weights
    logits = native.logits(REPORT, weights, Scaling(), data[0])
    alone = [native.logits(REPORT, weights, Scaling(), data[0][i : i + 1]) for i in rows]
    assert np.concatenate(alone).tobytes() == logits.tobytes()
    assert whole.correct == int((logits.argmax(1) == data[1]).sum())
    assert bits(trainer.state()) == before


def test_kernels_are_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOSSAMER_KERNELS", raising=False)
    fastest = open_engine("native").numerics
    assert _native.runnable()[0] in fastest
    network = Architecture.parse(*NETWORKS["every word"])
    data = some(network, 40)
    logits = []
    for kernels in _native.runnable():
        monkeypatch.setenv("GOSSAMER_KERNELS", kernels)
        engine = open_engine("native")
        assert f" {kernels}, " in engine.numerics
        trainer = begin(engine, network, data)
        trainer.train_epoch(order(0, 40))
        logits.append(engine.logits(network, trainer.state().weights, Scaling(), data[0]))
    assert all(np.abs(other - logits[-1]).max() < 1e-3 for other in logits)
    assert len({array.tobytes() for array in logits}) > 1  # else one table answered for all
    monkeypatch.setenv("GOSSAMER_KERNELS", "mmx")
    with pytest.raises(EngineError, match=r"GOSSAMER_KERNELS=mmx: unknown here; there are .*reference"):
        open_engine("native")


def test_arrays_that_may_not_be_written_and_views_are_only_read(native: Engine) -> None:
    images, labels = some(REPORT, 40)
    state = start(REPORT)
    arrays: list[NDArray[Any]] = [images, labels, *state.weights.values()]
    for array in arrays:
        array.setflags(write=False)
    plain = begin(native, REPORT, (images, labels), state)
    wide = np.repeat(images, 2, axis=2)[:, :, ::2], np.repeat(labels, 2)[::2]  # neither is contiguous
    strided = begin(native, REPORT, wide, state)
    rows = np.repeat(order(0, 40), 2)[::2]
    assert plain.train_epoch(order(0, 40)) == strided.train_epoch(rows)
    assert bits(plain.state()) == bits(strided.state())


def test_the_core_keeps_alive_what_it_reads(native: Engine) -> None:
    data = some(REPORT, 400)
    trainers = [begin(native, REPORT, data), begin(native, REPORT, some(REPORT, 400))]
    rubbish = [np.full_like(array, 7) for array in data * 8]  # where freed images would lie
    scores = [trainer.train_epoch(order(0, 400)) for trainer in trainers]
    assert scores[0] == scores[1]
    assert len(rubbish) == 16


def test_the_interpreter_goes_on_while_the_core_works(native: Engine) -> None:
    """A Python thread that ticks every millisecond ticks in the middle of an epoch too."""
    trainer = begin(native, REPORT, some(REPORT, 2000))
    ticks, done = list[float](), Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(perf_counter())
            sleep(0.001)

    ticker = Thread(target=tick)
    ticker.start()
    try:
        for work in (trainer.train_epoch, trainer.evaluate):
            began = perf_counter()
            work(np.tile(np.arange(2000), 3))
            ended = perf_counter()
            quarter = (ended - began) / 4
            assert any(began + quarter < moment < ended - quarter for moment in ticks)
    finally:
        done.set()
        ticker.join()
