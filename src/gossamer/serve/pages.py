"""The pages of the service: the model to try, and the report of its study."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gossamer.network import Model
from gossamer.serve.gate import Endpoint
from gossamer.serve.limits import Refusal
from gossamer.web import try_page

HEADERS = {
    "content-security-policy": "frame-ancestors 'none'",  # the pages themselves set the rest
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def pages(model: Model, report: Path | None) -> dict[str, Endpoint]:
    """By path: the page of `model`, and the report of its study, if there is one."""
    links = [("openapi.json", "the service's description (OpenAPI)"), ("metrics", "metrics")]
    if report is not None:
        links.insert(0, ("report", "the study's report"))
    background = model.provenance.get("background")
    page = try_page(model, background if isinstance(background, int) else None, links)

    async def try_it(_: Request) -> Response:
        return Response(page, media_type="text/html", headers=HEADERS)

    async def study(_: Request) -> Response:
        if report is None or not report.is_file():  # it may be moved while the service runs
            raise Refusal(404, "there is no report beside the model")
        return FileResponse(report, media_type="text/html", headers=HEADERS)

    return {"/": try_it, "/report": study}
