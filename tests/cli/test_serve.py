"""`gossamer serve`, where it cannot begin; what it does stands in tests/serve/."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serve.conftest import make_model

Gossamer = Callable[..., Any]


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    make_model().save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--host", "192.0.2.1"], 2, "cannot listen on 192.0.2.1:8000"),
        (["--host", "no such host"], 2, "cannot listen on no such host:8000"),
        (["--host", "a..b"], 2, "cannot listen on 'a..b': not a host name"),
        (["--name", ""], 2, "'': not a name for a URL"),
        (["--name", "a/b"], 2, "'a/b': not a name for a URL"),
        (["--token", " "], 2, "--token or GOSSAMER_TOKEN: empty"),
        (["--token", "a\nb"], 2, "not to be printed"),
        (["--port", "70000"], 2, "--port"),
        (["--engine", "abacus"], 1, "abacus"),
    ],
)
def test_what_cannot_be_served_is_refused(
    gossamer: Gossamer, model_file: Path, options: list[str], code: int, said: str
) -> None:
    ended = gossamer("serve", str(model_file), *options)
    assert ended.code == code
    assert said in ended.err


def test_an_empty_secret_in_the_environment_opens_nothing(
    gossamer: Gossamer, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOSSAMER_TOKEN", "")
    ended = gossamer("serve", str(model_file))
    assert ended.code == 2
    assert "GOSSAMER_TOKEN: empty" in ended.err


def test_a_port_in_use_is_refused_in_one_line(gossamer: Gossamer, model_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = gossamer("serve", str(model_file), "--port", str(port))
    assert ended.code == 2
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in ended.err


def test_no_model_is_refused(gossamer: Gossamer, tmp_path: Path) -> None:
    ended = gossamer("serve", str(tmp_path / "nothing.safetensors"))
    assert ended.code == 1
    assert "nothing.safetensors" in ended.err
