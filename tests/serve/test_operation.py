"""Running the service: a prefix, the access log, and another model without a lost request."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from tests.command import GOSSAMER
from tests.serve.conftest import Running, another_model, make_model, serving

ONE = {"pixels": [[7] * 6] * 8}


@pytest.fixture(scope="module")
def prefixed(model_file: Path) -> Iterator[Running]:
    with serving(model_file, "--root-path", "/models/shirts/", "--token", "secret") as running:
        yield running


def get(running: Running, path: str) -> httpx.Response:
    return httpx.get(running.address + path, headers={"authorization": "Bearer secret"})


@pytest.mark.parametrize("prefix", ["", "/models/shirts"])
def test_a_prefix_may_be_kept_by_the_proxy_or_not(prefixed: Running, prefix: str) -> None:
    for path in ("/", "/openapi.json", "/v2", "/v2/health/ready", "/metrics"):
        assert get(prefixed, prefix + path).status_code == 200
    assert get(prefixed, f"{prefix}/nothing").status_code == 404
    assert httpx.get(f"{prefixed.address}{prefix}/v2/health/live").status_code == 200
    assert httpx.get(f"{prefixed.address}{prefix}/metrics").status_code == 401


def test_the_prefix_alone_leads_to_the_page_whose_links_are_relative(prefixed: Running) -> None:
    answer = get(prefixed, "/models/shirts")
    assert answer.status_code == 308
    assert answer.next_request is not None
    assert answer.next_request.url.path == "/models/shirts/"
    assert get(prefixed, "/models/shirtsandmore").status_code == 404


def test_metrics_count_paths_without_the_prefix(prefixed: Running) -> None:
    get(prefixed, "/models/shirts/v2")
    assert 'gossamer_requests_total{path="/v2",status="200"}' in get(prefixed, "/metrics").text


def test_the_description_names_the_prefix_and_the_token(prefixed: Running) -> None:
    described = get(prefixed, "/openapi.json").json()
    assert described["servers"] == [{"url": "/models/shirts"}]
    schemes = described["components"]["securitySchemes"]
    assert {(each["type"], each["scheme"]) for each in schemes.values()} == {
        ("http", "bearer"),
        ("http", "basic"),
    }
    assert described["security"] == [{"bearer": []}, {"basic": []}]
    assert described["paths"]["/v2/health/live"]["get"]["security"] == []
    assert "security" not in described["paths"]["/predict"]["post"]


def test_without_token_or_prefix_the_description_names_neither(service: Running) -> None:
    described = httpx.get(f"{service.address}/openapi.json").json()
    assert not {"servers", "security"} & set(described)
    assert "securitySchemes" not in described["components"]


@pytest.mark.parametrize(
    "options",
    [
        ["--root-path", "shirts"],
        ["--root-path", "/a?b"],
        ["--root-path", "/a/../b"],
        ["--root-path", "/v2"],
        ["--root-path", "/predict"],
        ["--log", "xml"],
    ],
)
def test_wrong_options_are_refused_in_one_line(model_file: Path, options: list[str]) -> None:
    command = [GOSSAMER, "serve", str(model_file), *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: ")
    assert ran.stderr.count("\n") == 1


def test_the_log_has_a_line_per_request_under_the_id_of_the_answer(model_file: Path, tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("w") as log,
        serving(model_file, "--log", "json", "--root-path", "/x", stdout=log) as running,
    ):
        ids = [
            httpx.post(f"{running.address}/predict?fit=1", json=ONE, headers=headers).headers["x-request-id"]
            for headers in ({"x-request-id": "from-the-proxy"}, {"x-request-id": 'bad "id"'}, {})
        ]
        size = len(httpx.get(f"{running.address}/x/v2").content)
        httpx.head(f"{running.address}/nothing")
        running.stop()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["/v2/health/live", *["/predict"] * 3, "/x/v2", "/nothing"]
    assert [line["id"] for line in lines[1:4]] == ids
    assert ids[0] == "from-the-proxy"
    assert len({*ids, 'bad "id"'}) == 4
    assert [line["status"] for line in lines] == [200, 200, 200, 200, 200, 404]
    assert (lines[4]["bytes"], lines[5]["bytes"]) == (size, 0)
    assert lines[5]["method"] == "HEAD"
    assert all(line["client"] == "127.0.0.1" and 0 < line["seconds"] < 10 for line in lines)


@pytest.mark.parametrize("closed", [True, False])
def test_a_log_that_nobody_reads_costs_no_answer(model_file: Path, closed: bool) -> None:
    """Neither one whose reader is gone, nor one whose reader sleeps: its pipe is full at 64 KiB."""
    reading, writing = os.pipe()
    with serving(model_file, "--log", "json", stdout=writing) as running:
        os.close(writing)
        if closed:
            os.close(reading)
        with httpx.Client() as client:
            for _ in range(600):
                assert client.get(f"{running.address}/v2").status_code == 200
        assert running.stop()[0] == 0
    if not closed:
        os.close(reading)


def test_messages_that_nobody_reads_cost_no_answer(model_file: Path) -> None:
    command = [GOSSAMER, "serve", str(model_file), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        address = process.stderr.readline().partition(" at ")[2].partition(" ")[0]
        process.stderr.close()
        for _ in range(2):
            process.send_signal(signal.SIGHUP)
            sleep(0.3)
        assert httpx.post(f"{address}predict", json=ONE).status_code == 200
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_sighup_right_after_the_first_line_ends_nothing(model_file: Path) -> None:
    command = [GOSSAMER, "serve", str(model_file), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        assert "was loaded again" in process.stderr.readline()
        process.terminate()
        assert process.wait(20) == 0


def test_at_sighup_the_model_is_loaded_again_and_no_request_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    models = [make_model(), another_model()]
    models[0].save(file)
    answers: list[str] = []
    with serving(file, "--name", "it") as running:
        url, done = f"{running.address}/predict", threading.Event()
        first = httpx.post(url, json=ONE).text

        def ask() -> None:
            with httpx.Client() as client:
                while not done.is_set():
                    answers.append(client.post(url, json=ONE).raise_for_status().text)

        clients = [threading.Thread(target=ask) for _ in range(3)]
        for client in clients:
            client.start()
        for turn in range(1, 6):
            models[turn % 2].save(file)
            running.process.send_signal(signal.SIGHUP)
            assert running.process.stderr is not None
            assert running.process.stderr.readline().startswith("it was loaded again from ")
        wait_until(lambda: httpx.post(url, json=ONE).text != first)
        second = httpx.post(url, json=ONE).text
        done.set()
        for client in clients:
            client.join()
        file.write_bytes(b"torn")
        running.process.send_signal(signal.SIGHUP)
        assert running.process.stderr is not None
        assert "was not loaded; the previous model still answers" in running.process.stderr.readline()
        assert httpx.post(url, json=ONE).text == second
        assert running.stop()[0] == 0
    assert set(answers) == {first, second}


def wait_until(holds: Callable[[], bool]) -> None:
    until = monotonic() + 20
    while not holds():
        assert monotonic() < until
        sleep(0.02)


def test_the_end_of_its_terminal_ends_the_service(model_file: Path) -> None:
    """There, SIGHUP means that nobody could stop the service any more."""
    ours, theirs = pty.openpty()
    lead = (
        "import os, sys; os.setsid(); os.close(os.open(os.ttyname(0), os.O_RDWR));"
        " os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", lead, GOSSAMER, "serve", str(model_file), "--port", "0", "--drain", "0"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        said = b""
        while b"http://" not in said:
            said += os.read(ours, 1_000)
        os.close(ours)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
