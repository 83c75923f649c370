"""Debian's Chromium, driven by Playwright: the pages' tests see what a reader sees."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [  # it runs as root in containers, and asks nothing of the network
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a pattern
    "--use-fake-ui-for-media-stream",  # and may be used
]
BRING = """([bytes, way]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([new Uint8Array(bytes)], "x.png", { type: "image/png" }));
    const tool = document.getElementById("try-it-tool");
    if (way === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried }));
    else tool.dispatchEvent(new DragEvent("drop", { dataTransfer: carried }));
}"""


@contextmanager
def opened_browser() -> Iterator["Browser"]:
    """A browser; the test is skipped where there is none, saying why."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def wait_for_text(page: "Page", selector: str, text: str) -> None:
    """Wait until an element holds `text`; page.wait_for_function cannot: the pages' policy forbids eval."""
    page.locator(selector, has_text=text).wait_for()


def serious_violations(page: "Page") -> list[str]:
    """What axe finds in the way of people with disabilities; the page's policy must be off."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}: {each['nodes'][0]['failureSummary']}"
        for each in axe.Axe().run(page).response["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


def draw_an_l(page: "Page") -> None:
    """Draw into the field of a page that has the model to try."""
    field = page.locator("#try-canvas")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 90, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 240, steps=5)
    page.mouse.move(box["x"] + 190, box["y"] + 240, steps=5)
    page.mouse.up()
