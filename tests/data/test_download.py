"""Downloads from a local server that misbehaves: nothing but the wanted file ever gets the file's name."""

import gc
import re
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from gossamer.data.download import Progress, download
from gossamer.errors import DataError

Request = BaseHTTPRequestHandler
Answer = Callable[[Request], object]
Serve = Callable[[Answer], str]

MAGIC = b"\x1f\x8b"
CONTENT = MAGIC + bytes(range(256)) * 1000
HALF = len(CONTENT) // 2
CAP = 1 << 20


def check(path: Path) -> None:
    if path.read_bytes() != CONTENT:
        raise DataError("not the wanted content")


def fetch(url: str, target: Path, on_progress: Progress | None = None) -> None:
    download(url, target, check=check, max_bytes=CAP, starts_with=MAGIC, timeout=0.5, on_progress=on_progress)


def reply(
    request: Request, status: int, body: bytes = b"", *, length: int | None = None, **more: str
) -> None:
    """Sends `body` under a Content-Length that may be a lie; header names have _ for -."""
    request.send_response(status)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in more.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def place(start: int) -> str:
    """The Content-Range of the bytes from `start` on."""
    return f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"


def send_whole(request: Request) -> None:
    reply(request, 200, CONTENT)


def send_range(request: Request) -> None:
    """A good server."""
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    if asked is None:
        return send_whole(request)
    start = int(asked[1])
    if start >= len(CONTENT):
        return reply(request, 416, Content_Range=f"bytes */{len(CONTENT)}")
    return reply(request, 206, CONTENT[start:], Content_Range=place(start))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "file.gz"


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "file.gz.part"


def test_a_complete_file_arrives_with_progress(serve: Serve, target: Path, part: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    fetch(serve(send_whole), target, lambda *words: told.append(words))
    assert target.read_bytes() == CONTENT
    assert not part.exists()
    done = [count for _, count, _ in told]
    assert done == sorted(done)
    assert told[-1] == ("file.gz", len(CONTENT), len(CONTENT))


def send_wrong_range(request: Request) -> None:
    if "Range" in request.headers:
        reply(request, 206, CONTENT[7:], Content_Range=place(7))
    else:
        send_whole(request)


def send_range_without_saying_which(request: Request) -> None:
    if "Range" in request.headers:
        reply(request, 206, CONTENT[HALF:])
    else:
        send_whole(request)


# What an earlier try left, how the server takes a Range, and how often it is asked.
RESUMES: dict[str, tuple[bytes, Answer, int]] = {
    "good beginning": (CONTENT[:HALF], send_range, 1),
    "good beginning, no ranges": (CONTENT[:HALF], send_whole, 1),
    "good beginning, wrong range": (CONTENT[:HALF], send_wrong_range, 2),
    "good beginning, unknown range": (CONTENT[:HALF], send_range_without_saying_which, 2),
    "all of it": (CONTENT, send_range, 1),
    "more than all": (CONTENT + b"!", send_range, 2),
    "another file's beginning": (MAGIC + b"x" * HALF, send_range, 2),
    "no beginning": (b"<html>", send_range, 1),
    "nothing": (b"", send_range, 1),
    "more than the cap": (MAGIC + bytes(CAP), send_range, 1),
}


@pytest.mark.parametrize("case", RESUMES)
def test_any_earlier_part_leads_to_the_right_file(case: str, serve: Serve, target: Path, part: Path) -> None:
    left, answer, times = RESUMES[case]
    asked: list[str | None] = []

    def note_and_answer(request: Request) -> None:
        asked.append(request.headers.get("Range"))
        answer(request)

    part.write_bytes(left)
    fetch(serve(note_and_answer), target)
    assert target.read_bytes() == CONTENT
    assert not part.exists()
    assert len(asked) == times
    resumable = left.startswith(MAGIC) and len(left) <= CAP
    assert asked[0] == (f"bytes={len(left)}-" if resumable else None)


def cut(request: Request) -> None:
    reply(request, 200, CONTENT[:HALF], length=len(CONTENT))


def cut_chunks(request: Request) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"%x\r\n%s\r\n" % (HALF, CONTENT[:HALF]))


