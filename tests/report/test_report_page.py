"""The page as its reader meets it: whole, self-contained, escaped, the same every time."""

import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from gossamer.report import write_report
from gossamer.study import StudyFolder
from gossamer.study.paper import TEST_ACCURACY, TITLE

FolderOf = Callable[..., StudyFolder]
Results = dict[str, Any]

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page's elements and text; it sees that every element is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._open):
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def written(folder: StudyFolder) -> str:
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture
def html(results: Results, folder_of: FolderOf) -> str:
    return written(folder_of(results))


@pytest.fixture
def detailed(results: Results, details: Results, folder_of: FolderOf) -> str:
    return written(folder_of(results, details=details))


def test_nothing_is_asked_for_outside_the_page(detailed: str) -> None:
    page = Page(detailed)
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "srcset", "data", "action", "background"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\((?!data:image/png;base64,)|@import", detailed)
    assert set(re.findall(r"https?://[^\"]*", detailed)) == {"http://www.w3.org/2000/svg"}  # a name


def test_the_policy_names_the_scripts_that_are_there_and_lets_none_else_run(detailed: str) -> None:
    (policy,) = [each["content"] or "" for each in Page(detailed).named("meta") if "http-equiv" in each]
    scripts = re.findall(r"<script>(.*?)</script>", detailed, re.DOTALL)
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src {allowed}"
    )


def test_the_same_folder_gives_the_same_bytes(results: Results, folder_of: FolderOf) -> None:
    folder = folder_of(results)
    first = write_report(folder).read_bytes()
    assert write_report(folder).read_bytes() == first
    assert [path.name for path in folder.path.glob(".*")] == []


def test_names_in_the_page_are_text_and_never_markup(
    results: Results, details: Results, folder_of: FolderOf
) -> None:
    details["errors"]["answers"][0]["origin"] = "</script><b>pets/0.png"
    hostile = ('<script>alert("1")</script>', "</table>&amp;'", "\u202egab")
    results["data"]["name"] = "<img src=x onerror=alert(1)>"
    results["engine"].update(name="\ud800 torch", numerics="</dl><b>")
    page = Page(written(folder_of(results, details=details, classes=hostile)))
    assert [each.get("type") for each in page.named("script")] == ["application/json", None, None]
    assert not page.named("img")
    for name in (*hostile, "<img src=x onerror=alert(1)>", "? torch", "</dl><b>", "</script><b>pets/0.png"):
        assert name in page.text


