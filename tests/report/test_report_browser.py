"""The report in a real browser, of a real study of some Fashion-MNIST images."""

import csv
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.network import load_model
from gossamer.report import write_comparison, write_report
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TrainingSettings,
    plan_study,
    run_study,
)
from tests.browser import BRING, draw_an_l, opened_browser, serious_violations, wait_for_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, fashion_mnist: Dataset) -> StudyFolder:
    """A finished study with its report: two rates by two batch sizes on 1,500 images."""
    study = Study(
        DataSettings("fashion-mnist", subset=1_500),
        NetworkSettings(("conv16 pool conv32 pool dense",)),
        TrainingSettings(learning_rate=(0.005, 0.001), batch_size=(32, 64), epochs=(3,)),
        search=SearchSettings(folds=3),
        final=FinalSettings(max_epochs=4, patience=2),
    )
    folder = StudyFolder(tmp_path_factory.mktemp("browser") / "study")
    run_study(plan_study(study, dataset=fashion_mnist), folder, workers=2)
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def test_images(fashion_mnist: Dataset) -> NDArray[np.uint8]:
    """200 of the test images, of all classes."""
    return fashion_mnist.test.unseal().images[::50]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with opened_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: "Browser", folder: StudyFolder) -> Iterator["Page"]:
    """The report, opened; nothing may leave it or go wrong in it, whatever a test does."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(folder.report.as_uri())
    yield page
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [folder.report.as_uri()]
    assert complaints == []
    context.close()


def results(folder: StudyFolder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(folder.results.read_text())
    return found


def test_a_figure_of_table_2_shows_its_folds_and_curves_by_pointer_and_by_keyboard(
    page: "Page", folder: StudyFolder
) -> None:
    cells = results(folder)["search"]["cells"]
    page.hover('[data-panel="panel-1"]')
    panel = page.locator("#panel-1")
    assert panel.is_visible()
    assert f"{cells[1]['folds'][2]['val_loss']:.4f}" in panel.inner_text()
    assert panel.locator("svg").count() == 2
    page.locator('[data-panel="panel-3"]').first.focus()
    assert page.locator("#panel-3").is_visible()
    assert not panel.is_visible()


def test_a_cell_of_the_confusion_matrix_opens_its_images(page: "Page", folder: StudyFolder) -> None:
    confusion = np.array(results(folder)["test"]["confusion"])
    wrong = confusion - np.diag(confusion.diagonal())
    label, predicted = (int(i) for i in np.unravel_index(wrong.argmax(), wrong.shape))
    page.locator(f'[data-label="{label}"][data-predicted="{predicted}"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("#confusion-pictures li").count() == wrong.max()
    assert page.evaluate("document.activeElement.id") == "confusion-title"
    page.locator(f'[data-label="{label}"][data-predicted="{label}"]').click()
    assert "a sample" not in page.locator("#confusion-note").inner_text()
    assert 0 < page.locator("#confusion-pictures li").count() <= 20


def test_the_page_answers_as_the_engine_does(
    page: "Page", folder: StudyFolder, test_images: NDArray[np.uint8]
) -> None:
    model = load_model(folder.model)
    expected = open_engine("auto").logits(model.network, model.weights, model.scaling, test_images)
    found = page.evaluate(
        "(images) => images.map((pixels) => gossamer.answer(pixels).logits)",
        [image.reshape(-1).tolist() for image in test_images],
    )
    assert len(found) == 200
    assert np.abs(np.array(found) - expected).max() <= 1e-4


def test_a_drawing_is_answered_as_it_grows(page: "Page") -> None:
    answer = page.locator("#try-answer")
    assert answer.inner_text() == "Nothing drawn yet."
    draw_an_l(page)
    assert "%" in answer.inner_text()
    shares = [float(text.rstrip("%")) for text in page.locator("#try-rows td").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.6)
    assert page.locator("#try-maps canvas").count() == 2
    page.click("#try-clear")
    assert answer.inner_text() == "Nothing drawn yet."
    page.locator("#try-canvas").focus()
    page.keyboard.down(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.up(" ")
    assert "%" in answer.inner_text()


def png(image: NDArray[np.uint8]) -> bytes:
    out = BytesIO()
    Image.fromarray(image[..., 0]).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_an_image_that_is_brought_gets_the_engine_s_answer(
    page: "Page", folder: StudyFolder, test_images: NDArray[np.uint8], way: str, inverted: bool
) -> None:
    model = load_model(folder.model)
    image = test_images[137]  # a sneaker: dark at every edge
    logits = open_engine("auto").logits(model.network, model.weights, model.scaling, image[None])
    content = png(255 - image if inverted else image)
    if way == "choose":
        page.set_input_files("#try-file", {"name": "x.png", "mimeType": "image/png", "buffer": content})
    else:
        page.evaluate(BRING, [list(content), way])
    wait_for_text(page, "#try-answer", "%")
    name, percent = page.locator("#try-answer").inner_text().rsplit(", ", 1)
    assert name == model.classes[int(logits.argmax())]
    assert float(percent.rstrip("%")) == pytest.approx(100 * model.probabilities(logits).max(), abs=0.06)
    assert page.is_checked("#try-invert") == inverted
    assert ("it was inverted" in page.locator("#try-note").inner_text()) == inverted


def test_a_file_that_is_not_an_image_is_refused(page: "Page") -> None:
    page.set_input_files("#try-file", {"name": "x.png", "mimeType": "image/png", "buffer": b"no image"})
    wait_for_text(page, "#try-note", "cannot read")


def test_a_sample_is_answered_and_is_right(page: "Page") -> None:
    sample = page.locator("[data-sample]").first
    sample.click()
    wait_for_text(page, "#try-answer", "%")
    assert page.locator("#try-answer").inner_text().startswith(sample.get_attribute("aria-label") or "?")


def test_a_figure_downloads_as_svg_and_its_numbers_as_csv(page: "Page", folder: StudyFolder) -> None:
    with page.expect_download() as download:
        page.get_by_label("Download figure 2 as SVG").click()
    drawing = ET.fromstring(Path(download.value.path()).read_text())  # noqa: S314 - our own
    assert "Accuracy" in {each.text for each in drawing.iter("{http://www.w3.org/2000/svg}text")}
    with page.expect_download() as download:
        page.get_by_label("Download the numbers of figure 2 as CSV").click()
    rows = list(csv.reader(StringIO(Path(download.value.path()).read_text())))
    history = results(folder)["final"]["history"]
    assert [row[2] for row in rows[1:]] == [f"{epoch['val_loss']:.4f}" for epoch in history]
    with page.expect_download() as download:
        page.get_by_label("Download table 2 as CSV").click()
    assert len(list(csv.reader(StringIO(Path(download.value.path()).read_text())))) == 2 + 4


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_serious_stands_in_the_way_of_anyone(
    browser: "Browser", folder: StudyFolder, colours: Any, width: int
) -> None:
    context = browser.new_context(
        color_scheme=colours, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    page.goto(folder.report.as_uri())
    page.locator("[data-panel]").first.focus()
    page.locator("[data-predicted]").first.click()
    page.locator("[data-sample]").first.click()
    for summary in page.locator("summary").all():
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_two_studies_compared_are_for_everyone_too(
    browser: "Browser", folder: StudyFolder, tmp_path: Path
) -> None:
    write_comparison([folder, folder], tmp_path / "compare.html")
    context = browser.new_context(viewport={"width": 390, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "compare.html").as_uri())
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_print_leaves_out_what_paper_cannot_do(page: "Page") -> None:
    page.emulate_media(media="print")
    assert not page.locator("#try-it-tool").is_visible()
    assert not page.locator(".download").first.is_visible()
    assert page.locator("table").first.is_visible()
