"""The documentation builds without a warning, asks for nothing from elsewhere, and its notebook runs."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "notebooks" / "study.ipynb"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


class Fetched(HTMLParser):
    """What a page fetches as it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"script", "img", "iframe", "source"} or (
            tag == "link" and found.get("rel") == "stylesheet"
        ):
            self.addresses.append(found.get("src") or found.get("href") or "")


def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        fetched = Fetched()
        fetched.feed(page.read_text())
        assert not [each for each in fetched.addresses if re.match(r"(https?:)?//", each)], page


def test_settings_and_signatures_come_from_the_code(site: Path) -> None:
    settings = (site / "reference" / "settings.html").read_text()
    assert "<code>search.select</code>" in settings
    assert "a whole number from 2 to 100" in settings
    assert "random_state" in (site / "reference" / "python.html").read_text()


def test_the_notebook_runs(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(stored) > 8  # readers see what came of it
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert (tmp_path / "runs" / "digits" / "results.json").is_file()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("not significantly different" in str(output) for output in shown)
