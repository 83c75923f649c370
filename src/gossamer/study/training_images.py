"""The training images on which a model file can be checked without any use of a test set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gossamer.data import LabelledImages, Reading, holdout, open_source
from gossamer.errors import DataError
from gossamer.network import Model, model_file
from gossamer.study.file import read_study
from gossamer.study.folder import StudyFolder
from gossamer.study.plan import plan_study

OnDownload = Callable[[str, int, int | None], None]


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Training images in two parts.

    Attributes:
        train: the images that the weights were trained on.
        validation: the images that selected the epoch.
        said: what people should know about the two.
    """

    train: LabelledImages
    validation: LabelledImages
    said: str


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
    of them is for validation.

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
        images, split = plan.train, plan.procedure.final_split
        said = "the images that the final fit was trained on, and those that it was validated on"
        _check(model, images, str(folder.study))
    else:
        reading = (reading or Reading()).on(model.picture_background)
        images = open_source(source, on_download, reading).train.matched(model.classes)
        _check(model, images, source)
        split = holdout(images, validation=0.2, stratified=True, seed="export")
        said = (
            f"training images of {source}, a fifth of them for validation: which of them it saw is not known"
        )
    return TrainingImages(images.take(split.train), images.take(split.validation), said)


def _check(model: Model, images: LabelledImages, where: str) -> None:
    if images.shape != model.network.input_shape or len(images.classes) != model.network.classes:
        wanted = "x".join(map(str, model.network.input_shape))
        raise DataError(
            f"{where}: {images!r}, and the model takes {wanted} and {model.network.classes} classes; name the"
            " images it was trained on with --data, and --size or --channels if need be"
        )
