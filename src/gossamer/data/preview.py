"""A preview of a data set for notebooks: some training images of every class, as self-contained HTML."""

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from gossamer.data.dataset import Dataset

SHOWN_CLASSES, SHOWN_IMAGES = 20, 10
_CELL = "padding:1px 12px 1px 0;text-align:left"


def dataset_html(dataset: "Dataset") -> str:
    """The HTML that a notebook shows for a data set; the test images stay sealed."""
    train, (height, width, channels) = dataset.train, dataset.train.shape
    rows = []
    for label, (name, count) in enumerate(
        zip(train.classes[:SHOWN_CLASSES], train.class_counts, strict=False)
    ):
        strip = train.images[np.flatnonzero(train.labels == label)[:SHOWN_IMAGES]]
        rows.append(
            f'<tr><td style="{_CELL}">{escape(name)}</td><td style="{_CELL};text-align:right">{count:,}</td>'
            f'<td style="{_CELL}">{_picture(strip, name)}</td></tr>'
        )
    if len(train.classes) > SHOWN_CLASSES:
        rows.append(f'<tr><td style="{_CELL}" colspan="3">… of {len(train.classes)} classes</td></tr>')
    return (
        f"<p><b>{escape(dataset.name)}</b>: {len(train):,} training images, {len(dataset.test):,} test images"
        f" (sealed); {height}×{width}, {'grey' if channels == 1 else f'{channels} channels'}</p>"
        f'<table><thead><tr><th style="{_CELL}">class</th><th style="{_CELL}">images</th>'
        f'<th style="{_CELL}">the first of them</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _picture(images: NDArray[np.uint8], name: str) -> str:
    """Images in a row, (N, H, W, C), as an <img>."""
    row = np.concatenate(list(images), axis=1)
    picture = Image.fromarray(row[..., 0] if row.shape[2] != 3 else row)
    out = BytesIO()
    picture.save(out, "PNG")
    scale = max(1, round(28 / row.shape[0]))
    size = f'width="{row.shape[1] * scale}" height="{row.shape[0] * scale}"'
    data = b64encode(out.getvalue()).decode()
    return (
        f'<img alt="{escape(name)}" {size} style="image-rendering:pixelated"'
        f' src="data:image/png;base64,{data}">'
    )
