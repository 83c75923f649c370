"""The documentation builds without a warning, is self-contained, and its examples and its notebook run."""

import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from gossamer.study.file import study_from
from mkdocs_hooks import gains

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
    assert "a whole number from 1 to 100" in settings
    assert "random_state" in (site / "reference" / "python.html").read_text()


TABLE = """<!-- recipes: begin -->
Held-out images.

| recipe | parameters | accuracy | seconds |
|---|---:|---:|---:|
| plain | 690 | 0.90 | 9 |
| schedule: cosine | 690 | 0.92 | 9 |
| label smoothing | 690 | 0.91 | 8 |
| schedule: one-cycle | 690 | 0.93 | 9 |
<!-- recipes: end -->"""


def test_gains_come_from_one_table(site: Path) -> None:
    explanation = (ROOT / "docs" / "explanation").glob("*.md")
    pages = [page for page in explanation if "<!-- gain: " in page.read_text()]
    assert len(pages) >= 5
    for page in pages:
        assert "<!-- gain: " not in (site / "explanation" / f"{page.stem}.html").read_text()
    said = gains(TABLE, "schedule")
    one_cycle = "schedule: one-cycle: accuracy 0.91 → 0.93, seconds 8 → 9"
    assert said == f"schedule: cosine: accuracy 0.90 → 0.92; {one_cycle}"
    assert gains(TABLE, "teacher") == gains("", "teacher") == "not measured yet"


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


def test_the_readmes_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(example, {})  # noqa: S102 - what readers are told to run
    assert (tmp_path / "runs" / "digits" / "report.html").is_file()


@pytest.mark.parametrize(
    "page",
    ["study.md", *(f"howto/{name}.md" for name in ("narrow-a-grid", "compare-settings", "best-small-model"))],
)
def test_study_files_in_the_docs_are_valid(page: str) -> None:
    examples = re.findall(r"^( *)```toml\n(.*?)^ *```", (ROOT / "docs" / page).read_text(), re.DOTALL | re.M)
    assert examples
    for indent, example in examples:
        study_from(tomllib.loads(re.sub(f"^{indent}", "", example, flags=re.M)))


PYTHON = sorted(path for path in (ROOT / "docs").rglob("*.md") if "```python" in path.read_text())


@pytest.mark.parametrize("page", PYTHON, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_in_the_docs_is_valid(page: Path) -> None:
    for _, example in re.findall(r"^( *)```python\n(.*?)^ *```", page.read_text(), re.DOTALL | re.M):
        compile(example, page, "exec")
