"""The service as an ASGI application: which operation answers which method and path."""

import re
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gossamer.errors import SettingError
from gossamer.serve.access_log import AccessLog
from gossamer.serve.description import description
from gossamer.serve.gate import Endpoint, Gate
from gossamer.serve.limits import json_response
from gossamer.serve.operations import Operations
from gossamer.serve.pages import pages
from gossamer.serve.service import Service

DESCRIPTION = "/openapi.json"
ROOT = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*")
PUBLIC = frozenset({"/v2/health/live", "/v2/health/ready"})


def http_app(
    service: Service,
    *,
    token: str | None = None,
    report: Path | None = None,
    root: str = "",
    log: AccessLog | None = None,
) -> ASGIApp:
    """The application that answers for `service`.

    Args:
        service: the model and what it needs to answer.
        token: a shared secret, required by all paths except the health checks.
        report: the page of a study, shown beside the model.
        root: the prefix of all paths, where a proxy keeps one.
        log: the access log, if requests are logged.

    Raises:
        SettingError: the prefix is not that of a path.
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
    shown = pages(service.predictor.model, report)
    root = _checked(root, [DESCRIPTION, *shown, *(path for _, path in described)])
    secured = None if token is None else PUBLIC
    document = json_response(description(service, described, root=root, open_paths=secured))

    async def openapi(_: Request) -> Response:
        return document

    routes = described | {("GET", path): page for path, page in {DESCRIPTION: openapi, **shown}.items()}
    return Gate(routes, service, token=token, public=PUBLIC, root=root, log=log)


def _checked(root: str, paths: Iterable[str]) -> str:
    prefix = root.removesuffix("/")
    if not ROOT.fullmatch(prefix):
        raise SettingError(f"{root!r}: not the prefix of a path; expected one like /shirts or /models/shirts")
    if taken := [path for path in paths if prefix and f"{path}/".startswith(f"{prefix}/")]:
        raise SettingError(f"{root!r}: the service has paths of its own there, such as {taken[0]}")
    return prefix
