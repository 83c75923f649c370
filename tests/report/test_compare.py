"""Studies side by side: what can be compared is, and what cannot is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.errors import SettingError, StudyFolderError
from gossamer.report import compare_studies, write_comparison
from gossamer.study import StudyFolder

FolderOf = Callable[..., StudyFolder]
Results = dict[str, Any]


@pytest.fixture
def pair(results: Results, details: Results, folder_of: FolderOf, tmp_path: Path) -> list[StudyFolder]:
    """Two studies of the same images: the second errs on two images less, and on one other."""
    folders = []
    for name in ("one", "two"):
        folder = folder_of(results, details=details)
        folder.path.rename(tmp_path / name)
        folders.append(StudyFolder(tmp_path / name))
    second = json.loads(folders[1].details.read_text())
    second["errors"]["answers"] = second["errors"]["answers"][2:]
    second["errors"]["answers"].append({**second["errors"]["answers"][0], "row": 29})
    folders[1].details.write_text(json.dumps(second))
    return folders


def changed(folder: StudyFolder, change: Callable[[Any], None]) -> None:
    value = json.loads(folder.results.read_text())
    change(value)
    folder.results.write_text(json.dumps(value))


def test_errors_on_the_same_images_are_paired(pair: list[StudyFolder]) -> None:
    found = compare_studies(pair)
    assert found.same_test
    (paired,) = found.paired
    assert paired is not None
    assert (paired.only_first, paired.only_second) == (1, 2)


def test_other_test_images_are_said_to_be_others(pair: list[StudyFolder], tmp_path: Path) -> None:
    changed(pair[1], lambda value: value["data"].update(test_fingerprint="c3" * 32))
    page = tmp_path / "page.html"
    found = write_comparison(pair, page)
    assert not found.same_test
    assert found.paired == (None,)
    assert "Not the same test images" in page.read_text()
    assert "McNemar" not in page.read_text()


def test_a_neutral_value_is_the_same_whether_it_is_named_or_not(pair: list[StudyFolder]) -> None:
    def name_it(value: Any) -> None:
        for place in (*value["search"]["cells"], value["selection"], *value["selection"]["comparisons"]):
            place["setting"]["ema"] = 0.0
        for setting in value["selection"]["not_significant"]:
            setting["ema"] = 0.0

    shared = len(compare_studies(pair).settings)
    changed(pair[1], name_it)
    found = compare_studies(pair)
    assert "ema" not in found.names
    assert len(found.settings) == shared


def test_settings_that_both_searched_stand_in_a_row(pair: list[StudyFolder]) -> None:
    changed(pair[1], lambda value: value["search"]["cells"][1]["setting"].update(learning_rate=0.5))
    changed(pair[1], lambda value: value["selection"]["comparisons"][0]["setting"].update(learning_rate=0.5))
    changed(pair[1], lambda value: value["selection"]["not_significant"][0].update(learning_rate=0.5))
    second = json.loads(pair[1].details.read_text())
    pair[1].details.write_text(json.dumps(second))
    settings = compare_studies(pair).settings
    assert len(settings) == 5
    assert all(None not in cells for _, cells in settings)


def test_without_details_there_is_nothing_to_pair(pair: list[StudyFolder], tmp_path: Path) -> None:
    pair[0].details.unlink()
    assert write_comparison(pair, tmp_path / "page.html").paired == (None,)
    assert "has no details.json" in (tmp_path / "page.html").read_text()


def test_names_are_as_short_as_tells_them_apart(pair: list[StudyFolder], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    moved = StudyFolder(pair[1].path.rename(tmp_path / "other" / "one"))
    names = [side.name for side in compare_studies([pair[0], moved]).sides]
    assert names == [f"{tmp_path.name}/one", "other/one"]
    assert [side.name for side in compare_studies([pair[0], pair[0]]).sides] == ["one (1)", "one (2)"]


def test_whiskers_lie_in_the_frame_in_order(pair: list[StudyFolder]) -> None:
    for each in compare_studies(pair).whiskers:
        assert 200 <= each.low < each.at < each.high <= 740


def test_one_study_or_none_that_can_be_read_is_refused(pair: list[StudyFolder], tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="from 2 to 12"):
        compare_studies(pair[:1])
    with pytest.raises(StudyFolderError, match="nowhere: no such folder"):
        compare_studies([pair[0], StudyFolder(tmp_path / "nowhere")])
    with pytest.raises(StudyFolderError, match="cannot be written"):
        write_comparison(pair, tmp_path / "no" / "page.html")
