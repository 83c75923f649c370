"""What is beside the predictions: pages, metrics, the description, the token."""

import base64
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.serve.conftest import CLASSES, Running, make_model, serving

ONE = {"pixels": [[0] * 6] * 8}
OPEN = ["/v2/health/live", "/v2/health/ready"]
CLOSED = ["/", "/v2", "/v2/models/tiny-study", "/metrics", "/openapi.json", "/nothing"]


@pytest.fixture(scope="module")
def guarded(model_file: Path) -> Iterator[Running]:
    with serving(model_file, "--token", "s3cret ü") as running:
        yield running


def test_the_page_is_self_contained(service: Running) -> None:
    page = httpx.get(service.address)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "default-src &#39;none&#39;" in page.text
    assert "<h1>Try it</h1>" in page.text
    assert "https://" not in page.text


def test_the_report_is_shown_if_there_is_one(service: Running, tmp_path: Path) -> None:
    assert httpx.get(f"{service.address}/report").status_code == 404
    assert 'href="report"' not in httpx.get(service.address).text
    (tmp_path / "model.safetensors").write_bytes(make_model().to_bytes())
    (tmp_path / "report.html").write_text("<p>the study")
    with serving(tmp_path / "model.safetensors", "--name", "x") as running:
        assert httpx.get(f"{running.address}/report").text == "<p>the study"
        assert 'href="report"' in httpx.get(running.address).text
        (tmp_path / "report.html").unlink()
        assert httpx.get(f"{running.address}/report").json() == {
            "error": "there is no report beside the model"
        }


def test_no_cors_headers_are_sent(service: Running) -> None:
    origin = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    for response in (
        httpx.post(f"{service.address}/predict", json=ONE, headers=origin),
        httpx.options(f"{service.address}/predict", headers=origin),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/report/../model.safetensors",
        "/%2e%2e/etc/passwd",
        "/model.safetensors",
        "/docs",
    ],
)
def test_unknown_paths_are_refused(service: Running, path: str) -> None:
    response = httpx.get(service.address + path)
    assert response.status_code == 404
    assert response.json() == {"error": "nothing is here; /openapi.json lists what there is"}


def test_the_wrong_method_is_refused_with_the_allowed_one(service: Running) -> None:
    response = httpx.get(f"{service.address}/predict")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/", "/metrics", "/openapi.json", "/v2", "/v2/models/tiny-study", "/v2/models/tiny-study/ready", *OPEN],
)
def test_head_is_answered_as_get_without_a_body(service: Running, path: str) -> None:
    got, head = (ask(service.address + path) for ask in (httpx.get, httpx.head))
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    if path != "/metrics":  # which differ from time to time
        assert head.headers["content-length"] == got.headers["content-length"]


def test_head_where_there_is_no_get(service: Running) -> None:
    assert httpx.head(f"{service.address}/predict").headers["allow"] == "POST"
    assert httpx.head(f"{service.address}/nothing").status_code == 404
    assert httpx.post(f"{service.address}/metrics").headers["allow"] == "GET, HEAD"


def test_there_are_no_redirects(service: Running) -> None:
    """A proxy's scheme and prefix are not known here, so that no address could be right."""
    assert httpx.post(f"{service.address}/predict/", json=ONE).status_code == 200
    for path in [*OPEN, "/metrics", "/v2", "/openapi.json"]:
        assert httpx.get(f"{service.address}{path}/").status_code == 200
    for path in ("//", "/predict//", "/nothing/", "//elsewhere.example/"):
        assert not httpx.get(service.address + path).has_redirect_location


def test_metrics_count_what_happened(model_file: Path, images: Callable[[int], NDArray[np.uint8]]) -> None:
    with serving(model_file) as running:
        answers = httpx.post(f"{running.address}/predict", json={"images": images(10).tolist()}).json()
        httpx.post(f"{running.address}/predict", content=b"")
        httpx.get(f"{running.address}/1")
        httpx.get(f"{running.address}/2")
        lines = httpx.get(f"{running.address}/metrics").text.splitlines()
    assert 'gossamer_requests_total{path="/predict",status="200"} 1.0' in lines
    assert 'gossamer_requests_total{path="/predict",status="400"} 1.0' in lines
    assert 'gossamer_requests_total{path="other",status="404"} 2.0' in lines  # strangers add no names
    assert "gossamer_batch_images_sum 10.0" in lines
    classes = [each["class"] for each in answers["predictions"]]
    for name in CLASSES:
        escaped = name.replace('"', '\\"')
        assert f'gossamer_predictions_total{{class="{escaped}"}} {float(classes.count(name))}' in lines


def test_the_description_names_every_operation(service: Running) -> None:
    described = httpx.get(f"{service.address}/openapi.json").json()
    assert set(described["paths"]) == {
        "/predict",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/tiny-study",
        "/v2/models/tiny-study/ready",
        "/v2/models/tiny-study/infer",
        "/metrics",
    }


def test_a_token_is_asked_for_everywhere_but_by_the_health_checks(guarded: Running) -> None:
    for path in OPEN:
        assert httpx.get(guarded.address + path).status_code == 200
    for path in CLOSED:
        assert httpx.get(guarded.address + path).status_code == 401
        assert httpx.head(guarded.address + path).status_code == 401
        assert httpx.get(f"{guarded.address}{path}/").status_code == 401
    refused = httpx.post(f"{guarded.address}/predict", json=ONE)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer, Basic")


SECRET = "s3cret ü".encode()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"Bearer " + SECRET, 200),
        (b"bearer " + SECRET, 200),
        (b"Basic " + base64.b64encode(b"anyone:" + SECRET), 200),
        (b"Bearer s3cret", 401),
        (b"Bearer", 401),
        (b"Basic " + base64.b64encode(b"s3cret"), 401),
        (b"Basic ???", 401),
        (b"Digest " + SECRET, 401),
        (SECRET, 401),
        (b"", 401),
    ],
)
def test_the_token_is_a_bearer_or_a_password(guarded: Running, said: bytes, status: int) -> None:
    response = httpx.post(f"{guarded.address}/predict", json=ONE, headers={b"authorization": said})
    assert response.status_code == status


def test_ctrl_c_ends_it_as_interrupted(model_file: Path) -> None:
    with serving(model_file) as running:
        code, said = running.stop(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in said


def test_where_interrupts_are_ignored_only_a_termination_ends_it(model_file: Path) -> None:
    """As in a job that a script started in its background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with serving(model_file, "--drain", "0") as running:
            running.process.send_signal(signal.SIGINT)
            assert httpx.get(f"{running.address}/v2/health/ready").status_code == 200
            code, said = running.stop(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 0
    assert "no accepted request was cut off" in said
