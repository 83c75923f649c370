"""The service as an ASGI application: which operation answers at which address."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gossamer.serve.gate import Gate
from gossamer.serve.limits import Refusal, refused
from gossamer.serve.metrics import CONTENT_TYPE
from gossamer.serve.open_inference import server_metadata
from gossamer.serve.operations import Operations
from gossamer.serve.pages import pages
from gossamer.serve.schemas import ENDING, Inferred, Predictions, infer_body, predict_body, responses
from gossamer.serve.service import Service

PUBLIC = frozenset({"/v2/health/live", "/v2/health/ready"})


def http_app(service: Service, *, token: str | None = None, report: Path | None = None) -> ASGIApp:
    """The application that answers for `service`.

    Args:
        service: the model at work.
        token: a shared secret, asked for everywhere but by the health checks.
        report: a study's page, to be shown beside the model.
    """
    model, operations = service.predictor.model, Operations(service)
    shape, at = model.network.input_shape, f"/v2/models/{service.name}"
    app = FastAPI(
        title=f"gossamer: {service.name}",
        version=server_metadata()["version"],
        description=f"`{model.network.words}`, {model.network.parameters:,} parameters.",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy, an address made here lacks its scheme and prefix
        exception_handlers={HTTPException: _unrouted},
    )
    app.post("/predict", responses=responses(Predictions), openapi_extra=predict_body(shape))(
        operations.predict
    )
    app.post(f"{at}/infer", responses=responses(Inferred), openapi_extra=infer_body(shape))(operations.infer)
    app.get("/v2")(operations.server)
    app.get("/v2/health/live")(operations.live)
    app.get("/v2/health/ready", responses=ENDING)(operations.ready)
    app.get(at)(operations.model)
    app.get(f"{at}/ready", responses=ENDING)(operations.model_ready)
    app.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE: {}}}})(
        operations.metrics
    )
    app.router.routes.extend(pages(model, report))
    return Gate(
        app,
        service,
        token=token,
        public=PUBLIC,
        known=frozenset(getattr(route, "path", "") for route in app.routes),
        direct={("POST", "/predict"): operations.predict, ("POST", f"{at}/infer"): operations.infer},
    )


async def _unrouted(_: Request, error: Exception) -> Response:
    """What the router refuses, in the words of all other refusals."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = {
        404: "nothing is here; /openapi.json lists what there is",
        405: "this address takes another method",
    }
    response = refused(Refusal(status, said.get(status, "refused")))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
        if response.headers.get("allow") == "GET":
            response.headers["allow"] = "GET, HEAD"  # which the gate answers
    return response
