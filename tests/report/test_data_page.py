"""A data set's page: images of every class, duplicates side by side, the test images sealed, all bounded."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import (
    Dataset,
    LabelledImages,
    Origin,
    SealedImages,
    find_duplicates,
    find_near_duplicates,
)
from gossamer.errors import DataError
from gossamer.report import data_page, write_data_page
from gossamer.report.data_page import MOST_BYTES, MOST_CLASSES, MOST_OF_EACH, MOST_PAIRS
from tests.browser import opened_browser, serious_violations
from tests.report.test_report_page import Page

CLASSES = ("cat", "<b>dog</b> & 'co'", "Übung")


def noise(count: int, shape: tuple[int, int, int] = (8, 8, 1), seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.fixture
def dataset() -> Dataset:
    """30 images a class; one with a copy of the same label, one with two of another, one nearly a copy."""
    images, labels = noise(94), np.arange(94) % 3
    images[90], labels[90] = images[0], labels[0]
    images[91], images[92] = images[1], images[1]
    labels[91] = labels[92] = 2
    images[93], labels[93] = images[2], labels[2]
    images[93, 0, 0] ^= 1
    origins = [Origin("", f"pets/<i>{row:02d}.png") for row in range(94)]
    return Dataset(
        "<s>pets</s>",
        LabelledImages.from_arrays(images, labels, CLASSES, origins),
        SealedImages(LabelledImages.from_arrays(noise(9, seed=1), np.arange(9) % 3, CLASSES)),
        ("a note of <script>one</script>",),
    )


def written(dataset: Dataset, folder: Path) -> str:
    counts = (find_duplicates(dataset.train, dataset.test), find_near_duplicates(dataset.train, dataset.test))
    write_data_page(dataset, *counts, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def tiles(html: str, shape: tuple[int, int]) -> set[bytes]:
    """Every image that the page's sheets hold, as bytes; blank ones fill the last line."""
    height, width = shape
    found = set()
    for encoded in re.findall(r"data:image/png;base64,([^)]*)", html):
        sheet = np.asarray(Image.open(BytesIO(b64decode(encoded))))
        for y in range(0, sheet.shape[0], height):
            for x in range(0, sheet.shape[1], width):
                found.add(np.ascontiguousarray(sheet[y : y + height, x : x + width]).tobytes())
    return found - {bytes(height * width)}


def test_nothing_is_asked_for_outside_the_page(dataset: Dataset, tmp_path: Path) -> None:
    html = written(dataset, tmp_path)
    page = Page(html)
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "srcset", "data", "action", "background", "href"} & set(attributes)
    assert not re.search(r"url\((?!data:image/png;base64,)|@import|https?:", html)
    (policy,) = [each["content"] for each in page.named("meta") if "http-equiv" in each]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:"


def test_names_notes_and_origins_are_text(dataset: Dataset, tmp_path: Path) -> None:
    html = written(dataset, tmp_path)
    page = Page(html)
    assert not {"s", "i", "script"} & {tag for tag, _ in page.elements}
    for text in (*CLASSES, "<s>pets</s>", "a note of <script>one</script>", "pets/<i>90.png"):
        assert text in page.text


def test_it_shows_images_of_every_class_and_none_of_the_test_set(dataset: Dataset, tmp_path: Path) -> None:
    html = written(dataset, tmp_path)
    shown = tiles(html, (8, 8))
    assert shown <= {image.tobytes() for image in dataset.train.images}
    assert not shown & {image.tobytes() for image in dataset.test.unseal().images}
    strips = [each for each in Page(html).named("div") if each.get("class") == "strip"]
    assert [each["aria-label"] for each in strips] == [
        f"{MOST_OF_EACH} images of the class {name}" for name in CLASSES
    ]
    said = Page(html).text
    for count in dataset.train.class_counts:
        assert f"{MOST_OF_EACH} of {count}" in said
    assert "9, sealed" in said


