"""A teacher's answers: of the student's own views, whatever was asked before."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.datasets import load_digits

from gossamer.data import Augmentation, LabelledImages, Split, viewed
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling, initial_weights
from gossamer.seeds import derive_seed
from gossamer.training import Recipe, Teacher, fit, train
from gossamer.training.teacher import TeacherAnswers

NETWORK = Architecture.parse("bn conv4 pool dense", (8, 8, 1), 10)
TEACHER = Teacher(NETWORK, initial_weights(NETWORK, derive_seed("teacher")), temperature=3.0, labels=0.25)
FLIPS = Augmentation(flip="horizontal", shift=1)
TURNS = Augmentation(rotate=20.0)


@pytest.fixture(scope="module")
def images() -> LabelledImages:
    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels[:300] * 15).astype(np.uint8).reshape(-1, 8, 8, 1)
    return LabelledImages.from_arrays(pixels, labels[:300].astype(np.int64), [str(n) for n in range(10)])


@pytest.fixture(params=["native", "torch"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return open_engine(request.param, "cpu")


def answers(engine: Engine, images: LabelledImages, augmentation: Augmentation) -> TeacherAnswers:
    return TeacherAnswers(TEACHER, engine, Scaling(), images, views=augmentation.kinds, threads=1)


@pytest.mark.parametrize("augmentation", [Augmentation(), FLIPS, TURNS])
def test_they_are_the_probabilities_of_the_views(
    engine: Engine, images: LabelledImages, augmentation: Augmentation
) -> None:
    asked = answers(engine, images, augmentation)
    for epoch in (1, 2, 3):
        rows = np.random.default_rng(epoch).permutation(300)[:200]
        views = augmentation.views(300, 8, 8, "ab", epoch)[rows]
        logits = engine.logits(NETWORK, TEACHER.weights, Scaling(), viewed(images.images[rows], views))
        found = asked.of(rows, views if augmentation.any else None)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, softmax(logits / 3.0, axis=1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("augmentation", [FLIPS, TURNS])
def test_they_do_not_depend_on_what_was_asked_before(
    engine: Engine, images: LabelledImages, augmentation: Augmentation
) -> None:
    rows = np.random.default_rng(0).permutation(300)[:200]
    views = [augmentation.views(300, 8, 8, "ab", epoch)[rows] for epoch in range(1, 9)]
    first = answers(engine, images, augmentation)
    all_along = [first.of(rows, each).tobytes() for each in views]
    for number, each in enumerate(views):
        assert answers(engine, images, augmentation).of(rows, each).tobytes() == all_along[number]


def test_views_are_counted_where_they_are_few() -> None:
    assert Augmentation().kinds == 1
    assert Augmentation(flip="alternating", shift=2).kinds == 50
    assert TURNS.kinds is None
    assert Augmentation(shift=2, erase=3).kinds is None


def test_a_student_comes_near_its_teacher(engine: Engine, images: LabelledImages) -> None:
    """Taught without labels, it agrees with the teacher, whose answers have nothing to do with the labels."""
    split = Split(np.arange(300), np.arange(0))
    teacher = Teacher(NETWORK, TEACHER.weights, temperature=1.0, labels=0.0)
    recipe = Recipe(derive_seed("student"), 0.02, 32, 30)
    checkpoint = train(engine, NETWORK, Scaling(), images, split, recipe, teacher=teacher)
    alone = fit(engine, NETWORK, Scaling(), images, split, recipe).weights
    theirs, taught, untaught = (
        engine.logits(NETWORK, weights, Scaling(), images.images).argmax(axis=1)
        for weights in (TEACHER.weights, checkpoint.state.kept, alone)
    )
    assert (taught == theirs).mean() > 0.85
    assert (untaught == theirs).mean() < 0.5
