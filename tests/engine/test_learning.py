"""What both engines learn by: optimizers, decay, averages, smoothed labels, weights, teachers and views.

Against PyTorch's own optimizers and losses where it has them, and one engine against the other in everything
at once. A new option is a line in `OPTIONS`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - its usual name

from gossamer.data.augmentation import Augmentation
from gossamer.data.views import viewed
from gossamer.engine import Batches, Engine, Learning, Score, Trainer, TrainingState, open_engine
from gossamer.engine.learning import AVERAGE
from gossamer.network import Architecture, Scaling, Weights, initial_weights
from gossamer.network.torch_module import network_module
from gossamer.seeds import derive_seed

Images = tuple[NDArray[np.uint8], NDArray[np.int64]]
Arrays = Mapping[str, NDArray[Any]]
Parameters = Mapping[str, torch.nn.Parameter]

PLAIN = Architecture.parse("conv8 pool conv9k5 pool dense", (12, 11, 2), 5)
NORMED = Architecture.parse("bn conv8 sep9 pool sep9+ gap dense", (12, 11, 2), 5)
COUNT, BATCH = 90, 24
"""Images, and how many a batch has; the last one of an epoch has 18."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=("native", "torch"))
def engine(request: pytest.FixtureRequest) -> Engine:
    return open_engine(request.param, "cpu")


