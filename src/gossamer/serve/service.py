"""The service apart from HTTP: images in, answers out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request

from gossamer.errors import SettingError
from gossamer.inference import Predictor
from gossamer.serve.batches import Answer, Batches
from gossamer.serve.bodies import Bodies
from gossamer.serve.contents import contents
from gossamer.serve.decoding import Decoding
from gossamer.serve.limits import Limits, Refusal
from gossamer.serve.metrics import Metrics

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(eq=False)
class Service:
    """One model that answers many clients.

    Attributes:
        name: the model's name in URLs.
        predictor: the model and its engine.
        limits: the largest requests that are accepted.
        ready: whether new requests are welcome; false while the service drains.
    """

    name: str
    predictor: Predictor
    limits: Limits = field(default_factory=Limits)
    ready: bool = True

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise SettingError(
                f"{self.name!r}: not a name for a URL; expected at most 63 letters, digits, '.', '_' and"
                " '-', the first a letter or digit"
            )
        network = self.predictor.model.network
        self.bodies = Bodies(self.limits)
        self.decoding = Decoding(self.limits)
        self.metrics = Metrics(self.name, self.predictor.model)
        self.batches = Batches(self.compute, network.multiply_adds, self.limits, self.metrics.batch.observe)
        self.metrics.gauge("waiting_images", "Images waiting for the network.", lambda: self.batches.waiting)
        self.metrics.gauge(
            "held_bytes", "Bytes of bodies received and not answered.", lambda: self.bodies.held
        )
        self.metrics.gauge("decoding_requests", "Large bodies being decoded.", lambda: self.decoding.busy)

    def close(self) -> None:
        """Start no more work."""
        self.decoding.close()
        self.batches.close()

    async def predict(self, request: Request) -> list[Answer]:
        """The answers for the images in a request's body, in their order.

        Raises:
            Refusal: the body has no images, or not such as the model takes, or the service is busy.
        """
        fit = _asked(request, "fit")
        async with self.bodies.of(request) as body:
            decode = await contents(request, body, self.limits, self.predictor.reading(fit=fit))

            def prepared(most_pixels: int) -> tuple[NDArray[np.uint8], dict[int, str | None]]:
                images, unfitted = [], {}
                for index, (where, picture) in enumerate(decode(most_pixels)):
                    images.append(self.predictor.prepare(picture, where, fit=fit))
                    if images[-1] is not picture:
                        (unfitted[index],) = self.predictor.oddities(picture[np.newaxis])
                return np.stack(images), unfitted

            return await self.answer(*await self.decoding.run(prepared, len(body)))

    async def answer(
        self, images: NDArray[np.uint8], unfitted: Mapping[int, str | None] = MappingProxyType({})
    ) -> list[Answer]:
        """The answers for images (N, H, W, C) of the model's shape.

        For converted images, `unfitted` holds their index and what was odd about them before.

        Raises:
            Refusal: too many images are waiting.
        """
        answers = await self.batches.answer(images)
        for index, odd in unfitted.items():
            answers[index] = answers[index]._replace(odd=odd)
        self.metrics.count(answers)
        return answers

    def compute(self, images: NDArray[np.uint8]) -> list[Answer]:
        """Compute the answers for images (N, H, W, C)."""
        logits = self.predictor.logits(images)
        found = (
            logits.argmax(axis=1).tolist(),
            self.predictor.model.probabilities(logits).round(6).tolist(),
            logits.astype(np.float64).round(6).tolist(),
            self.predictor.oddities(images),
        )
        return [Answer(*each) for each in zip(*found, strict=True)]


def _asked(request: Request, name: str) -> bool:
    """Whether the query string sets `name`."""
    if not request.scope["query_string"]:
        return False
    said = request.query_params.get(name, "false").lower()
    if said not in {"", "1", "true", "0", "false"}:
        raise Refusal(400, f"{name}={said[:40]!r}: expected true or false")
    return said in {"", "1", "true"}
