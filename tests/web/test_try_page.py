"""The page to try a model, served and as an export, in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import LabelledImages
from gossamer.engine import open_engine
from gossamer.export import export_model
from gossamer.inference import Predictor
from gossamer.network import Model, load_model
from tests.browser import BRING, draw_an_l, opened_browser, serious_violations
from tests.export.conftest import make_wanted
from tests.serve.conftest import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's network, untrained, with a page of a study beside it."""
    folder = tmp_path_factory.mktemp("page") / "clothes"
    folder.mkdir()
    made = make_wanted("conv16 pool conv32 pool dense", (28, 28, 1))
    train = made.images.train  # light on dark, as Fashion-MNIST is
    dark = LabelledImages.from_arrays(train.images // 8, train.labels, train.classes)
    wanted = replace(made, images=replace(made.images, train=dark))
    wanted.model.save(folder / "model.safetensors")
    (folder / "report.html").write_text("<title>the study</title>")
    export_model(wanted, "html", folder / "export", open_engine("auto"))
    return folder / "model.safetensors"


@pytest.fixture(scope="module")
def model(model_file: Path) -> Model:
    return load_model(model_file)


@pytest.fixture(scope="module")
def served(model_file: Path) -> Iterator[str]:
    with serving(model_file) as running:
        yield f"{running.address}/"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with opened_browser() as browser:
        yield browser


@pytest.fixture(params=["served", "exported"])
def page(
    request: pytest.FixtureRequest, browser: "Browser", served: str, model_file: Path
) -> Iterator["Page"]:
    """The page, opened; nothing may leave it or go wrong in it, whatever a test does."""
    exported = model_file.parent / "export" / "model.html"
    address = served if request.param == "served" else exported.as_uri()
    context = browser.new_context(viewport={"width": 1000, "height": 900}, permissions=["camera"])
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    yield page
    elsewhere = [url for url in requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in elsewhere if not url.endswith("/favicon.ico")] == [address]
    assert complaints == []
    context.close()


def answer_of(model: Model, image: NDArray[np.uint8]) -> tuple[str, float]:
    """The class, and its probability in per cent, by the engine."""
    row = model.probabilities(Predictor(model, open_engine("auto")).logits(image[np.newaxis]))[0]
    return model.classes[int(row.argmax())], 100 * row.max()


def shown(page: "Page") -> tuple[str, float]:
    page.get_by_role("status").filter(has_text="%").wait_for()
    name, percent = page.locator("#try-answer").inner_text().rsplit(", ", 1)
    return name, float(percent.rstrip("%"))


def field_of(page: "Page") -> NDArray[np.uint8]:
    """The drawing as the network gets it, made here from what stands in the drawing field."""
    numbers: Any = page.evaluate(
        """() => { const field = document.getElementById("try-canvas");
          return [...field.getContext("2d").getImageData(0, 0, field.width, field.height).data]; }"""
    )
    side = int((len(numbers) / 4) ** 0.5)
    grey = np.reshape(numbers, (side, side, 4))[..., 0]
    cells = grey.reshape(28, side // 28, 28, side // 28).mean(axis=(1, 3))
    return np.asarray(np.floor(cells + 0.5)[..., np.newaxis], np.uint8)


def test_a_drawing_is_classified_as_by_the_engine(page: "Page", model: Model) -> None:
    draw_an_l(page)
    drawn = field_of(page)
    assert 0 < (drawn > 0).mean() < 0.5
    name, percent = answer_of(model, drawn)
    said, share = shown(page)
    assert said == name
    assert share == pytest.approx(percent, abs=0.06)
    page.click("#try-clear")
    assert page.locator("#try-answer").inner_text() == "Nothing drawn yet."


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_is_classified_as_by_the_engine(page: "Page", model: Model, way: str) -> None:
    image = np.zeros((28, 28, 1), np.uint8)
    image[4:24, 4:24] = np.random.default_rng(3).integers(0, 256, (20, 20, 1))
    file = BytesIO()
    Image.fromarray(image[..., 0]).save(file, "PNG")
    if way == "choose":
        picture = {"name": "x.png", "mimeType": "image/png", "buffer": file.getvalue()}
        page.set_input_files("#try-file", picture)  # type: ignore[arg-type]
    else:
        page.evaluate(BRING, [list(file.getvalue()), way])
    name, percent = answer_of(model, image)
    said, share = shown(page)
    assert said == name
    assert share == pytest.approx(percent, abs=0.06)


def choose(page: "Page", image: NDArray[np.uint8]) -> None:
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    picture = {"name": "x.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.set_input_files("#try-file", picture)  # type: ignore[arg-type]
    shown(page)


def fitted(grey: NDArray[np.uint8], padding: int) -> NDArray[np.uint8]:
    """The picture (H, W) in the middle of 28 x 28 pixels, its aspect ratio kept."""
    height, width = grey.shape
    scale = 28 / max(height, width)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    whole = Image.new("L", (28, 28), padding)
    small = Image.fromarray(grey).resize(inner, Image.Resampling.LANCZOS)
    whole.paste(small, ((28 - inner[0]) // 2, (28 - inner[1]) // 2))
    return np.asarray(whole)[..., np.newaxis]


@pytest.mark.parametrize("shape", [(28, 56), (90, 30), (26, 56), (1, 280), (280, 280), (7, 14)])
def test_a_picture_of_another_shape_keeps_its_aspect_ratio(
    page: "Page", model: Model, shape: tuple[int, int]
) -> None:
    """Dark at its edge, as the training images are, whose background stands beside it."""
    background = page.evaluate("JSON.parse(document.getElementById('embedded').textContent).background") or 0
    height, width = shape
    rows, columns = np.mgrid[0:height, 0:width]
    ramp = 120 * np.sin(np.pi * (rows + 0.5) / height) * np.sin(np.pi * (columns + 0.5) / width)
    picture = ramp.astype(np.uint8)
    choose(page, picture)
    expected = fitted(picture, background)
    found = field_of(page)
    beside = fitted(np.zeros(shape, np.uint8), 255) == 255
    assert np.abs(found.astype(int) - expected)[~beside].max(initial=0) <= 8  # two ways to resample
    assert (found[beside] == background).all()
    assert page.locator("#try-note").inner_text() == ""


def test_the_padding_of_an_inverted_picture_is_not_inverted(page: "Page", model: Model) -> None:
    background = page.evaluate("JSON.parse(document.getElementById('embedded').textContent).background") or 0
    picture = np.full((28, 56), 250, np.uint8)
    picture[10:20, 20:30] = 20
    choose(page, picture)
    told = page.locator("#try-note").inner_text()
    if told:  # where it is known what the training images are
        assert "light at its edge" in told
    else:
        page.check("#try-invert")
    name, percent = answer_of(model, fitted(255 - picture, background))
    said, share = shown(page)
    assert said == name
    assert share == pytest.approx(percent, abs=0.5)
    page.uncheck("#try-invert")
    assert shown(page)[1] == pytest.approx(answer_of(model, fitted(picture, background))[1], abs=0.5)


def test_the_camera_is_read_until_it_is_stopped(page: "Page") -> None:
    button = page.get_by_role("button", name="Use the camera")
    button.click()
    shown(page)
    first = field_of(page)
    wait_until(page, lambda: bool((field_of(page) != first).any()))  # the pattern moves
    page.get_by_role("button", name="Stop the camera").click()

    def stands_still() -> bool:
        last = field_of(page)
        page.wait_for_timeout(600)
        return bool((field_of(page) == last).all())

    wait_until(page, stands_still)
    assert button.is_visible()


def wait_until(page: "Page", fact: Callable[[], bool]) -> None:
    """A slow machine takes its time to show a frame."""
    for _ in range(50):
        if fact():
            return
        page.wait_for_timeout(200)
    raise AssertionError("it did not come to be")


def test_the_served_page_links_to_the_other_pages(browser: "Browser", served: str) -> None:
    page = browser.new_page()
    page.goto(served)
    page.get_by_role("link", name="the study's report").click()
    assert page.title() == "the study"
    page.close()


def test_the_export_is_small(model_file: Path) -> None:
    assert (model_file.parent / "export" / "model.html").stat().st_size < 200_000


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_there_are_no_serious_accessibility_violations(
    browser: "Browser", served: str, colours: Any, width: int
) -> None:
    context = browser.new_context(
        color_scheme=colours, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    page.goto(served)
    draw_an_l(page)
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