def some(network: Architecture) -> Images:
    """Images that differ by class in their brightness and by chance in everything else."""
    random = np.random.default_rng(0)
    labels = random.integers(0, network.classes, COUNT)
    noise = random.integers(0, 136, (COUNT, *network.input_shape))
    return (noise + (labels * 120 // network.classes)[:, None, None, None]).astype(np.uint8), labels


def start(network: Architecture, learning: Learning) -> TrainingState:
    return TrainingState.start(network, initial_weights(network, derive_seed("learning")), learning)


@dataclass(frozen=True)
class Options:
    """How a network is trained beside its images and batches."""

    learning: Learning = field(default_factory=Learning)
    weighted: bool = False
    taught: bool = False
    seen: Augmentation = field(default_factory=Augmentation)

    def trainer(
        self, engine: Engine, network: Architecture, state: TrainingState | None = None, threads: int = 1
    ) -> Trainer:
        return engine.trainer(
            network,
            Scaling(),
            *some(network),
            state or start(network, self.learning),
            learning=self.learning,
            image_weights=weights_of(COUNT) if self.weighted else None,
            threads=threads,
        )

    def batches(self, network: Architecture, epoch: int) -> Batches:
        """An epoch whose batches have rates of their own."""
        order = np.random.default_rng(epoch).permutation(COUNT)
        batches = Batches.constant(network, order, BATCH, 0.003)
        rates = batches.rates * np.cos(np.arange(len(batches.sizes)) + epoch) ** 2
        height, width, _ = network.input_shape
        return replace(
            batches,
            rates=rates,
            views=self.seen.views(COUNT, height, width, "learning", epoch) if self.seen.any else None,
            teacher=probabilities(network, COUNT, epoch) if self.taught else None,
        )


def weights_of(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).uniform(0.2, 2, count).astype(np.float32)


def probabilities(network: Architecture, count: int, seed: int) -> NDArray[np.float32]:
    """A teacher's; some are 0."""
    logits = np.random.default_rng(seed).normal(0, 2, (count, network.classes))
    shares = np.exp(logits) * (logits >= np.median(logits, 1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)


MOVES = Augmentation(flip="horizontal", shift=2)
ALL_MOVES = Augmentation("alternating", 2, 15.0, 0.2, 0.2, 0.2, 4)

OPTIONS: dict[str, Options] = {
    "adam": Options(),
    "adamw": Options(Learning("adamw", weight_decay=0.5)),
    "sgd": Options(Learning("sgd")),
    "sgd with decay": Options(Learning("sgd", weight_decay=0.5)),
    "label smoothing": Options(Learning(label_smoothing=0.2)),
    "an average": Options(Learning(ema=0.9)),
    "image weights": Options(weighted=True),
    "a teacher": Options(Learning(temperature=3.0), taught=True),
    "a teacher beside labels": Options(Learning(temperature=2.0, labels=0.4), taught=True),
    "flips and shifts": Options(seen=MOVES),
    "all views": Options(seen=ALL_MOVES),
    "all with adamw": Options(Learning("adamw", 0.5, 0.1, 0.95, 2.0, 0.3), True, True, ALL_MOVES),
    "all with sgd": Options(Learning("sgd", 0.5, 0.1, 0.95, 2.0, 0.3), True, True, ALL_MOVES),
}
NETWORKS = {"plain": PLAIN, "normed": NORMED}


def bits(state: TrainingState) -> list[bytes]:
    groups = (state.weights, *state.slots.values())
    return [array.tobytes() for group in groups for array in group.values()] + [state.step.to_bytes(8)]


def in_one(arrays: Arrays) -> NDArray[np.float64]:
    return np.concatenate([array.ravel() for array in arrays.values()]).astype(np.float64)


def apart(found: Arrays, expected: Arrays) -> float:
    """The distance relative to `expected`, in L2 norm."""
    return float(np.linalg.norm(in_one(found) - in_one(expected)) / np.linalg.norm(in_one(expected)))


# PyTorch's own


def adamw(parameters: Parameters, decay: float) -> torch.optim.Optimizer:
    """Its decay is that of kernels alone."""
    kernels = [each for each in parameters.values() if each.dim() > 1]
    others = [each for each in parameters.values() if each.dim() == 1]
    groups = [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups)


def sgd(parameters: Parameters, _: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters.values(), momentum=0.9, nesterov=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.15])
@pytest.mark.parametrize(
    ("name", "make", "decay"), [("adamw", adamw, 0.8), ("adamw", adamw, 0.0), ("sgd", sgd, 0.0)]
)
def test_fifty_steps_are_those_of_pytorchs_optimizer_and_loss(
    name: str,
    make: Callable[[Parameters, float], torch.optim.Optimizer],
    decay: float,
    smoothing: float,
    engine: Engine,
) -> None:
    """In double precision; Adam hardly divides by a gradient's size, so rounding that is all of it shows."""
    learning = Learning(name, decay, smoothing)
    trainer = Options(learning).trainer(engine, PLAIN)
    module = network_module(PLAIN, start(PLAIN, learning).weights).double()
    parameters = dict(zip(PLAIN.trained, module.parameters(), strict=True))
    optimizer = make(parameters, decay)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
    images, labels = some(PLAIN)
    pixels = torch.tensor(images / 255.0).permute(0, 3, 1, 2)
    random = np.random.default_rng(2)
    for step in range(50):
        rows, rate = random.integers(0, COUNT, 12), 0.002 * (1 + step % 3)
        score = trainer.train_epoch(Batches.constant(PLAIN, rows, 12, rate))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = loss_of(module(pixels[rows]), torch.tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        assert score.loss == pytest.approx(float(loss.detach()), abs=1e-4), step
    found = trainer.state()
    assert found.step == 50
    assert apart(found.weights, {key: each.detach().numpy() for key, each in parameters.items()}) < 1e-4


def test_weight_decay_shrinks_kernels_alone(engine: Engine) -> None:
    """In a step, by exactly the share that it says: all else goes as without it, to the bit."""
    for network in NETWORKS.values():
        begun, found = start(network, Learning("adamw")), []
        for decay in (0.0, 0.5):
            trainer = Options(Learning("adamw", decay)).trainer(engine, network)
            trainer.train_epoch(Batches.constant(network, np.arange(BATCH), BATCH, 0.01))
            found.append(trainer.state())
        for name in network.weight_shapes:
            plain, decayed = (each.weights[name] for each in found)
            if name in network.decayed:
                lost = 0.5 * 0.01 * begun.weights[name]
                np.testing.assert_allclose(plain - decayed, lost, rtol=0, atol=1e-7)
                assert np.abs(lost).max() > 1e-4
            else:
                np.testing.assert_array_equal(plain, decayed)


@pytest.mark.parametrize("labels", [0.0, 0.3, 1.0])
def test_a_teachers_loss_is_the_divergence_from_its_probabilities(labels: float, engine: Engine) -> None:
    learning = Learning(temperature=3.0, labels=labels, label_smoothing=0.1)
    options = Options(learning, taught=True)
    rows, teacher = np.arange(BATCH), probabilities(PLAIN, BATCH, 0)
    batches = replace(Batches.constant(PLAIN, rows, BATCH, 0.01), teacher=teacher)
    logits = first_logits(engine, rows)
    hard = F.cross_entropy(logits, torch.tensor(some(PLAIN)[1][rows]), label_smoothing=0.1)
    found = F.log_softmax(logits / 3.0, 1)
    divergence = F.kl_div(found, torch.tensor(teacher, dtype=torch.float64), reduction="batchmean")
    expected = (1 - labels) * 3.0**2 * divergence + labels * hard
    score = options.trainer(engine, PLAIN).train_epoch(batches)
    assert score.loss == pytest.approx(float(expected), rel=1e-5)
    assert score.correct == int((logits.argmax(1).numpy() == some(PLAIN)[1][rows]).sum())


def test_weights_multiply_the_images_losses(engine: Engine) -> None:
    rows = np.random.default_rng(3).permutation(COUNT)[:BATCH]
    losses = F.cross_entropy(first_logits(engine, rows), torch.tensor(some(PLAIN)[1][rows]), reduction="none")
    trainer = Options(weighted=True).trainer(engine, PLAIN)
    score = trainer.train_epoch(Batches.constant(PLAIN, rows, BATCH, 0.01))
    assert score.loss == pytest.approx(float((losses.numpy() * weights_of(COUNT)[rows]).mean()), rel=1e-5)


def first_logits(engine: Engine, rows: NDArray[np.int64]) -> torch.Tensor:
    """The logits of the first weights, in double precision."""
    weights = start(PLAIN, Learning()).weights
    return torch.tensor(engine.logits(PLAIN, weights, Scaling(), some(PLAIN)[0][rows])).double()


@pytest.mark.parametrize("words", NETWORKS)
def test_the_average_follows_all_arrays_and_is_what_is_kept(words: str, engine: Engine) -> None:
    network, learning = NETWORKS[words], Learning(ema=0.6)
    options = Options(learning)
    trainer, rows = options.trainer(engine, network), np.arange(COUNT)
    expected = {name: array.astype(np.float64) for name, array in trainer.state().weights.items()}
    for step in range(12):  # from the seventh on, the decay is what it was set to
        trainer.train_epoch(first_batch(options.batches(network, step)))
        decay = min(0.6, (1 + step) / (10 + step))
        for name, array in trainer.state().weights.items():
            expected[name] += (1 - decay) * (array - expected[name])
    state = trainer.state()
    assert apart(state.slots[AVERAGE], expected) < 1e-6
    assert apart(state.weights, expected) > 1e-3
    kept = Options().trainer(engine, network, TrainingState.start(network, state.kept))
    assert trainer.evaluate(rows) == kept.evaluate(rows)
    assert kept.evaluate(rows) != Options().trainer(
        engine, network, TrainingState.start(network, state.weights)
    ).evaluate(rows)


@pytest.mark.parametrize("words", NETWORKS)
def test_views_train_as_images_that_look_like_them(words: str, engine: Engine) -> None:
    network = NETWORKS[words]
    images, labels = some(network)
    options = OPTIONS["all views"]
    trainer = options.trainer(engine, network)
    again = Options().trainer(engine, network)
    for epoch in range(2):
        batches = options.batches(network, epoch)
        assert batches.views is not None
        seen = viewed(images[batches.order], batches.views)
        again = engine.trainer(network, Scaling(), seen, labels[batches.order], trainer.state())
        score = trainer.train_epoch(batches)
        assert again.train_epoch(replace(batches, order=np.arange(COUNT), views=None)) == score
        assert bits(again.state()) == bits(trainer.state())
    assert trainer.evaluate(np.arange(COUNT)).images == COUNT  # of images as they are


# One engine against the other, and one fit against the same


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("words", NETWORKS)
def test_every_step_is_the_other_engines(words: str, name: str) -> None:
    """Twenty steps, each from one state: Adam moves a weight by its whole rate whose gradient a norm cancels.

    Where the argument of a ReLU is nearly 0, rounding decides whether it lets its gradient through: that is
    rare, and one of the few thousand of these small maps.
    """
    network, options = NETWORKS[words], OPTIONS[name]
    engines = [open_engine(name, "cpu") for name in ("native", "torch")]
    state, distances = start(network, options.learning), dict[str, list[float]]()
    for step in range(20):
        batches = first_batch(options.batches(network, step))
        trainers = [options.trainer(engine, network, state) for engine in engines]
        scores = [trainer.train_epoch(batches) for trainer in trainers]
        ours, theirs = (trainer.state() for trainer in trainers)
        assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-5)
        assert scores[0].correct == scores[1].correct
        assert ours.step == theirs.step == step + 1
        for (slot, found), expected in zip(held(ours).items(), held(theirs).values(), strict=True):
            distances.setdefault(slot, []).append(apart(found, expected))
            if network.has_norms and slot in {"weights", AVERAGE}:
                statistics = [
                    {key: arrays[key] for key in network.statistics} for arrays in (found, expected)
                ]
                assert apart(*statistics) < 1e-6
        state = ours
    cancelled = network.has_norms and options.learning.optimizer != "sgd"
    for slot, each in distances.items():
        assert np.median(each) < (1e-3 if cancelled and slot in {"weights", AVERAGE} else 1e-6), slot
        assert max(each) < (0.03 if network.has_norms else 2e-6), slot


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("words", NETWORKS)
def test_a_fit_goes_as_the_other_engines(words: str, name: str) -> None:
    """Losses of fifty steps in twelve epochs and a bit, and the score of what is kept."""
    network, options = NETWORKS[words], OPTIONS[name]
    both = [options.trainer(open_engine(name, "cpu"), network) for name in ("native", "torch")]
    distances: dict[str, list[float]] = {}
    for epoch in range(13):
        scores = [trainer.train_epoch(options.batches(network, epoch)) for trainer in both]
        assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-3 if network.has_norms else 1e-6)
        for (slot, found), expected in zip(*(held(trainer.state()).items() for trainer in both), strict=True):
            distances.setdefault(slot, []).append(apart(found, expected[1]))
    kept = [trainer.evaluate(np.arange(COUNT)).loss for trainer in both]
    # A value so near 0 that ReLU passes it in one engine alone sets them apart at once: with AVX2, the
    # plain network with image weights agrees to 3e-7 for 44 steps, and its moments to 6e-4 after that one.
    assert kept[0] == pytest.approx(kept[1], rel=5e-3 if network.has_norms else 3e-6)
    if not network.has_norms:
        for slot, each in distances.items():
            assert np.median(each) < 2e-6, slot
            assert max(each) < 2e-3, slot


def held(state: TrainingState) -> dict[str, Weights]:
    return {"weights": state.weights, **state.slots}


def first_batch(batches: Batches) -> Batches:
    size = batches.sizes[0]
    return replace(
        batches,
        order=batches.order[:size],
        sizes=batches.sizes[:1],
        rates=batches.rates[:1],
        views=None if batches.views is None else batches.views[:size],
        teacher=None if batches.teacher is None else batches.teacher[:size],
    )


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("words", NETWORKS)
def test_threads_and_a_halt_change_no_bit(words: str, name: str, engine: Engine) -> None:
    network, options = NETWORKS[words], OPTIONS[name]

    def fit(threads: int, *, halted: bool) -> list[Any]:
        trainer, scores = options.trainer(engine, network, threads=threads), list[Score]()
        for epoch in range(3):
            if halted:
                trainer = options.trainer(engine, network, trainer.state(), threads)
            scores.append(trainer.train_epoch(options.batches(network, epoch)))
        return [scores, trainer.evaluate(np.arange(COUNT)), bits(trainer.state())]

    straight = fit(1, halted=False)
    for threads in (1, 2, 3, 4):
        assert fit(threads, halted=threads % 2 == 1) == straight


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("words", NETWORKS)
def test_a_fit_that_diverges_shows_it(words: str, name: str, engine: Engine) -> None:
    network, options = NETWORKS[words], OPTIONS[name]
    state = start(network, options.learning)
    state.weights["dense.weight"][0, 0] = np.nan
    trainer = options.trainer(engine, network, state)
    for epoch in range(2):
        assert np.isnan(trainer.train_epoch(options.batches(network, epoch)).loss)
    assert trainer.state().step == 8
    assert all(np.isnan(array).any() for array in trainer.state().slots[options.learning.slots[0]].values())


def test_weights_and_probabilities_of_any_layout(engine: Engine) -> None:
    """Arrays with gaps are only read, and read as what they say."""
    options = OPTIONS["all with sgd"]
    batches = options.batches(PLAIN, 0)
    assert batches.views is not None
    assert batches.teacher is not None
    gaps = replace(
        batches,
        order=np.repeat(batches.order, 2)[::2],
        rates=np.repeat(batches.rates, 2)[::2],
        views=np.asfortranarray(batches.views),
        teacher=np.repeat(batches.teacher, 2, axis=1)[:, ::2],
    )
    found = []
    for each in (batches, gaps):
        trainer = options.trainer(engine, PLAIN)
        found.append((trainer.train_epoch(each), bits(trainer.state())))
    assert found[0] == found[1]
