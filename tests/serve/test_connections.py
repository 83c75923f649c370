"""What a client can do to a service with its connection: bounded, each time."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.serve.conftest import Running, make_model, serving

BODY = 1 << 20
GET = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n"
PIXELS = json.dumps({"pixels": [[0] * 6] * 8}).encode()


def connect(service: Running) -> socket.socket:
    return socket.create_connection((service.host, service.port), timeout=20)


def held(port: int) -> bool:
    """Whether a process on this machine holds the other end of the connection from `port`."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[9] != "0" for row in rows)


def heard(connection: socket.socket) -> bytes:
    """All until the other side hangs up."""
    found = b""
    try:
        while part := connection.recv(1 << 16):
            found += part
    except ConnectionResetError:
        pass
    return found


def post(service: Running, size: int, *, chunked: bool = False) -> httpx.Response:
    content = b"x" * size
    chunks = (content[at : at + 50_000] for at in range(0, size, 50_000))
    headers = {"content-type": "image/png"}
    return httpx.post(f"{service.address}/predict", content=chunks if chunked else content, headers=headers)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_have_a_mebibyte_and_not_a_byte_more(service: Running, chunked: bool) -> None:
    assert post(service, BODY, chunked=chunked).status_code == 400  # it is no picture, but it was read
    refused = post(service, BODY + 1, chunked=chunked)
    assert refused.status_code == 413
    assert "more than 1,048,576 bytes" in refused.json()["error"]
    assert post(service, 20 * BODY, chunked=chunked).status_code == 413


