"""The service as an ASGI application: which operation answers which method and path."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gossamer.serve.description import description
from gossamer.serve.gate import Endpoint, Gate
from gossamer.serve.limits import json_response
from gossamer.serve.operations import Operations
from gossamer.serve.pages import pages
from gossamer.serve.service import Service

PUBLIC = frozenset({"/v2/health/live", "/v2/health/ready"})


def http_app(service: Service, *, token: str | None = None, report: Path | None = None) -> ASGIApp:
    """The application that answers for `service`.

    Args:
        service: the model and what it needs to answer.
        token: a shared secret, required by all paths except the health checks.
        report: the page of a study, shown beside the model.
    """
    operations, at = Operations(service), f"/v2/models/{service.name}"
    described: dict[tuple[str, str], Endpoint] = {
        ("POST", "/predict"): operations.predict,
        ("POST", f"{at}/infer"): operations.infer,
        ("GET", "/v2"): operations.server,
        ("GET", "/v2/health/live"): operations.live,
        ("GET", "/v2/health/ready"): operations.ready,
        ("GET", at): operations.model,
        ("GET", f"{at}/ready"): operations.model_ready,
        ("GET", "/metrics"): operations.metrics,
    }
    document = json_response(description(service, described))

    async def openapi(_: Request) -> Response:
        return document

    shown = {"/openapi.json": openapi, **pages(service.predictor.model, report)}
    routes = described | {("GET", path): page for path, page in shown.items()}
    return Gate(routes, service, token=token, public=PUBLIC)
