"""The training images on which a model file can be checked without any use of a test set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gossamer.data import LabelledImages, Reading, holdout, open_source
from gossamer.errors import DataError
from gossamer.network import Model, model_file
from gossamer.search import Journal
from gossamer.study.file import read_study
from gossamer.study.folder import StudyFolder
from gossamer.study.lock import locked
from gossamer.study.plan import StudyPlan, plan_study
from gossamer.study.read import results_of
from gossamer.study.record import Setting

OnDownload = Callable[[str, int, int | None], None]


@dataclass(frozen=True, eq=False)
class FoldModel:
    """The model of a fit of the search, of the setting that was selected.

    Attributes:
        model: its weights, with all else as the study's model has it.
        train: the images that it was trained on.
        held_out: images that it was not trained on, and that no other fold model here holds out.
    """

    model: Model
    train: LabelledImages
    held_out: LabelledImages


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Training images in two parts.

    Attributes:
        train: the images that the weights were trained on.
        validation: images that they were not trained on, but that may have selected the epoch.
        said: what people should know about the two.
        fold_models: reads the models of the selected setting's fits, where there are no validation images;
            they stand in for the model where it can only be judged by images that it was not trained on.
    """

    train: LabelledImages
    validation: LabelledImages
    said: str
    fold_models: Callable[[], Sequence[FoldModel]] = field(default=tuple, repr=False)


def training_images(
    model: Model,
    path: Path,
    source: str | None = None,
    *,
    reading: Reading | None = None,
    on_download: OnDownload | None = None,
) -> TrainingImages:
    """The training images of `model`, whose file is at `path`, split as for its final fit.

    A model in a study folder has the images of the study. For others, `source` names the images, and a fifth
    of them is for validation, unless they are known to be those that the model was trained on.

    Raises:
        DataError: the file is in no study folder and there is no source, or the images do not fit the model.
        GossamerError: the study file or the images cannot be read.
    """
    path = model_file(path)
    folder = StudyFolder(path.resolve().parent)
    if source is None and not folder.study.is_file():
        raise DataError(
            f"{path}: lies in no study folder, so its training images are unknown;"
            " say where they are with --data SOURCE"
        )
    if source is None:
        plan = plan_study(read_study(folder.study))
        _check(model, plan.train, str(folder.study))
        return _of_study(model, path, folder, plan)
    reading = (reading or Reading()).on(model.picture_background)
    images = open_source(source, on_download, reading).train.matched(model.classes)
    _check(model, images, source)
    if images.fingerprint == model.provenance.get("train_fingerprint"):
        none = images.take(np.arange(0))
        return TrainingImages(images, none, f"the training images of the model's study, from {source}")
    split = holdout(images, validation=0.2, stratified=True, seed="export")
    said = f"training images of {source}, a fifth of them for validation: which of them it saw is not known"
    return TrainingImages(images.take(split.train), images.take(split.validation), said)


def _of_study(model: Model, path: Path, folder: StudyFolder, plan: StudyPlan) -> TrainingImages:
    split = plan.procedure.final_split
    train, validation = plan.train.take(split.train), plan.train.take(split.validation)
    if len(validation):
        said = "the images that the final fit was trained on, and those that it was validated on"
        return TrainingImages(train, validation, said)

    def fold_models() -> list[FoldModel]:
        results = results_of(path)
        if results is None or not folder.journal.is_file():
            return []
        with locked(folder, shared=True), Journal(folder.journal, read_only=True) as journal:
            return list(_fold_models(model, plan, results.selection.setting, journal))

    said = "the images that the final fit was trained on, which are all"
    return TrainingImages(train, validation, said, fold_models)


def _fold_models(model: Model, plan: StudyPlan, selected: Setting, journal: Journal) -> Iterator[FoldModel]:
    """The selected setting's fits that `journal` holds, each image held out by the first that left it out."""
    fits = next(
        (
            fits
            for setting, fits in zip(plan.search.settings, plan.search.fits, strict=True)
            if Setting(setting) == selected
        ),
        (),
    )
    held_out_before = np.zeros(len(plan.train), bool)
    for fit in fits:
        rows = fit.split.validation[~held_out_before[fit.split.validation]]
        outcome = journal.find(fit) if len(rows) else None
        if outcome is not None:
            held_out_before[rows] = True
            yield FoldModel(
                replace(model, weights=outcome.fitted.weights),
                plan.train.take(fit.split.train),
                plan.train.take(rows),
            )


def _check(model: Model, images: LabelledImages, where: str) -> None:
    if images.shape != model.network.input_shape or len(images.classes) != model.network.classes:
        wanted = "x".join(map(str, model.network.input_shape))
        raise DataError(
            f"{where}: {images!r}, and the model takes {wanted} and {model.network.classes} classes; name the"
            " images it was trained on with --data, and --size or --channels if need be"
        )
