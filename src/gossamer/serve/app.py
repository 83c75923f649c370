"""The service over HTTP: its operations, their description (OpenAPI), and the pages."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp

from gossamer.serve.batches import Answer
from gossamer.serve.gate import Endpoint, Gate, refused
from gossamer.serve.limits import Refusal
from gossamer.serve.metrics import CONTENT_TYPE
from gossamer.serve.open_inference import Inference, model_metadata, server_metadata
from gossamer.serve.schemas import ENDING, Inferred, Predictions, infer_body, predict_body, responses
from gossamer.serve.service import Service
from gossamer.web import try_page

PAGE_HEADERS = {
    "content-security-policy": "frame-ancestors 'none'",  # the pages themselves say the rest
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def http_app(service: Service, *, token: str | None = None, report: Path | None = None) -> ASGIApp:
    """The application that answers for `service`.

    Args:
        service: the model at work.
        token: a shared secret, asked for everywhere but by the health checks.
        report: a study's page, to be shown beside the model.
    """
    model, name = service.predictor.model, service.name
    at = f"/v2/models/{name}"
    app = FastAPI(
        title=f"gossamer: {name}",
        version=server_metadata()["version"],
        description=f"`{model.network.words}`, {model.network.parameters:,} parameters.",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        exception_handlers={HTTPException: _problem},
    )

    async def predict(request: Request) -> Response:
        """Say what the model sees in one image or many: pictures, a form with pictures, or pixels as JSON."""
        return _json(
            {"model": name, "predictions": _predictions(model.classes, await service.predict(request))}
        )

    async def infer(request: Request) -> Response:
        """Predict by the Open Inference Protocol."""
        async with service.bodies.of(request) as body:
            inference = await service.decoding.run(
                lambda _: Inference(body, model, service.limits), len(body)
            )
            return _json(inference.reply(model, name, await service.answer(inference.images)))

    async def metadata() -> dict[str, Any]:
        """Name and version of the server."""
        return server_metadata()

    async def live() -> dict[str, bool]:
        """Whether the process answers."""
        return {"live": True}

    async def ready() -> JSONResponse:
        """Whether new requests are welcome; not so while the service ends."""
        return JSONResponse({"ready": service.ready}, 200 if service.ready else 503)

    async def model_ready() -> JSONResponse:
        """Whether the model takes requests."""
        return JSONResponse({"name": name, "ready": service.ready}, 200 if service.ready else 503)

    async def describe() -> dict[str, Any]:
        """The model's inputs and outputs."""
        return model_metadata(model, name)

    async def metrics() -> Response:
        """Counters and durations for Prometheus."""
        return Response(service.metrics.exposed(), media_type=CONTENT_TYPE)

    page = try_page(model, _background(service), _links(report))

    async def try_it(_: Request) -> Response:
        return Response(page, media_type="text/html", headers=PAGE_HEADERS)

    shape = model.network.input_shape
    direct: dict[tuple[str, str], Endpoint] = {("POST", "/predict"): predict, ("POST", f"{at}/infer"): infer}
    app.post("/predict", responses=responses(Predictions), openapi_extra=predict_body(shape))(predict)
    app.post(f"{at}/infer", responses=responses(Inferred), openapi_extra=infer_body(shape))(infer)
    app.get("/v2")(metadata)
    app.get("/v2/health/live")(live)
    app.get("/v2/health/ready", responses=ENDING)(ready)
    app.get(at)(describe)
    app.get(f"{at}/ready", responses=ENDING)(model_ready)
    app.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE: {}}}})(metrics)
    app.add_route("/", try_it, methods=["GET", "HEAD"])
    if report is not None:
        shown = report

        async def study_report(_: Request) -> Response:
            return FileResponse(shown, media_type="text/html", headers=PAGE_HEADERS)

        app.add_route("/report", study_report, methods=["GET", "HEAD"])
    known = frozenset(getattr(route, "path", "") for route in app.routes)
    return Gate(
        app,
        service,
        token=token,
        public=frozenset({"/v2/health/live", "/v2/health/ready"}),
        known=known,
        direct=direct,
    )


def _json(value: object) -> Response:
    return Response(to_json(value), media_type="application/json")


def _predictions(classes: tuple[str, ...], answers: list[Answer]) -> list[dict[str, object]]:
    return [
        {
            "class": classes[answer.best],
            "probabilities": dict(zip(classes, answer.probabilities, strict=True)),
            "warning": answer.odd,
        }
        for answer in answers
    ]


async def _problem(_: Request, error: Exception) -> Response:
    """What the router refuses, in the words of all other refusals."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = {
        404: "nothing is here; /openapi.json lists what there is",
        405: "this address takes another method",
    }
    response = refused(Refusal(status, said.get(status, "refused")))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _background(service: Service) -> int | None:
    usual = service.predictor.model.provenance.get("background")
    return usual if isinstance(usual, int) else None


def _links(report: Path | None) -> list[tuple[str, str]]:
    links = [("openapi.json", "the service's description (OpenAPI)"), ("metrics", "metrics")]
    return links if report is None else [("report", "the study's report"), *links]
