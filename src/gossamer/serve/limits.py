"""What a service takes at the most, and how it says no."""

from dataclasses import dataclass

from pydantic_core import to_json
from starlette.responses import Response


@dataclass(frozen=True)
class Limits:
    """Everything that a client could make large, and how large it may be.

    Attributes:
        body_bytes: of a request's body.
        header_bytes: of all of a request that is no body: its line, headers, and what stands between chunks.
        held_bytes: of all the bodies that are being received or answered.
        images: of a request.
        pixels: of all the pictures of a request, as their headers declare them, or, of a JPEG that is decoded
            at a fraction of its size, as it is decoded.
        waiting: images that wait for the network.
        decoding: requests whose large bodies are being decoded, or wait for it.
        connections: open at the same time.
        seconds: for a request to arrive, for an answer to be taken, and for a connection to lie idle.
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
"""Seconds after which a client that was sent away may come again."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """An answer that is no prediction: an HTTP status from 400 up, and one line that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    @property
    def headers(self) -> dict[str, str]:
        """What the status asks for beside itself."""
        match self.status:
            case 401:
                return {"www-authenticate": 'Bearer, Basic realm="gossamer", charset="UTF-8"'}
            case 503:
                return {"retry-after": str(RETRY_AFTER)}
            case _:
                return {}


def busy(what: str) -> Refusal:
    """The service is full for the moment."""
    return Refusal(503, f"busy: {what}; try again in {RETRY_AFTER} s")


def refused(refusal: Refusal) -> Response:
    """A refusal as an answer."""
    return Response(
        to_json({"error": refusal.message}),
        refusal.status,
        refusal.headers,
        media_type="application/json",
    )
