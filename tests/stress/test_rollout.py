"""examples/service: two services behind nginx lose no request while they change their model and restart."""

import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep

import httpx
import pytest

from tests.serve.conftest import another_model, make_model, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "service"
ONE = {"pixels": [[7] * 6] * 8}

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx"),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def nginx(ports: list[int], folder: Path) -> Iterator[str]:
    """nginx with the example's configuration, on other ports; its address."""
    front, text = free_port(), (EXAMPLE / "nginx.conf").read_text()
    for theirs, ours in zip(("8001", "8002", "8080"), (*ports, front), strict=True):
        text = re.sub(rf"127\.0\.0\.1:{theirs}\b", f"127.0.0.1:{ours}", text)
    whole = (
        f"daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};"
        f" fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n{text}}}\n"
    )
    (folder / "nginx.conf").write_text(whole)
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", front)) == 0:
                    break
            sleep(0.05)
        yield f"http://127.0.0.1:{front}/shirts"
    finally:
        process.terminate()
        process.wait()


def test_no_request_is_lost_while_models_and_processes_change(tmp_path: Path) -> None:
    model, models = tmp_path / "model.safetensors", [make_model(), another_model()]
    models[0].save(model)
    ports = [free_port(), free_port()]
    options = ("--name", "shirts", "--root-path", "/shirts", "--drain", "5")
    answers, refused, done = [list[str]() for _ in range(4)], list[str](), threading.Event()
    with ExitStack() as stack:
        services = {
            port: stack.enter_context(serving(model, *options, "--port", str(port))) for port in ports
        }
        address = stack.enter_context(nginx(ports, tmp_path))
        assert httpx.get(f"{address}/").headers["content-type"].startswith("text/html")
        assert httpx.get(f"{address}/openapi.json").json()["servers"] == [{"url": "/shirts"}]

        def ask(found: list[str]) -> None:
            with httpx.Client(timeout=30) as client:
                while not done.is_set():
                    answer = client.post(f"{address}/predict", json=ONE)
                    if answer.status_code != 200:
                        refused.append(f"{answer.status_code} {answer.text}")
                        return
                    found.append(answer.text)

        clients = [threading.Thread(target=ask, args=(found,)) for found in answers]
        for client in clients:
            client.start()
        for turn in range(1, 4):
            models[turn % 2].save(model)
            for service in services.values():
                service.process.send_signal(signal.SIGHUP)
                assert service.process.stderr is not None
                assert "was loaded again" in service.process.stderr.readline()
            sleep(0.5)
            for port in ports:
                assert services[port].stop()[0] == 0
                services[port] = stack.enter_context(serving(model, *options, "--port", str(port)))
                sleep(2)  # as README says: nginx asks it again by then
        done.set()
        for client in clients:
            client.join()
    assert not refused
    assert min(map(len, answers)) > 100
    assert len(set().union(*answers)) == len(models)