def test_a_declared_body_that_is_too_large_is_refused_before_it_is_sent(service: Running) -> None:
    with connect(service) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\nexpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "flood",
    [
        b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 70_000,
        b"GET /" + b"x" * 70_000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 12_000,
    ],
    ids=["a header", "an address", "headers"],
)
def test_endless_headers_are_refused(service: Running, flood: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(flood)
        assert heard(connection).startswith(b"HTTP/1.1 431 ")


def test_endless_trailers_are_refused(service: Running) -> None:
    with connect(service) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        )
        cut = time.monotonic() + 8
        with suppress(OSError):  # the connection is gone
            while time.monotonic() < cut:
                connection.sendall(b"x: " + b"y" * 1_000 + b"\r\n")
        assert time.monotonic() < cut
    assert httpx.get(f"{service.address}/v2/health/live").status_code == 200


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_invalid_http_is_answered_once(service: Running, nonsense: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(nonsense)
        assert heard(connection).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_is_ignored_and_the_request_is_answered(service: Running) -> None:
    """Java's client asks for HTTP/2 in its first request, and sends a body all the same."""
    head = (
        b"POST /predict HTTP/1.1\r\nhost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
    )
    for at_once in (True, False):
        with connect(service) as connection:
            connection.sendall(
                head + b"content-length: %d\r\n\r\n" % len(PIXELS) + (PIXELS if at_once else b"")
            )
            if not at_once:
                time.sleep(0.1)
                connection.sendall(PIXELS)
            assert heard(connection).startswith(b"HTTP/1.1 200 OK")


def test_a_body_is_never_parsed_as_a_request(service: Running) -> None:
    for start in (b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nUpgra"):
        with connect(service) as connection:
            connection.sendall(start)
            time.sleep(0.1)
            with suppress(OSError):  # it may be gone already
                connection.sendall(b"de: x\r\nconnection: upgrade\r\n\r\n" + GET)
            answered = heard(connection)
        assert answered.startswith(b"HTTP/1.1 400 ") or answered == b""
        assert answered.count(b"HTTP/1.1 ") <= 1


def test_pipelined_requests_are_answered_in_order(service: Running) -> None:
    request = (
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        % len(PIXELS)
    )
    with connect(service) as connection:
        connection.sendall((request + PIXELS) * 20 + GET.replace(b"host", b"connection: close\r\nhost"))
        found = heard(connection)
    assert found.count(b"HTTP/1.1 200 OK") == 21
    assert found.endswith(b'{"live":true}')


def test_endless_pipelined_requests_close_the_connection(service: Running) -> None:
    with connect(service) as connection:
        with suppress(OSError):
            for _ in range(200):
                connection.sendall(b"GET /a HTTP/1.1\r\n\r\n" * 1_000)
        heard(connection)
    assert service.memory() < 400 << 20
    assert httpx.get(f"{service.address}/v2/health/live").status_code == 200


def test_a_client_that_closes_its_sending_side_gets_the_answer(service: Running) -> None:
    big = BytesIO()
    Image.new("L", (1_500, 1_500)).save(big, "PNG")  # decoded in a thread
    head = b"POST /predict?fit HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % big.tell()
    for request in (head + big.getvalue(), GET):
        with connect(service) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            assert heard(connection).startswith(b"HTTP/1.1 200 OK")


def test_slow_clients_are_disconnected_after_ten_seconds(service: Running) -> None:
    """Silent ones, ones that trickle headers or a body, and ones that do not take what they asked for."""

    async def trickle(start: bytes, drop: bytes) -> tuple[float, bytes]:
        reader, writer = await asyncio.open_connection(service.host, service.port)
        started = time.monotonic()
        writer.write(start)
        gone = asyncio.create_task(reader.read())
        while not gone.done() and time.monotonic() - started < 20:
            if drop:
                writer.write(drop)
            await asyncio.wait([gone], timeout=0.5)
        writer.close()
        return time.monotonic() - started, await gone

    async def deaf() -> float:
        """Asks for the page fifty times and reads nothing; how long until the service hangs up."""
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect((service.host, service.port))
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 50)
            port, started = connection.getsockname()[1], time.monotonic()
            while not held(port) and time.monotonic() - started < 5:  # until it is accepted
                await asyncio.sleep(0.01)
            while held(port) and time.monotonic() - started < 20:
                await asyncio.sleep(0.2)
            return time.monotonic() - started

    async def all_at_once() -> None:
        head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n"
        late = b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n"  # answered before its body
        slow = [(b"", b""), (b"GET / HT", b""), (head, b"x: y\r\n"), (head + b"\r\n", b"z"), (GET, b"")]
        slow += [(GET + b"\r\n", b""), (late + b"12345", b"")]
        found, taken = await asyncio.gather(asyncio.gather(*(trickle(*each) for each in slow)), deaf())
        for (seconds, said), (start, _) in zip(found, slow, strict=True):
            assert 9 <= seconds <= 13, (start, seconds)
            answered = (b"HTTP/1.1 408", b"HTTP/1.1 404" if start.startswith(late) else b"HTTP/1.1 200")
            assert said == b"" or said.startswith(answered)
        assert 9 <= taken <= 14

    asyncio.run(all_at_once())
    assert httpx.get(f"{service.address}/v2/health/live").status_code == 200


def test_too_many_connections_are_refused(service: Running) -> None:
    held = [connect(service) for _ in range(512)]
    try:
        with connect(service) as one_more:
            refused = heard(one_more)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in refused
    finally:
        for connection in held:
            connection.close()
    time.sleep(0.2)
    assert httpx.get(f"{service.address}/v2/health/live").status_code == 200


@pytest.fixture(scope="module")
def laborious(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose network takes milliseconds an image."""
    path = tmp_path_factory.mktemp("laborious") / "model.safetensors"
    path.write_bytes(make_model("conv32k7 conv32k7 dense", (32, 32, 1)).to_bytes())
    with serving(path, "--name", "laborious") as running:
        yield running


def test_an_overloaded_service_says_when_to_retry(laborious: Running) -> None:
    """More images than may wait: some requests are answered, the others are refused at once."""
    content = json.dumps({"images": [[[0] * 32] * 32] * 200}).encode()
    headers = {"content-type": "application/json"}

    async def flood() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=laborious.address, timeout=120, limits=limits) as client:
            asked = [client.post("/predict", content=content, headers=headers) for _ in range(24)]
            answers = asyncio.gather(*asked)
            await asyncio.sleep(1)
            started = time.monotonic()
            assert (await client.get("/v2/health/live")).status_code == 200  # while the network computes
            assert time.monotonic() - started < 5
            return await answers

    answers = asyncio.run(flood())
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 10  # those that fit into the queue
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert "images are waiting; try again in 1 s" in refused.json()["error"]
    metrics = httpx.get(f"{laborious.address}/metrics").text
    assert "gossamer_waiting_images 0.0" in metrics
    assert "gossamer_held_bytes 0.0" in metrics


def test_a_shutdown_loses_no_accepted_request(model_file: Path) -> None:
    """Clients send over kept and new connections while SIGTERM drains the service.

    As a load balancer does, they open no new connection once the service says that it is not ready.
    """
    head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    request = head + b"content-length: %d\r\n\r\n" % len(PIXELS) + PIXELS
    ready: list[int] = []
    answered: list[bytes] = []

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may be used again."""
        writer.write(request)
        said = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(said.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        answered.append(said.split(b"\r\n")[0])
        return b"connection: close" not in said.lower()

    async def client(running: Running, kept: bool) -> None:
        while 503 not in ready:
            reader, writer = await asyncio.open_connection(running.host, running.port)
            while await ask(reader, writer) and kept:
                pass
            writer.close()

    async def watch(running: Running) -> None:
        async with httpx.AsyncClient(base_url=running.address) as asking:
            with suppress(httpx.TransportError):
                while True:
                    ready.append((await asking.get("/v2/health/ready")).status_code)
                    await asyncio.sleep(0.05)

    async def clients(running: Running) -> None:
        asyncio.get_running_loop().call_later(1, running.process.terminate)
        await asyncio.gather(watch(running), *(client(running, kept) for kept in [True] * 8 + [False] * 8))

    with serving(model_file, "--drain", "1") as running:
        asyncio.run(clients(running))  # a lost answer would end it with an error
        _, said = running.process.communicate(timeout=30)
        assert running.process.returncode == 0, said
    assert set(answered) == {b"HTTP/1.1 200 OK"}
    assert len(answered) > 100
    assert ready[0] == 200
    assert ready.count(503) >= 5  # for most of a second it said so, and went on answering
    assert "no accepted request was cut off" in said


def test_a_request_under_way_is_answered_during_the_shutdown(model_file: Path) -> None:
    """Of connections that are idle as the service ends, none is closed in the face of its request."""
    with serving(model_file, "--drain", "0") as running:
        waiting = [connect(running) for _ in range(20)]
        httpx.get(f"{running.address}/v2/health/live")  # so that they have been accepted
        running.process.terminate()
        time.sleep(0.3)
        for connection in waiting:
            connection.sendall(GET)
        assert [heard(connection).split(b"\r\n")[0] for connection in waiting] == [b"HTTP/1.1 200 OK"] * 20
        for connection in waiting:
            connection.close()
        assert running.process.wait(10) == 0
