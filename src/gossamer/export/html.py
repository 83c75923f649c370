"""What the weights in a page answer, read back out of it."""

import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Model
from gossamer.network.reference import logits_of


def page_answers(model: Model, page: bytes, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The logits (N, classes) that the weights in the page give for images (N, H, W, C), computed in NumPy.

    The page's own arithmetic is the same for every model; it is gossamer's tests that run it in a browser.
    """
    found = re.search(rb'<script type="application/json" id="embedded">(.*?)</script>', page, re.DOTALL)
    assert found is not None  # noqa: S101 - try_page wrote it
    described = json.loads(found[1])["network"]
    weights = {}
    deployed = model.folded
    for node, written in zip(deployed.network.graph.nodes, described["nodes"], strict=True):
        for array in node.arrays:
            read = np.frombuffer(b64decode(written[array.name.rpartition(".")[2]]), "<f4")
            weights[array.name] = read.reshape(array.shape).astype(np.float32)
    scaling = replace(model.scaling, minimum=described["minimum"], maximum=described["maximum"])
    return logits_of(replace(deployed, weights=weights, scaling=scaling), images)
