"""Images from a request's body: pictures, or pixels as JSON. All of it is untrusted and checked here."""

import re
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from io import BytesIO
from typing import Any, TypeGuard
from urllib.parse import unquote_to_bytes

import msgspec
import numpy as np
from numpy.typing import NDArray
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gossamer.data import Reading, decode_picture
from gossamer.serve.limits import Limits, Refusal

Image = NDArray[np.uint8]
Decode = Callable[[int], list[tuple[str, Image]]]
"""From the most pixels that all pictures may have to images uint8 (H, W, C), each with its name in errors."""

UNSPECIFIC = {"", "application/octet-stream", "application/x-www-form-urlencoded"}
"""Content types that say nothing about the body; the last one is curl's default."""

LEAST_PIXELS = 1_024
"""Each picture counts as at least so many pixels, because opening it takes time, too."""

SHAPE = (
    'expected {"pixels": rows} or {"image": "data:image/png;base64,..."} for one image,'
    ' or {"images": [...]} for several of either form'
)

_DATA_URL = re.compile(r"data:(?P<kind>[^,;]*)(?P<parameters>[^,]*),", re.IGNORECASE)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


async def contents(request: Request, body: bytes, limits: Limits, reading: Reading) -> Decode:
    """A function that decodes `body`; nothing costly is done before it is called.

    Raises:
        Refusal: 400, 413 or 415; the returned function may raise it, too.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind in UNSPECIFIC and _unmarked(body).lstrip()[:1] == b"{"):
        return lambda most: _decoded(_json_images(body, limits), reading, limits.pixels, most)
    if kind == "multipart/form-data":
        return partial(_decoded, await _files(request, body, limits), reading, limits.pixels)
    if kind in UNSPECIFIC or kind.startswith("image/"):
        if not body:
            raise Refusal(400, f"an empty body; expected a picture, a form with pictures, or JSON: {SHAPE}")
        return partial(_decoded, [("the picture", body)], reading, limits.pixels)
    raise Refusal(
        415, f"{kind[:80]!r} is not understood; send image/*, multipart/form-data or application/json"
    )


def parsed(body: bytes) -> Any:
    """The JSON value in `body`.

    Raises:
        Refusal: 400, it is not JSON.
    """
    try:
        return msgspec.json.decode(_unmarked(body))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"not valid JSON: {error}") from error


def check_number(images: int, limits: Limits) -> None:
    """Check that a request has at least one image, and not too many.

    Raises:
        Refusal: 400 or 413.
    """
    if images == 0:
        raise Refusal(400, "no image; expected at least one")
    if images > limits.images:
        raise Refusal(413, f"{images:,} images, at most {limits.images:,} per request; send several requests")


async def _files(request: Request, body: bytes, limits: Limits) -> list[tuple[str, bytes]]:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield body

    _, said = parse_options_header(request.headers["content-type"])
    boundary = said.get(b"boundary", b"").decode("latin-1")  # and no other parameter, such as a character set
    headers = Headers({"content-type": f'multipart/form-data; boundary="{boundary}"'})
    try:
        form = await MultiPartParser(headers, chunks(), max_files=limits.images, max_fields=16).parse()
    except MultiPartException as error:
        status = 413 if "Too many files" in error.message else 400
        raise Refusal(status, f"the form: {error.message}") from error
    try:
        files = [await value.read() for _, value in form.multi_items() if isinstance(value, UploadFile)]
    finally:
        await form.close()
    check_number(len(files), limits)
    return [(f"picture {place}", content) for place, content in enumerate(files, 1)]


def _decoded(
    images: Sequence[tuple[str, Any]], reading: Reading, held: int, most_pixels: int
) -> list[tuple[str, Image]]:
    """The images, each given as the bytes of a picture or as rows of pixels."""
    decoded = []
    for where, content in images:
        if isinstance(content, bytes):
            image = decode_picture(BytesIO(content), where, reading, most_pixels, held)
            most_pixels -= max(LEAST_PIXELS, image.shape[0] * image.shape[1])
        else:
            image = _image(content, where)
        decoded.append((where, image))
    return decoded


def _json_images(body: bytes, limits: Limits) -> list[tuple[str, Any]]:
    """For each image in JSON, the bytes of a picture or (unchecked) rows of pixels."""
    match parsed(body):
        case {"pixels": rows, **others} if not others:
            return [("pixels", rows)]
        case {"image": image, **others} if not others:
            named = [("image", image)]
        case {"images": list(images), **others} if not others:
            check_number(len(images), limits)
            named = [(f"images[{place}]", image) for place, image in enumerate(images)]
        case _:
            raise Refusal(400, SHAPE)
    return [(where, _from_base64(each, where) if isinstance(each, str) else each) for where, each in named]


def _from_base64(text: str, where: str) -> bytes:
    """The bytes of a picture, given as a data URL or in base64 alone.

    Line breaks, the URL-safe alphabet and missing padding are accepted.
    """
    content = text
    if found := _DATA_URL.match(text):
        kind = found["kind"].strip().lower()
        if not kind.startswith("image/"):
            raise Refusal(415, f"{where}: a data URL of {kind[:80]!r}; send one of image/*")
        if not found["parameters"].rstrip().lower().endswith(";base64"):
            raise Refusal(400, f"{where}: a data URL without ';base64'; expected data:image/png;base64,...")
        content = text[found.end() :]
    try:
        encoded = b"".join(unquote_to_bytes(content).split()).translate(_URL_SAFE).rstrip(b"=")
        decoded = b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise Refusal(
            400, f"{where}: no base64; expected a picture as 'data:image/png;base64,...' or in base64 alone"
        ) from error
    if not decoded:
        raise Refusal(400, f"{where}: an empty picture; expected one in base64")
    return decoded


def _unmarked(body: bytes) -> bytes:
    """The body without a byte-order mark, which some tools write before UTF-8."""
    return body.removeprefix(BOM_UTF8)


def _image(rows: Any, where: str) -> Image:
    """Rows of numbers, or of pixels that are lists of numbers, as an image (H, W, C)."""
    if not (is_lists(rows) and rows and rows[0]):
        raise Refusal(
            400, f"{where}: expected rows of pixels, each row a list of numbers or of lists of them"
        )
    height, width = len(rows), len(rows[0])
    if any(len(row) != width for row in rows):
        raise Refusal(400, f"{where}: its rows differ in length, the first has {width} pixels")
    channels = 1
    if isinstance(rows[0][0], list):
        rows = [pixel for row in rows for pixel in row]
        channels = len(rows[0])
        if channels == 0 or not is_lists(rows) or any(len(pixel) != channels for pixel in rows):
            raise Refusal(400, f"{where}: expected every pixel as a list of {channels or 1} numbers")
    try:
        numbers = b"".join(map(bytes, rows))  # raises unless all are integers from 0 to 255
    except (TypeError, ValueError) as error:
        raise Refusal(
            400, f"{where}: expected whole numbers from 0 to 255, as pixels are in pictures"
        ) from error
    return np.frombuffer(numbers, np.uint8).reshape(height, width, channels)


def is_lists(values: object) -> TypeGuard[list[list[Any]]]:
    """Whether `values` is a list of nothing but lists."""
    return isinstance(values, list) and all(type(value) is list for value in values)
