"""What the weights in a page answer, read back out of it."""

import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gossamer.export.forward import logits_of
from gossamer.network import Model


def page_answers(model: Model, page: bytes, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The logits (N, classes) that the weights in the page give for images (N, H, W, C), computed in NumPy.

    The page's own arithmetic is the same for every model; it is gossamer's tests that run it in a browser.
    """
    found = re.search(rb'<script type="application/json" id="embedded">(.*?)</script>', page, re.DOTALL)
    assert found is not None  # noqa: S101 - try_page wrote it
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
