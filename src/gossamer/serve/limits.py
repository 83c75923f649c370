"""The limits of a service, and the answer to a request that is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
from starlette.responses import Response


@dataclass(frozen=True)
class Limits:
    """Everything that a client could make large, and how large it may be.

    Attributes:
        body_bytes: bytes of a request's body.
        header_bytes: bytes of a request outside its body: request line, headers, chunk framing.
        held_bytes: bytes of all bodies that are being received or answered.
        images: images per request.
        pixels: pixels of all pictures of a request, as declared in their headers (for a JPEG that is decoded
            at reduced size, as decoded).
        waiting: images that wait for the network.
        decoding: requests whose large bodies are being decoded or wait for it.
        connections: open connections.
        seconds: time for a request to arrive, for an answer to be read, and for a connection to be idle.
    """

    body_bytes: int = 1 << 20
    header_bytes: int = 64 << 10
    held_bytes: int = 64 << 20
    images: int = 256
    pixels: int = 1 << 22
    waiting: int = 2_048
    decoding: int = 32
    connections: int = 512
    seconds: float = 10.0


RETRY_AFTER = 1
"""Seconds after which a refused client may try again."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A request is refused with an HTTP status of 400 or more, one line that says why, and headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.status, self.message, self._headers = status, message, headers

    def response(self) -> Response:
        """The refusal as a response."""
        return json_response({"error": self.message}, self.status, self._headers)


def busy(what: str) -> Refusal:
    """The service is at one of its limits for the moment."""
    retry = {"retry-after": str(RETRY_AFTER)}
    return Refusal(503, f"busy: {what}; try again in {RETRY_AFTER} s", retry)


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """`value` as JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")