def test_duplicates_stand_side_by_side_contradictions_first(dataset: Dataset) -> None:
    counts = (find_duplicates(dataset.train, dataset.test), find_near_duplicates(dataset.train, dataset.test))
    found = data_page.data_page(dataset, *counts)
    pairs = [{(side.label, side.origin[-6:-4]) for side in pair} for pair in found.duplicates.shown]
    one, two, same = pairs
    assert {frozenset(one), frozenset(two)} == {
        frozenset({(CLASSES[1], "01"), (CLASSES[2], row)}) for row in ("91", "92")
    }
    assert same == {(CLASSES[0], "00"), (CLASSES[0], "90")}
    assert (found.duplicates.found, found.duplicates.contradicting) == (3, 2)
    ((left, right),) = found.near_duplicates.shown
    assert {left.origin[-6:-4], right.origin[-6:-4]} == {"02", "93"}
    places = [side.place for pair in (*found.duplicates.shown, (left, right)) for side in pair]
    assert len(set(places)) == len(places) == found.pair_sheet.pictured


def test_the_same_data_set_gives_the_same_bytes(dataset: Dataset, tmp_path: Path) -> None:
    once = written(dataset, tmp_path)
    assert written(dataset, tmp_path) == once


def test_the_largest_page_keeps_its_bound_and_says_what_it_left_out(tmp_path: Path) -> None:
    """Many classes, large noisy pictures, long names that grow as they are escaped, and copies of all."""
    count = MOST_CLASSES + 7
    once = noise(count, (40, 40, 3))
    images, labels = np.concatenate([once, once]), np.arange(2 * count) % count
    labels[count:] = np.roll(labels[count:], 1)
    classes = tuple(f"{number:04d}" + '"' * 300 for number in range(count))
    origins = [Origin("", "'" * 4_000 + str(row)) for row in range(2 * count)]
    dataset = Dataset(
        "&" * 500,
        LabelledImages.from_arrays(images, labels, classes, origins),
        SealedImages(LabelledImages.from_arrays(once[:1], labels[:1], classes)),
        ("<" * 5_000,) * 100,
    )
    html = written(dataset, tmp_path)
    assert 1_000_000 < len(html.encode()) < MOST_BYTES
    said = Page(html).text
    assert "7 more classes, of 14 images, left out here and below" in said
    assert f"Shown are the first {MOST_PAIRS} of {count} pairs" in said
    assert "80 more notes left out here" in said
    assert "They are shrunk to 16 × 16 pixels." in said


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_of_any_channels_and_any_shape_are_shown(channels: int, tmp_path: Path) -> None:
    train = LabelledImages.from_arrays(noise(6, (300, 2, channels)), np.arange(6) % 2, ("a", "b"))
    html = written(Dataset("long", train, SealedImages(train)), tmp_path)
    assert ("channels" in Page(html).text) == (channels in (2, 4))


def test_a_page_that_cannot_be_written_is_one_line(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"page\.html: cannot be written .*; name another file with --html"):
        written(dataset, tmp_path / "nowhere")


def test_only_a_page_is_written_over(dataset: Dataset, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("path,label\n")
    with pytest.raises(DataError, match="is there already and is no page; name another file"):
        written(dataset, tmp_path)
    assert page.read_text() == "path,label\n"
    page.write_text("<!DOCTYPE html>\nan older page")
    assert "pets" in written(dataset, tmp_path)


def test_it_reads_well_in_a_browser(dataset: Dataset, tmp_path: Path) -> None:
    written(dataset, tmp_path)
    complaints: list[str] = []
    with opened_browser() as browser:
        for width in (1200, 400):
            context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.goto((tmp_path / "page.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert serious_violations(page) == []
            first = page.locator(".strip .thumb").first.bounding_box()
            assert first is not None
            assert first["width"] == pytest.approx(first["height"]) == pytest.approx(56)
            context.close()
    assert complaints == []
