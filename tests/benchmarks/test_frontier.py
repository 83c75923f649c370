"""The frontier on the smallest studies: every point and seed is measured once, and again once it changes.

And the rounds that its networks were selected by.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

import gossamer
from benchmarks.frontier import __main__ as frontier
from benchmarks.frontier.points import points
from benchmarks.frontier.selection import __main__ as selection
from gossamer.network import Architecture, load_model
from gossamer.presets import load_preset
from gossamer.presets.measured import read_measured
from gossamer.study import Study, change_study, read_study, to_toml

TINY = {
    "data.source": "digits",
    "data.subset": 200,
    "network.layers": "conv4 pool dense",
    "training.learning_rate": 0.01,
    "training.batch_size": 16,
    "training.epochs": 2,
    "search.folds": 1,
    "final.validation": 0,
    "final.patience": 0,
    "final.max_epochs": 0,
}


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Measures the given studies with two seeds and gives the page's section; the record stays."""
    record, page = tmp_path / "measured.json", tmp_path / "page.md"

    def run(**studies: Study) -> str:
        monkeypatch.setattr(frontier, "points", lambda: studies)
        page.write_text("<!-- frontier: begin -->\n<!-- frontier: end -->\n")
        files = {
            "record": record,
            "markdown": page,
            "figure": tmp_path / "f.svg",
            "folder": tmp_path / "studies",
            "models": tmp_path / "models",
        }
        options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
        assert frontier.main([*options, "--seeds", "2"]) == 0
        return page.read_text()

    return run


def test_a_point_is_measured_once_and_again_where_its_study_changes(
    measure: Callable[..., str], tmp_path: Path
) -> None:
    study = change_study(Study(), TINY)
    section = measure(**{"tiny-5k": study, "second": change_study(study, {"training.shift": 1})})
    rows = {line.split(" | ")[0]: line.split(" | ") for line in section.splitlines() if line.startswith("| ")}
    assert rows["| tiny-5k"][4] == "2"
    assert "\N{PLUS-MINUS SIGN}" in rows["| tiny-5k"][5]
    assert "second" in (tmp_path / "f.svg").read_text()
    before = read_measured(tmp_path / "measured.json")
    assert [[each.seed for each in point.seeds] for point in before.points] == [[0, 1], [0, 1]]
    assert all(each.seconds > 0 for point in before.points for each in point.seeds)

    assert {path.name for path in (tmp_path / "models").iterdir()} == {"tiny-5k.safetensors", "tiny-5k.md"}
    assert load_model(tmp_path / "models" / "tiny-5k.safetensors").network.words == "conv4 pool dense"

    changed = change_study(study, {"training.shift": 2})
    measure(**{"tiny-5k": study, "second": changed})
    after = read_measured(tmp_path / "measured.json")
    assert after.points[0] == before.points[0]
    assert after.find("second", changed) is not None
    assert before.find("second", changed) is None


def test_every_point_is_a_network_for_fashion_mnist() -> None:
    for study in points().values():
        assert Architecture.parse(study.network.layers[0], (28, 28, 1), 10).parameters < 250_000


def test_a_round_of_the_selection_is_run_without_its_test_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, page = tmp_path / "round.toml", tmp_path / "page.md"
    layers = ["conv4 pool dense", "conv2 pool gap dense"]
    file.write_text(to_toml(change_study(Study(), TINY | {"network.layers": layers})))
    page.write_text("<!-- selection: begin -->\n<!-- selection: end -->\n")
    monkeypatch.setattr(selection, "ROUNDS", {"round": file})
    assert selection.main(["--folder", str(tmp_path / "studies"), "--markdown", str(page)]) == 0
    rows = [line.split(" | ") for line in page.read_text().splitlines() if "pool" in line]
    assert [row[0] for row in rows] == [f"| `{each}`" for each in layers]
    assert sum("**" in row[5] for row in rows) == 1
    assert gossamer.study_status(tmp_path / "studies" / "round").accesses == 0


def test_the_preset_s_network_is_a_candidate_of_the_last_round() -> None:
    for name in ("tiny-5k", "small-20k"):
        last = read_study(selection.ROUNDS[f"{name}-2"])
        words = [Architecture.parse(each, (28, 28, 1), 10).words for each in last.network.layers]
        assert Architecture.parse(load_preset(name).network.layers[0], (28, 28, 1), 10).words in words
