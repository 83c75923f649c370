"""The operations of the service, one method per operation; they refuse by raising `Refusal`."""

from starlette.requests import Request
from starlette.responses import Response

from gossamer.serve.answers import Prediction, Predictions
from gossamer.serve.limits import json_response
from gossamer.serve.metrics import CONTENT_TYPE
from gossamer.serve.open_inference import Inference, model_metadata, server_metadata
from gossamer.serve.service import Service


class Operations:
    """The endpoints of `service`. Their docstrings are their descriptions in the OpenAPI document."""

    def __init__(self, service: Service) -> None:
        self._service, self._name, self._model = service, service.name, service.predictor.model

    async def predict(self, request: Request) -> Response:
        """Classify one image or several: pictures, a form with pictures, or pixels as JSON."""
        classes = self._model.classes
        predictions = [
            Prediction(
                classes[answer.best],
                dict(zip(classes, answer.probabilities, strict=True)),
                dict(zip(classes, answer.logits, strict=True)),
                answer.odd,
            )
            for answer in await self._service.predict(request)
        ]
        return json_response(Predictions(self._name, predictions))

    async def infer(self, request: Request) -> Response:
        """Classify images by the Open Inference Protocol."""
        service, model = self._service, self._model
        async with service.bodies.of(request) as body:
            inference = await service.decoding.run(
                lambda _: Inference(body, model, service.limits), len(body)
            )
            answers = await service.answer(inference.images)
            return json_response(inference.reply(model, self._name, answers))

    async def server(self, _: Request) -> Response:
        """Name and version of the server."""
        return json_response(server_metadata())

    async def model(self, _: Request) -> Response:
        """Inputs and outputs of the model."""
        return json_response(model_metadata(self._model, self._name))

    async def live(self, _: Request) -> Response:
        """Whether the process answers."""
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether the service takes new requests; it does not while it shuts down."""
        return json_response({"ready": self._service.ready}, self._health)

    async def model_ready(self, _: Request) -> Response:
        """Whether the model takes new requests."""
        return json_response({"name": self._name, "ready": self._service.ready}, self._health)

    async def metrics(self, _: Request) -> Response:
        """Counters and durations for Prometheus."""
        return Response(self._service.metrics.exposed(), media_type=CONTENT_TYPE)

    @property
    def _health(self) -> int:
        return 200 if self._service.ready else 503
