"""A model as a page: draw, paste, drop or choose an image, or use the camera."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from functools import cache

import numpy as np
from jinja2 import Environment
from numpy.typing import NDArray

from gossamer.data import edge_brightness
from gossamer.export.forward import logits_of
from gossamer.network import Model
from gossamer.web import content_policy, environment, page_network, script


def html_page(model: Model, images: NDArray[np.uint8]) -> bytes:
    """The page, one file that asks for nothing.

    Args:
        model: what answers.
        images: training images (N, H, W, C), whose edges say which way round light and dark are.
    """
    scripts = [script("gossamer.web", "network.js", "try_it.js", "try_page.js")]
    page = (
        _templates()
        .get_template("try_page.html.j2")
        .render(
            model=model,
            embedded={"network": page_network(model), "background": edge_brightness(images)},
            policy=content_policy(scripts),
            scripts=scripts,
        )
    )
    return page.encode(errors="replace")


def page_answers(model: Model, page: bytes, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The logits (N, classes) that the weights in the page give for images (N, H, W, C), computed in NumPy.

    The page's own arithmetic is the same for every model; it is gossamer's tests that run it in a browser.
    """
    found = re.search(rb'<script type="application/json" id="embedded">(.*?)</script>', page, re.DOTALL)
    assert found is not None  # noqa: S101 - html_page wrote it
    described = json.loads(found[1])["network"]
    weights = {}
    for stage, layer in zip(model.network.stages, described["layers"], strict=True):
        for part in ("weight", "bias"):
            if part in layer:
                name = f"{stage.name}.{part}"
                read = np.frombuffer(b64decode(layer[part]), "<f4")
                weights[name] = read.reshape(model.network.weight_shapes[name]).astype(np.float32)
    scaling = replace(model.scaling, minimum=described["minimum"], maximum=described["maximum"])
    return logits_of(replace(model, weights=weights, scaling=scaling), images)


@cache
def _templates() -> Environment:
    return environment("gossamer.export")