def test_every_figure_of_the_results_is_on_the_page(results: Results, html: str) -> None:
    text = Page(html).text

    def walk(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                walk(each, name)
        elif isinstance(value, list):
            for each in value:
                walk(each, key)
        elif isinstance(value, float) and key == "learning_rate" and value in (0.001, 0.0001):
            assert str(value) in text
        elif isinstance(value, float):
            size = abs(value)  # the sign is typography
            forms = (f"{size:.4f}", f"{size:.3f}", f"{100 * size:.1f}%")
            assert any(form in text for form in forms), (key, value)
        elif isinstance(value, int) and not isinstance(value, bool):
            assert re.search(rf"\b{value:,}\b", text) or str(value) in text, (key, value)

    walk(results)
    for word in ("A Processor", "gossamer 0.1.0", "7.2 s", "2.1 s", results["final"]["model"], "a1" * 32):
        assert word in text


def test_the_reports_figures_stand_beside_ours_and_cite_it(html: str) -> None:
    text = Page(html).text
    assert TITLE in text
    assert f"{TEST_ACCURACY:.4f}" in text
    assert "Difference" in text
    assert "conditions:" not in text


def test_fewer_training_images_than_the_reports_are_said(results: Results, folder_of: FolderOf) -> None:
    results["data"]["train"] = 2_000
    assert "this study used 2,000 training images,\nthe report 60,000" in written(folder_of(results))


def test_without_published_figures_the_report_is_not_mentioned(results: Results, folder_of: FolderOf) -> None:
    for cell in results["search"]["cells"]:
        cell["published"] = None
    text = Page(written(folder_of(results))).text
    assert TITLE not in text
    assert "Difference" not in text


def test_the_winner_is_marked_once_in_every_table_of_settings(html: str) -> None:
    page = Page(html)
    assert [each.get("class") for each in page.named("tr")].count("selected") == 2  # classes are uneven
    assert [each.get("aria-label") for each in page.named("span")].count("selected:") == 1


def test_settings_not_significantly_different_are_marked_and_counted(html: str) -> None:
    page = Page(html)
    marks = [
        each
        for each in page.named("span")
        if each.get("aria-label") == "not significantly different from the selected setting:"
    ]
    assert len(marks) == 2
    assert all(each.get("role") == "img" for each in marks)
    assert "≈ those not significantly different from it" in page.text
    assert "Of the 5 other settings, 2 do not differ significantly from the selected one." in page.text
    assert "That does not show that they are equally good." in page.text


def test_the_comparisons_have_a_table_of_their_own(html: str) -> None:
    table = html[html.index('<caption id="table-2b">') :]
    text = " ".join(re.sub("<[^>]*>", " ", table[: table.index("</table>")]).split())
    assert "behind in validation loss, in the mean over the 3 folds" in text
    assert "less than 0 is ahead" in text
    assert "heuristic" in text
    assert "0.001 64 +0.0107 −0.0181 to +0.0395 0.0301 0.1905 ≈ no" in text
    assert "0.0001 32 +0.0321 +0.0033 to +0.0609 0.0011 0.0033 yes" in text


def test_where_all_differ_significantly_there_is_no_mark(results: Results, folder_of: FolderOf) -> None:
    for each in results["selection"]["comparisons"]:
        each["significant"] = True
    results["selection"]["not_significant"] = []
    text = Page(written(folder_of(results))).text
    assert "The selected setting differs significantly from the 5 other settings." in text
    assert "≈" not in text
    assert "equally good" not in text


def test_every_value_that_varies_is_on_the_page(results: Results, folder_of: FolderOf) -> None:
    for number, cell in enumerate(results["search"]["cells"]):
        cell["setting"] |= {"epochs": 10 + number % 2, "ema": 0.5}
    settings = [cell["setting"] for cell in results["search"]["cells"]]
    results["selection"]["setting"] = settings[0]
    for each, setting in zip(results["selection"]["comparisons"], settings[1:], strict=True):
        each["setting"] = setting
    results["selection"]["not_significant"] = settings[1:3]
    text = " ".join(Page(written(folder_of(results))).text.split())
    assert "2 learning rates × 3 batch sizes × 2 epochs, 3 folds" in text
    assert "learning rate 0.001, batch size 32, epochs 10: the lowest mean validation loss" in text
    assert "ema" not in text.split("Table 2.")[1].split("Every fold")[0]  # which is the same in all settings
    assert "Recipeema 0.5" in text
    assert "keeps this share of itself at a step" in text


def test_augmented_images_stand_beside_the_image_epoch_by_epoch(
    results: Results, details: Results, folder_of: FolderOf
) -> None:
    for each in (*results["search"]["cells"], *results["selection"]["comparisons"], results["selection"]):
        each["setting"]["rotate"] = 15.0
    for setting in results["selection"]["not_significant"]:
        setting["rotate"] = 15.0
    pixels = b64encode(bytes(2 * 4 * 28 * 28)).decode()
    details["augmentation"] = {"rows": [3, 9], "labels": [0, 2], "epochs": 3, "pixels": pixels}
    page = Page(written(folder_of(results, details=details)))
    text = " ".join(page.text.split())
    assert "The fits saw training images turned by up to 15° either way." in text
    assert "what the final fit saw of them in its first 3 epochs" in text
    labels = [each.get("aria-label") or "" for each in page.named("span")]
    assert sum(label.endswith(", the image") for label in labels) == 2
    assert labels.count("Shirt, its view in epoch 3") == 1
    assert {"href": "#augmentation"} in page.named("a")


def test_without_augmentation_there_is_no_such_section(detailed: str) -> None:
    assert "augment" not in Page(detailed).text


def test_a_setting_alone_is_compared_with_none(results: Results, folder_of: FolderOf) -> None:
    results["search"].update(cells=results["search"]["cells"][:1], variance_shares=None)
    results["selection"].update(comparisons=[], not_significant=[])
    page = Page(written(folder_of(results)))
    assert "significant" not in page.text
    assert len(page.named("table")) < 10


@pytest.mark.parametrize("key", ["mean_val_loss", "std_val_loss", "mean_best_val_loss"])
def test_a_diverged_setting_is_shown_as_diverged(results: Results, folder_of: FolderOf, key: str) -> None:
    for cell in results["search"]["cells"][1:]:
        cell[key] = None
    results["search"]["cells"][1]["folds"][0]["val_loss"] = None
    assert "diverged" in Page(written(folder_of(results))).text


def test_headings_descend_in_order_and_tables_name_their_parts(detailed: str) -> None:
    page = Page(detailed)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(2) == 9
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert len(page.named("caption")) == len(page.named("table")) == 9 + 1 + 1 + 6 + 3
    assert all(each.get("scope") for each in page.named("th"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert set((attributes.get("aria-labelledby") or "").split()) <= set(ids)
        href = attributes.get("href")
        assert href is None or href[1:] in ids


def test_drawings_are_xml_with_a_title_a_description_and_text(detailed: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", detailed, re.DOTALL)
    assert len(drawings) == 6 + 6 * 2 + 2 + 2  # layers; two a setting; the final fit's; reliability
    for drawing in drawings:
        svg = ET.fromstring(drawing)  # noqa: S314 - our own
        assert [each.tag for each in svg[:2]] == ["title", "desc"]
        assert svg.find("text") is not None


def test_only_the_results_must_be_there(results: Results, folder_of: FolderOf) -> None:
    text = Page(written(folder_of(results, alone=True))).text
    assert "classes are numbered" in text
    assert "The study file is not in the folder" in text


def test_many_classes_get_their_worst_confusions_instead_of_a_matrix(
    results: Results, folder_of: FolderOf
) -> None:
    count = 50
    results["network"]["parameters"] = 160 + 4_640 + 1_568 * count + count
    results["test"]["per_class"] = results["test"]["per_class"][:1] * count
    results["test"]["confusion"] = [
        [7 if i == j else int(j == i + 1) for j in range(count)] for i in range(count)
    ]
    page = Page(written(folder_of(results, alone=True)))
    assert "The most frequent errors, of 50 classes" in page.text
    assert len(page.named("td")) < count * count


def test_more_than_one_opening_is_not_passed_over(results: Results, folder_of: FolderOf) -> None:
    results["test"]["accesses"] = 3
    assert "test-set accesses" in Page(written(folder_of(results))).text


def test_a_halving_names_its_rungs_and_shades_its_finalists_alone(
    results: Results, folder_of: FolderOf
) -> None:
    others = results["search"]["cells"][2:]
    results["search"]["rungs"] = [
        {"settings": 2 + len(others), "epochs": 4},
        {"settings": 2, "epochs": 10},
    ]
    for cell in others:
        cell["epochs"] = 4
    for key in ("comparisons", "not_significant"):
        results["selection"][key] = results["selection"][key][:1]
    page = " ".join(Page(written(folder_of(results))).text.split())
    rungs = f"{2 + len(others)} went up to epoch 4; the best 2 went up to epoch 10."
    assert f"By successive halving, {rungs}" in page
    assert page.count("left at epoch 4") == len(others)


@pytest.mark.parametrize(
    ("rule", "key", "words"),
    [
        ("balanced-accuracy", "balanced_accuracy", "balanced test accuracy"),
        ("macro-f1", "macro_f1", "macro-F1"),
    ],
)
def test_what_selected_the_setting_is_a_key_figure(
    results: Results, folder_of: FolderOf, rule: str, key: str, words: str
) -> None:
    said = f"{words} the mean over the classes; by it the setting was selected"
    assert said not in " ".join(Page(written(folder_of(results))).text.split())
    results["selection"] |= {"rule": rule, "metric": f"val_{key}"}
    results["test"][key] = 0.6123
    assert f"0.6123 {said}" in " ".join(Page(written(folder_of(results))).text.split())


def test_the_procedure_s_score_stands_beside_the_winner_s(results: Results, folder_of: FolderOf) -> None:
    assert "whole procedure" not in written(folder_of(results))
    selected = results["selection"]["setting"]
    others = {
        "best_epoch": 3,
        "n": 20_000,
        "correct": 9,
        "balanced_accuracy": 0.8,
        "macro_f1": 0.7,
        "loss": 0.3,
    }
    accuracies = (0.8611, 0.8733, 0.8822)
    folds = [{"setting": selected, "accuracy": accuracy} | others for accuracy in accuracies]
    results["nested"] = {"mean_accuracy": 0.8722, "std_accuracy": 0.0106, "folds": folds}
    page = " ".join(Page(written(folder_of(results))).text.split())
    assert "0.8722 ± 0.0106" in page
    for fold in folds:
        assert f"{fold['accuracy']:.4f}" in page


def test_every_figure_of_the_details_is_on_the_page(details: Results, detailed: str) -> None:
    text = Page(detailed).text
    for when in ("before", "after"):
        found = details["calibration"][when]
        assert f"{found['error']:.4f}" in text
        assert f"{found['loss']:.4f}" in text
        assert f"{found['bins'][1]['confidence']:.4f}" in text
    assert "temperature of 1.234" in text
    assert "17 of 60,000 training images" in " ".join(text.split())
    assert "6 of 6 settings begin to overfit within 10 epochs" in text
    assert "of errors 5 of 6, the most confident of every cell" in text


def test_without_details_their_sections_are_left_out(html: str) -> None:
    page = Page(html)
    assert "Possible label errors" not in page.text
    assert "calibration error" not in page.text
    assert not [each for each in page.named("button") if "data-panel" in each]
    assert "Try it" in page.text  # which needs the model alone
