"""What can be asked of the service over HTTP, one method an operation."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_json

from gossamer.serve.metrics import CONTENT_TYPE
from gossamer.serve.open_inference import Inference, model_metadata, server_metadata
from gossamer.serve.service import Service


class Operations:
    """The endpoints; those with images refuse by raising `Refusal`."""

    def __init__(self, service: Service) -> None:
        self._service, self._name, self._model = service, service.name, service.predictor.model

    async def predict(self, request: Request) -> Response:
        """Say what the model sees in one image or many: pictures, a form with pictures, or pixels as JSON."""
        classes = self._model.classes
        predictions = [
            {
                "class": classes[answer.best],
                "probabilities": dict(zip(classes, answer.probabilities, strict=True)),
                "logits": dict(zip(classes, answer.logits, strict=True)),
                "warning": answer.odd,
            }
            for answer in await self._service.predict(request)
        ]
        return _json({"model": self._name, "predictions": predictions})

    async def infer(self, request: Request) -> Response:
        """Predict by the Open Inference Protocol."""
        service, model = self._service, self._model
        async with service.bodies.of(request) as body:
            inference = await service.decoding.run(
                lambda _: Inference(body, model, service.limits), len(body)
            )
            return _json(inference.reply(model, self._name, await service.answer(inference.images)))

    async def server(self) -> dict[str, Any]:
        """Name and version of the server."""
        return server_metadata()

    async def model(self) -> dict[str, Any]:
        """The model's inputs and outputs."""
        return model_metadata(self._model, self._name)

    async def live(self) -> dict[str, bool]:
        """Whether the process answers."""
        return {"live": True}

    async def ready(self) -> JSONResponse:
        """Whether new requests are welcome; not so while the service ends."""
        return JSONResponse({"ready": self._service.ready}, self._health)

    async def model_ready(self) -> JSONResponse:
        """Whether the model takes requests."""
        return JSONResponse({"name": self._name, "ready": self._service.ready}, self._health)

    async def metrics(self) -> Response:
        """Counters and durations for Prometheus."""
        return Response(self._service.metrics.exposed(), media_type=CONTENT_TYPE)

    @property
    def _health(self) -> int:
        return 200 if self._service.ready else 503


def _json(value: object) -> Response:
    return Response(to_json(value), media_type="application/json")