def fall_silent(request: Request) -> None:
    cut(request)
    Event().wait(1)


@pytest.mark.parametrize("answer", [cut, cut_chunks, fall_silent])
def test_an_interrupted_download_resumes(answer: Answer, serve: Serve, target: Path, part: Path) -> None:
    with pytest.raises(DataError, match=r"stopped .*; try again to resume"):
        fetch(serve(answer), target)
    assert not target.exists()
    assert part.read_bytes() == CONTENT[:HALF]
    fetch(serve(send_range), target)
    assert target.read_bytes() == CONTENT


def send_without_end(request: Request) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(MAGIC)
    while True:
        request.wfile.write(bytes(1 << 16))


def redirect_to(place: str) -> Answer:
    return lambda request: reply(request, 302, Location=place)


REFUSALS: dict[str, tuple[Answer, str]] = {
    "not found": (lambda request: reply(request, 404, b"<h1>no</h1>"), "HTTP status 404"),
    "server error": (lambda request: reply(request, 500), "HTTP status 500"),
    "no content": (lambda request: reply(request, 204), "HTTP status 204"),
    "unasked range": (lambda request: reply(request, 206, CONTENT, Content_Range=place(7)), "status 206"),
    "login page": (lambda request: reply(request, 200, b"<html>"), "sent another file (not the wanted"),
    "cut login page": (lambda request: reply(request, 200, b"<html>", length=99), "93 bytes before its end"),
    "other content": (lambda request: reply(request, 200, CONTENT + b"!"), "sent another file"),
    "empty": (lambda request: reply(request, 200), "sent another file"),
    "no end": (send_without_end, "sends more than 1,048,576 bytes"),
    "declared too long": (
        lambda request: reply(request, 200, CONTENT, length=1 << 60),
        "sends more than 1,048,576 bytes",
    ),
    "negative length": (lambda request: reply(request, 200, b"<html>", length=-5), "sent another file"),
    "redirect to a file": (redirect_to(Path(__file__).as_uri()), "HTTP status 302"),
    "redirect to FTP": (redirect_to("ftp://127.0.0.1/file"), "unknown url type: ftp"),
    "redirect to itself": (redirect_to("/"), "HTTP status 302"),
    "redirect to nowhere": (redirect_to("http://127.0.0.1:1/"), "Connection refused"),
    "no HTTP": (lambda request: request.wfile.write(b"\x1b[31mhello\n"), "invalid HTTP: BadStatusLine"),
    "hangs up": (lambda request: request.connection.shutdown(socket.SHUT_RDWR), "closed connection"),
    "silence": (lambda _: Event().wait(1), "timed out"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_bad_response_is_one_line_and_leaves_nothing(
    case: str, serve: Serve, target: Path, part: Path
) -> None:
    answer, fault = REFUSALS[case]
    url = serve(answer)
    target.write_bytes(b"as it was")
    with pytest.raises(DataError) as caught:
        fetch(url, target)
    message = str(caught.value)
    assert message.startswith(f"{url}: ")
    assert fault in message
    assert message.isprintable()
    assert target.read_bytes() == b"as it was"
    assert not part.exists()


def test_a_dead_server_is_named(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DataError, match=r"127\.0\.0\.1:1/: Connection refused"):
        fetch("http://127.0.0.1:1/", target)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # urllib forgets the reply here
def test_a_redirect_to_nonsense_is_refused(serve: Serve, target: Path) -> None:
    url = serve(redirect_to("http://[/"))
    with pytest.raises(DataError, match="invalid HTTP"):
        fetch(url, target)
    gc.collect()


def test_a_redirect_within_http_is_followed(serve: Serve, target: Path) -> None:
    fetch(serve(redirect_to(serve(send_whole))), target)
    assert target.read_bytes() == CONTENT
