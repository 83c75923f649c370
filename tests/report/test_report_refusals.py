"""What is no finished study's folder is refused in one line that says what, where and what to try."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.errors import GossamerError, StudyFolderError
from gossamer.report import write_report
from gossamer.study import StudyFolder

FolderOf = Callable[..., StudyFolder]
Results = dict[str, Any]

# A path into the results, the value to put there, and what the refusal must name. To add a case, add a row.
DAMAGES: list[tuple[str, Any, str]] = [
    ("data", [], "data must be an object"),
    ("data.shape", [28, 28], "data.shape"),
    ("data.train", -1, "data.train must be from 0"),
    ("network.layers", "conv16 puul dense", "'puul'"),
    ("network.parameters", 7, "network.parameters"),
    ("seed", True, "seed must be a whole number"),
    ("search.cells", [], "selection.setting is not one of search.cells"),
    ("search.cells.0.folds", [], "no folds"),
    ("search.cells.0.mean_val_loss", "0.25", "search.cells[0].mean_val_loss must be a number"),
    ("search.cells.0.mean_val_loss", float("nan"), "search.cells[0].mean_val_loss"),
    ("search.cells.0.mean_val_loss", float("inf"), "search.cells[0].mean_val_loss"),
    ("search.cells.0.mean_val_accuracy", 10**400, "search.cells[0].mean_val_accuracy"),
    ("selection.setting.batch_size", 33, "selection.setting is not one of search.cells"),
    ("selection.comparisons", None, "selection.not_significant is not what selection.comparisons say"),
    ("selection.comparisons.0.setting.batch_size", 33, "selection.comparisons"),
    ("selection.comparisons.1.setting.learning_rate", 0.5, "selection.comparisons"),
    (
        "selection.comparisons.0.setting.batch_size",
        32,
        "selection.comparisons",
    ),
    ("selection.comparisons.0.p", 1.5, "selection.comparisons[0].p must be from 0 to 1"),
    ("selection.comparisons.0.low", float("-inf"), "selection.comparisons[0].low"),
    ("selection.comparisons.0.significant", 0, "selection.comparisons[0].significant must be true or false"),
    ("search.cells.1.setting.learning_rate", 0, "search.cells[1].setting.learning_rate must be from 1e-300"),
    ("search.cells.1.setting.epochs", 3, "do not have the same names"),
    ("search.variance_shares.val_loss.by.interaction", 0.1, "search.variance_shares"),
    ("format", True, "format must be a whole number"),
    ("selection.rule", None, "selection.rule must be a text"),
    ("final.epochs", 10**14, "final.history"),
    ("final.history", [], "final.history"),
    ("final.best_epoch", 8, "final.best_epoch"),
    ("test.n", 0, "test.n"),
    ("test.correct", 31, "test.correct"),
    ("test.confusion.1", [1, 2], "test.confusion"),
    ("test.per_class", [], "test.per_class"),
]


DETAIL_DAMAGES: list[tuple[str, Any, str]] = [
    ("model", "c3" * 32, "model is not that of results.json"),
    ("curves", [], "curves are not those"),
    ("curves.0.0.val_loss", [0.5], "as many epochs"),
    ("calibration.before.bins.0.images", -1, "calibration.before.bins[0].images"),
    ("calibration.after.temperature", 0, "calibration.after.temperature"),
    ("errors.answers.0.predicted", 3, "a class that there is not"),
    ("errors.answers.0.confidence", 1.5, "errors.answers[0].confidence"),
    ("errors.pixels", "no base 64", "not as gossamer writes it"),
    ("correct.pixels", "AAAA", "pixels are not those of 3 images at most"),
    ("correct.answers", [], "pixels are not those of 0 images at most"),
    ("doubts.by_class", [[1]], "doubts.by_class"),
]


def put(results: Results, path: str, value: Any) -> None:
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    inner: Any = results
    for part in parents:
        inner = inner[part]
    inner[last] = value


def refusal(folder: StudyFolder) -> str:
    with pytest.raises(StudyFolderError) as refused:
        write_report(folder)
    message = str(refused.value)
    assert "\n" not in message
    assert str(folder.path) in message
    assert not folder.report.exists()
    return message


@pytest.mark.parametrize(
    ("path", "value", "named"), DAMAGES, ids=[f"{p}={str(v)[:12]}" for p, v, _ in DAMAGES]
)
def test_damaged_results_are_refused(
    results: Results, folder_of: FolderOf, path: str, value: Any, named: str
) -> None:
    put(results, path, value)
    message = refusal(folder_of(results))
    assert named in message
    assert "gossamer run" in message


DETAIL_DAMAGES += [
    ("doubts.checked", 16, "doubts.checked"),
    ("augmentation", {"rows": [0], "labels": [0], "epochs": 1, "pixels": "AAAA"}, "views are not those of 1"),
    ("augmentation", {"rows": [0], "labels": [], "epochs": 1, "pixels": ""}, "views are not those of 1"),
    ("augmentation", {"rows": [], "labels": [], "epochs": 0, "pixels": ""}, "augmentation.epochs"),
]


@pytest.mark.parametrize(
    ("path", "value", "named"), DETAIL_DAMAGES, ids=[f"{p}={str(v)[:12]}" for p, v, _ in DETAIL_DAMAGES]
)
def test_damaged_details_are_refused(
    results: Results, details: Results, folder_of: FolderOf, path: str, value: Any, named: str
) -> None:
    put(details, path, value)
    message = refusal(folder_of(results, details=details))
    assert named in message
    assert "details.json" in message


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "written by an older gossamer, in format 0; this one reads format 1; run the study again"),
        (2, "written by a newer gossamer, in format 2; this one reads format 1; update gossamer"),
        (10**400, "written by a newer gossamer, in format 1000"),
        (-1, "written by an older gossamer, in format -1;"),
    ],
)
def test_another_format_is_refused(
    results: Results, folder_of: FolderOf, held: int | None, said: str
) -> None:
    del results["format"]
    if held is not None:
        results["format"] = held
    assert said in refusal(folder_of(results))


def test_a_key_of_a_later_version_is_passed_over(results: Results, folder_of: FolderOf) -> None:
    results["test"]["a new metric"] = 0.5
    assert write_report(folder_of(results)).exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"{}", b"\xff", b"[" * 100_000, b"1" * 5_000])
def test_foreign_results_are_refused(results: Results, folder_of: FolderOf, content: bytes) -> None:
    folder = folder_of(results)
    folder.results.write_bytes(content)
    assert "results.json" in refusal(folder)


@pytest.mark.parametrize("name", ["timings", "study"])
def test_a_damaged_file_beside_the_results_is_refused(
    results: Results, folder_of: FolderOf, name: str
) -> None:
    folder = folder_of(results)
    path: Path = getattr(folder, name)
    path.write_bytes(b"\xff\xfe")
    assert path.name in refusal(folder)


def test_another_studys_model_is_refused(results: Results, folder_of: FolderOf) -> None:
    results["final"]["model"] = "0" * 64
    assert "not the model of results.json" in refusal(folder_of(results))


def test_a_damaged_model_is_refused(results: Results, folder_of: FolderOf) -> None:
    folder = folder_of(results)
    folder.model.write_bytes(b"no model")
    with pytest.raises(GossamerError, match=r"model\.safetensors"):
        write_report(folder)


def test_a_folder_without_results_says_how_to_get_some(results: Results, folder_of: FolderOf) -> None:
    folder = folder_of(results)
    folder.results.unlink()
    folder.study.touch()
    assert f"`gossamer run {folder.study} --out {folder.path}` writes it" in refusal(folder)


def test_what_is_no_study_folder_is_not_to_become_one(tmp_path: Path) -> None:
    assert refusal(StudyFolder(tmp_path)).startswith(f"{tmp_path}: not a study folder")
    assert "not there: no such folder" in refusal(StudyFolder(tmp_path / "not there"))


def test_a_place_that_cannot_be_written_is_refused(results: Results, folder_of: FolderOf) -> None:
    folder = folder_of(results)
    folder.report.mkdir()
    with pytest.raises(StudyFolderError, match="cannot be written"):
        write_report(folder)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=_JSON)
def test_any_value_anywhere_is_drawn_or_refused(
    results: Results, folder_of: FolderOf, data: st.DataObject, value: Any
) -> None:
    damaged = json.loads(json.dumps(results))
    inner: Any = damaged
    while True:
        key = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    if data.draw(st.booleans()) and isinstance(inner, dict):
        del inner[key]
    else:
        inner[key] = value
    try:
        write_report(folder_of(damaged))
    except GossamerError as refused:
        assert "\n" not in str(refused)  # noqa: PT017 - a page is as good an end
