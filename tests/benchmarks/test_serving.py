"""The command on the smallest budget; wrk must be there, which `make bench` installs."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import serving


@pytest.mark.stress
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_it_holds_the_service_against_another_and_floods_it(tmp_path: Path) -> None:
    page, file = tmp_path / "page.md", tmp_path / "record.json"
    page.write_text("<!-- serving: begin --><!-- serving: end -->\n")
    budget = ["--seconds", "1", "--rounds", "1", "--overload", "2", "--only", "FastAPI"]
    assert serving.main([*budget, "--json", str(file), "--markdown", str(page)]) == 0
    record = json.loads(file.read_text())
    assert set(record["loads"]) == {"gossamer serve", "FastAPI + PyTorch"}
    for loads in record["loads"].values():
        for runs in loads.values():
            assert set(runs[0]["statuses"]) == {"200"}
            assert runs[0]["broken"] == 0
    assert set(record["overload"]["load"]["statuses"]) == {"200", "503"}
    assert "Overload: pictures of 2,048 x 2,048 pixels" in page.read_text()


def test_without_wrk_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert serving.main(["--rounds", "1", "--only", "nothing"]) == 1
    assert "wrk is not installed" in capsys.readouterr().err
