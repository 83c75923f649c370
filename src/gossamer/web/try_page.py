"""A page to try a model: draw, paste, drop or select an image, or use the camera."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment

from gossamer.network import Model
from gossamer.web.network import page_network
from gossamer.web.page import content_policy, environment, script


def try_page(model: Model, background: int | None, links: Sequence[tuple[str, str]] = ()) -> bytes:
    """The page as one self-contained file; the model runs in the browser.

    Args:
        model: the model.
        background: the median brightness, 0 to 255, at the edges of the training images; None if unknown.
        links: URLs and their texts, for a page that is served with others.
    """
    scripts = [script("gossamer.web", "network.js", "try_it.js", "try_page.js")]
    page = (
        _templates()
        .get_template("try_page.html.j2")
        .render(
            model=model,
            embedded={"network": page_network(model), "background": background},
            policy=content_policy(scripts),
            scripts=scripts,
            links=links,
        )
    )
    return page.encode(errors="replace")


@cache
def _templates() -> Environment:
    return environment("gossamer.web")
