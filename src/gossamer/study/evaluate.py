"""A model file on labelled images; a look at test images goes into the journal of the study it lies in."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gossamer.checks import one_of
from gossamer.cpus import usable_cpus
from gossamer.data import Dataset, Reading, open_source
from gossamer.engine import open_engine
from gossamer.errors import StudyFolderError
from gossamer.evaluation import SPLITS, score_split
from gossamer.network import Model, load_model, model_file
from gossamer.search import Journal
from gossamer.stats.wilson import wilson_interval
from gossamer.study.folder import StudyFolder
from gossamer.study.lock import locked
from gossamer.study.record import collect


@dataclass(frozen=True)
class ClassFigures:
    """A class's name, its precision, recall and F1, and its images."""

    name: str
    precision: float
    recall: float
    f1: float
    images: int


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on a part of a data set.

    Attributes:
        model: the hash of what was scored.
        data: the data set's name.
        split: test, train or all.
        n: how many images.
        correct: how many of them were classified correctly.
        accuracy: correct / n.
        interval: the accuracy's 95 % interval.
        loss: mean cross entropy in nats; None where it is NaN.
        balanced_accuracy: mean recall of the classes.
        macro_f1: mean F1 of the classes.
        accesses: the test-set accesses that the study's journal holds now; None where the test images
            were not looked at, or there is no journal to record it in.
        per_class: the model's classes in their order.
        confusion: images by true class (row) and predicted class (column).
        notes: what a person should know, one line each.
    """

    model: str
    data: str
    split: str
    n: int
    correct: int
    accuracy: float
    interval: tuple[float, float]
    loss: float | None
    balanced_accuracy: float
    macro_f1: float
    accesses: int | None
    per_class: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]


def evaluate_model(
    model: str | os.PathLike[str],
    data: str | os.PathLike[str],
    *,
    split: str = "test",
    reading: Reading | None = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    on_download: Callable[[str, int, int | None], None] | None = None,
) -> Evaluation:
    """Score a model file, or a study folder's model, on labelled images.

    A look at test images is a test-set access: in a study folder, the journal records it before the look. Of
    the study's own model and test images, it is the access that is recorded already.

    Args:
        model: the file or the folder.
        data: a data set's name or path.
        split: test, train or all.
        reading: how images are read.
        engine: auto, native or torch.
        device: auto, cpu, cuda or mps.
        threads: CPU threads at most; by default, all that this process may use.
        on_download: called as files arrive.

    Raises:
        SettingError: there is no such split.
        ModelFileError: `model` is no model file.
        DataError: `data` cannot be read, or does not fit the model.
        EngineError: the engine is not there, or cannot run the model.
        StudyFolderError: a run is at work in the model's folder.
        JournalError: the access cannot be recorded; the test images were not looked at.
    """
    one_of(*SPLITS)("--split", split)
    path = model_file(Path(model))
    loaded = load_model(path)
    loaded.check_takes_pixels()
    opened = open_engine(engine, device)
    reading = (reading or Reading()).on(loaded.picture_background)
    dataset = open_source(os.fspath(data), on_download, reading).matched(loaded.classes)
    ledger = _Ledger(path, dataset.name)
    with ledger.at_hand(needed=split != "train"):
        found = score_split(loaded, dataset, split, opened, ledger, threads=threads or usable_cpus())
    per_class = zip(loaded.classes, found.per_class, strict=True)
    return collect(
        Evaluation,
        found,
        model=loaded.hash,
        data=dataset.name,
        split=split,
        interval=wilson_interval(found.correct, found.n),
        accesses=ledger.accesses,
        per_class=[collect(ClassFigures, figures, name=name) for name, figures in per_class],
        notes=(*dataset.notes, *_notes(loaded, dataset, split), *ledger.notes),
    )


def _notes(model: Model, dataset: Dataset, split: str) -> Iterator[str]:
    train = dataset.train
    if model.classes != train.classes and len(model.classes) == len(train.classes):
        yield f"the classes of {dataset.name} have other names than the model's; they are matched in order"
    if model.scaling.is_far_from(train.images):
        yield (
            f"the pixels of {dataset.name} go up to {train.images.max()}, and the model was trained"
            f" on {model.scaling.minimum:g} to {model.scaling.maximum:g}; are they in other units?"
        )
    if split != "test" and model.provenance.get("train_fingerprint") == train.fingerprint:
        yield "the model was trained on these training images: their figures say little about others"


class _Ledger:
    """The journal of the study that a model lies in, if it lies in one."""

    def __init__(self, model: Path, data: str) -> None:
        self._folder, self._data = StudyFolder(model.resolve().parent), data
        self._journal: Journal | None = None
        self._read_only = False
        self.accesses: int | None = None
        self.notes: list[str] = []

    @contextmanager
    def at_hand(self, *, needed: bool) -> Iterator[None]:
        """Hold the study's folder and its journal, where there is one and it is needed."""
        if not needed or not self._folder.journal.is_file():
            yield
            return
        self._read_only = not self._folder.is_writable
        with (
            locked(self._folder, shared=self._read_only),
            Journal(self._folder.journal, read_only=self._read_only) as self._journal,
        ):
            yield
            self.accesses = len(self._journal.accesses())

    def record_access(self, model_hash: str, test_fingerprint: str) -> None:
        """Record the look, or say that there is nowhere to record it."""
        looked = f"the test images of {self._data} are looked at"
        if self._journal is None:
            self.notes.append(f"{looked}; on no record, for the model lies in no study folder")
            return
        known = (model_hash, test_fingerprint) in self._journal.accesses()
        if not known and self._read_only:
            raise StudyFolderError(
                f"{self._folder.path}: cannot be written, so that this look at the test images cannot be"
                " recorded; they stay sealed. Make the folder writable, or evaluate a copy of it"
            )
        if not known:
            self._journal.record_access(model_hash, test_fingerprint)
        self.notes.append(
            f"{looked}; {self._folder.journal.name} "
            + (
                "has this access already: the same model and images"
                if known
                else "records a new test-set access"
            )
        )
