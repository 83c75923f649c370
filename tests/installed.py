"""What an installed gossamer does, far from any checkout: `python tests/installed.py` in its environment.

Wheels are tested by this script. It needs nothing but the standard library and what gossamer installs.
"""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

GOSSAMER = str(Path(sys.executable).with_name("gossamer"))
STUDY = """
[data]
source = "digits"
[network]
layers = "bn conv8 pool sep16 gap dense"
[training]
learning_rate = [0.01, 0.003]
batch_size = 32
epochs = 3
optimizer = "adamw"
schedule = "one-cycle"
shift = 1
[search]
folds = 2
[final]
patience = 0
max_epochs = 0
"""


def gossamer(*words: str) -> str:
    """What the command prints; an exit code other than 0 ends this script."""
    ran = subprocess.run([GOSSAMER, *words], capture_output=True, text=True, check=False)
    print(f"gossamer {' '.join(words)}: exit code {ran.returncode}")
    if ran.returncode:
        sys.exit(ran.stdout + ran.stderr)
    return ran.stdout


def serve_and_ask() -> None:
    """One prediction over HTTP, and an orderly end."""
    command = [GOSSAMER, "serve", "study", "--port", "0"]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert service.stderr is not None
        address = service.stderr.readline().partition(" at ")[2].partition(" ")[0]
        body = json.dumps({"pixels": [[8] * 8] * 8}).encode()
        request = Request(f"{address}predict", body, {"content-type": "application/json"})
        with urlopen(request, timeout=30) as answer:
            assert len(json.load(answer)["predictions"]) == 1
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    finally:
        service.kill()
        service.wait()
    print("gossamer serve: one prediction")


def main() -> None:
    """A study, its numbers again, a prediction, exports and the service."""
    spec = find_spec("gossamer")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(sys.prefix), f"{spec.origin} is no installation"
    print(f"gossamer is installed in {spec.origin}")
    if "GOSSAMER_WITHOUT_CORE" not in os.environ:
        assert find_spec("gossamer.engine._native"), "the native core is missing"
    print(gossamer("doctor"))
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("study.toml").write_text(STUDY)
        gossamer("run", "study.toml", "--out", "study")
        record = json.loads(Path("study/results.json").read_text())
        assert record["test"]["n"] == 359
        assert Path("study/report.html").stat().st_size > 100_000
        gossamer("verify", "study")
        gossamer("export", "study", "--to", "html")
        from PIL import Image

        Image.new("L", (28, 28)).save("photo.png")
        assert gossamer("predict", "tiny-5k", "photo.png").startswith("photo.png")
        if find_spec("onnxruntime"):
            gossamer("export", "study", "--to", "onnx")
        if find_spec("starlette"):
            serve_and_ask()
        os.chdir("/")
    print(f"sound: {record['engine']['numerics']}, test accuracy {record['test']['accuracy']:.4f}")


if __name__ == "__main__":
    main()
