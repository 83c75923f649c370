"""What every request passes: the secret, the count, and the one place where errors become answers."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from time import perf_counter

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gossamer.serve.limits import Refusal, refused
from gossamer.serve.service import Service

Endpoint = Callable[[Request], Awaitable[Response]]


class Gate:
    """The outermost application."""

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        *,
        token: str | None,
        public: frozenset[str],
        known: frozenset[str],
        direct: dict[tuple[str, str], Endpoint],
    ) -> None:
        """Stand before `app`.

        Args:
            app: what answers.
            service: the model at work.
            token: the shared secret, if there is one.
            public: paths that ask for no secret.
            known: paths that are counted one by one; all others are counted together.
            direct: endpoints that are called without a detour through the router, by method and path.
        """
        self._app, self._service, self._direct = app, service, direct
        self._token = None if token is None else token.encode()
        self._public, self._known = public, known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: HEAD as GET without its body, an address with a slash behind it as without."""
        if scope["type"] != "http":
            return
        head = scope["method"] == "HEAD"
        path = scope["path"].removesuffix("/") or "/"
        scope = {**scope, "path": path, "method": "GET" if head else scope["method"]}
        started, status = perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not self._service.ready:  # the client is to come back by another connection, and elsewhere
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        finally:
            self._service.metrics.request(
                path if path in self._known else "other", status or 500, perf_counter() - started
            )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(scope)
            endpoint = self._direct.get((scope["method"], scope["path"]))
            if endpoint is None:
                await self._app(scope, receive, send)
                return
            response = await endpoint(Request(scope, receive))
        except Refusal as refusal:
            response = refused(refusal)
        await response(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        if self._token is None or scope["path"] in self._public:
            return
        said = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, secret = said.partition(b" ")
        if scheme.lower() == b"basic":  # what a browser can ask for: any name, and the token as the password
            try:
                secret = b64decode(secret, validate=True).partition(b":")[2]
            except NotBase64:
                secret = b""
        elif scheme.lower() != b"bearer":
            secret = b""
        if not compare_digest(secret.strip(), self._token):
            raise Refusal(
                401, "expected the service's token: 'Authorization: Bearer TOKEN', or as a password"
            )
