"""A model as a page: draw, paste, drop or choose an image, or use the camera."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment

from gossamer.network import Model
from gossamer.web.network import page_network
from gossamer.web.page import content_policy, environment, script


def try_page(model: Model, background: int | None, links: Sequence[tuple[str, str]] = ()) -> bytes:
    """The page, one file that asks for nothing; the model runs in it.

    Args:
        model: what answers.
        background: the usual brightness, 0 to 255, at the training images' edges; None if it is not known.
        links: addresses and what they are called, for a page served with others beside it.
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
