"""The ASGI application: it checks the token, calls the endpoint of a path, and counts the request."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from time import perf_counter

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gossamer.serve.access_log import HEADER, AccessLog
from gossamer.serve.limits import Refusal
from gossamer.serve.service import Service

Endpoint = Callable[[Request], Awaitable[Response]]


class Gate:
    """The outermost application; HEAD is answered as GET, and a path that ends in a slash as one without."""

    def __init__(
        self,
        routes: Mapping[tuple[str, str], Endpoint],
        service: Service,
        *,
        token: str | None,
        public: frozenset[str],
        root: str = "",
        log: AccessLog | None = None,
    ) -> None:
        """Route requests to endpoints.

        Args:
            routes: an endpoint per method and path. Requests for other paths are counted together.
            service: the model and its metrics.
            token: the shared secret, if there is one.
            public: paths that need no token.
            root: the prefix that a proxy keeps before a path, such as "/shirts"; it may be missing.
            log: the access log, if there is one.
        """
        self._routes, self._service = routes, service
        self._token = None if token is None else token.encode()
        self._public, self._paths = public, {path for _, path in routes}
        self._root, self._log = root, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        asked, head = scope, scope["method"] == "HEAD"
        path = self._without_root(scope["path"]).removesuffix("/") or "/"
        scope = {**scope, "path": path, "method": "GET" if head else scope["method"]}
        started, status, sent = perf_counter(), 0, 0
        request_id = self._log.request_id(scope) if self._log else ""

        async def sending(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                if not self._service.ready:  # the client shall reconnect, to another server
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
                if request_id:
                    message["headers"] = [*message["headers"], (HEADER, request_id.encode())]
            elif message["type"] == "http.response.body":
                message = {**message, "body": b""} if head else message
                sent += len(message.get("body", b""))
            await send(message)

        try:
            response = await self._response(Request(scope, receive), asked["path"])
            await response(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        finally:
            seconds = perf_counter() - started
            self._service.metrics.request(path if path in self._paths else "other", status or 500, seconds)
            if self._log:
                self._log.line(asked, request_id, status or 500, sent, seconds)

    def _without_root(self, path: str) -> str:
        return path.removeprefix(self._root) if path.startswith(f"{self._root}/") else path

    async def _response(self, request: Request, asked: str) -> Response:
        if self._root and asked == self._root:  # the page's relative links need the slash
            return Response(status_code=308, headers={"location": f"{self._root.rpartition('/')[2]}/"})
        try:
            self._check_token(request.scope)
            return await self._endpoint(request.method, request.scope["path"])(request)
        except Refusal as refusal:
            return refusal.response()

    def _endpoint(self, method: str, path: str) -> Endpoint:
        if endpoint := self._routes.get((method, path)):
            return endpoint
        if path not in self._paths:
            raise Refusal(404, "nothing is here; /openapi.json lists what there is")
        allowed = [name for name, other in self._routes if other == path]
        allow = ", ".join(allowed + ["HEAD"] * ("GET" in allowed))
        raise Refusal(405, "this address takes another method", {"allow": allow})

    def _check_token(self, scope: Scope) -> None:
        if self._token is None or scope["path"] in self._public:
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, secret = given.partition(b" ")
        if scheme.lower() == b"basic":  # from a browser: any user name, and the token as the password
            try:
                secret = b64decode(secret, validate=True).partition(b":")[2]
            except NotBase64:
                secret = b""
        elif scheme.lower() != b"bearer":
            secret = b""
        if not compare_digest(secret.strip(), self._token):
            schemes = {"www-authenticate": 'Bearer, Basic realm="gossamer", charset="UTF-8"'}
            raise Refusal(
                401, "expected the service's token: 'Authorization: Bearer TOKEN', or as a password", schemes
            )
