"""What is served, and how it is replaced between two requests."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from gossamer.serve.service import Service


@dataclass(eq=False)
class Served:
    """A service and the application that answers for it; `open` counts the requests that it is answering."""

    service: Service
    app: ASGIApp
    open: int = 0


class Live:
    """An application that answers by what is served now; a request stays with what it began with."""

    def __init__(self, served: Served) -> None:
        self._served = served

    @property
    def service(self) -> Service:
        """The service that new requests meet."""
        return self._served.service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        served = self._served
        served.open += 1
        try:
            await served.app(scope, receive, send)
        finally:
            served.open -= 1
            self._close_unused(served)

    def replace(self, served: Served) -> None:
        """Serve something else from now on; what was served is closed after its last answer."""
        before, self._served = self._served, served
        self._close_unused(before)

    def _close_unused(self, served: Served) -> None:
        if served is not self._served and not served.open:
            served.service.close()
