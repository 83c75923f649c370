"""A model at work on pictures that people bring: fitted if asked, answered, doubted where they look odd."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Reading, edge_brightnesses, fit_array
from gossamer.engine import Engine, Runner
from gossamer.errors import DataError
from gossamer.network import Model, Scaling

Image = NDArray[np.uint8]
ODD = 127
"""How far an edge's brightness may be from the usual one before it is told of."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model and the engine that runs it.

    Attributes:
        model: the model; making a predictor of one that takes no pixels raises DataError.
        engine: what computes.
        threads: how many CPU threads the engine may use.
    """

    model: Model
    engine: Engine
    threads: int = 1

    def __post_init__(self) -> None:
        self.model.check_takes_pixels()
        self._runner  # noqa: B018 - the engine refuses here what it cannot run

    @cached_property
    def _runner(self) -> Runner:
        model = self.model
        return self.engine.runner(model.network, model.weights, model.scaling, threads=self.threads)

    def reading(self, *, fit: bool) -> Reading:
        """How pictures are read that `prepare` is to be given: as the model's training pictures were."""
        return Reading(background=self.model.picture_background, fitted_later=fit)

    def prepare(self, picture: Image, where: str, *, fit: bool) -> Image:
        """The picture uint8 (H, W, C), C 1 or 3, as the model takes it; errors call it `where`.

        Args:
            picture: what was brought.
            where: its name.
            fit: whether another size or colour is made into what the model takes, or refused. The picture
                keeps its aspect ratio; beside it is the usual brightness of the training images' edges.

        Raises:
            DataError: it is of another shape, and not to be fitted or of channels that cannot be.
        """
        height, width, channels = self.model.network.input_shape
        if picture.shape == (height, width, channels):
            return picture
        if not fit:
            raise DataError(
                f"{where}: {_named(picture.shape)}, and the model takes {_named((height, width, channels))};"
                " ask for it to be fitted (--fit, or ?fit=true of a service)"
            )
        if channels not in {1, 3}:
            raise DataError(f"{where}: the model takes {channels} channels, and pictures have 1 or 3")
        try:
            wanted = replace(self.reading(fit=fit), size=(height, width), channels=channels)
            return np.asarray(fit_array(picture[np.newaxis], wanted, self._usual)[0])
        except DataError as error:
            raise DataError(f"{where}: {error}") from error

    @cached_property
    def _usual(self) -> int | None:
        """The brightness at the training images' edges, 0 to 255, where the model file says it."""
        found = self.model.provenance.get("background")
        return found if isinstance(found, int) and 0 <= found <= 255 else None

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits (N, classes) of images (N, H, W, C) as the model takes them."""
        return self._runner.logits(images)

    def oddities(self, images: NDArray[np.uint8]) -> list[str | None]:
        """What of each image is unlike the training images, in words; None if nothing seems so.

        A picture that is to be fitted shows it before it is padded with what is usual.
        """
        scaling, usual = self.model.scaling, self._usual
        if scaling != Scaling():
            far = (
                f"pixels up to {{}}, where the training images have {scaling.minimum:g} to"
                f" {scaling.maximum:g}: is it in other units?"
            )
            return [far.format(image.max()) if scaling.is_far_from(image) else None for image in images]
        if usual is None:
            return [None] * len(images)
        words = [
            f"{there} at its edge, where the training images are {usually}: is it inverted, or on another"
            " background?"
            for there, usually in (("dark", "light"), ("light", "dark"))
        ]
        return [
            words[found > usual] if abs(found - usual) > ODD else None
            for found in edge_brightnesses(images).tolist()
        ]


def _named(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    colours = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    return f"{height}x{width} {colours}"
