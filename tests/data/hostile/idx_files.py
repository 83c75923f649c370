"""IDX files that are not what they must be; files out of place are in test_idx_folder."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.data.hostile.case import Hostile

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def idx(array: "np.typing.ArrayLike") -> bytes:
    """An array as an IDX file."""
    array = np.asarray(array, np.uint8)
    return (
        bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()
    )


def make_good(folder: Path) -> Path:
    """The folder "marks": eight training and two test images of 8x8 in two classes."""
    random = np.random.default_rng(0)
    made = folder / "marks"
    made.mkdir()
    for images, labels, n in ((IMAGES, LABELS, 8), (TEST_IMAGES, TEST_LABELS, 2)):
        (made / images).write_bytes(idx(random.integers(0, 256, (n, 8, 8))))
        (made / labels).write_bytes(idx(np.arange(n) % 2))
    return made


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def header(*sizes: int, kind: int = 8, dimensions: int | None = None) -> bytes:
    said = len(sizes) if dimensions is None else dimensions
    return bytes([0, 0, kind, said]) + b"".join(struct.pack(">I", size) for size in sizes)


def another_family(folder: Path) -> None:
    for name in (IMAGES, LABELS, TEST_IMAGES, TEST_LABELS):
        (folder / f"other-{name}").write_bytes((folder / name).read_bytes())


BOMB = gzip.compress(header(8) + bytes(1 << 24))

CASES = [
    Hostile("a header of 2^96 pixels", put(IMAGES, header(*[0xFFFFFFFF] * 3)), "at most"),
    Hostile("no images, of 2^64 pixels each", put(IMAGES, header(0, 0xFFFFFFFF, 0xFFFFFFFF)), "at most"),
    Hostile("a header of 4 GiB, and no more", put(LABELS, header(0xFFFFFFFF)), "0 bytes of elements"),
    Hostile("8 labels gzipped with 16 MiB of zeros", put(LABELS, BOMB), "more bytes than the 8"),
    Hostile("a gzip of a gzip", put(LABELS, gzip.compress(gzip.compress(b"x"))), "not an IDX file"),
    Hostile("a gzip cut short", put(LABELS, gzip.compress(idx([0, 1] * 4))[:-9]), "cut short"),
    Hostile(
        "a gzip of a wrong checksum", put(LABELS, gzip.compress(idx([0, 1] * 4))[:-8] + bytes(8)), "damaged"
    ),
    Hostile("a gzip's two bytes", put(LABELS, b"\x1f\x8b"), "cut short"),
    Hostile("no bytes", put(LABELS, b""), "starts with nothing"),
    Hostile("half a header", put(IMAGES, header(8, 8)[:7] + b"\x03"), "holds"),
    Hostile("a pickle", put(IMAGES, b"\x80\x04cos\nsystem\n."), "not an IDX file"),
    Hostile("elements of floats", put(IMAGES, header(8, 8, 8, kind=0x0D) + bytes(2048)), "element type 0x0d"),
    Hostile("255 dimensions", put(IMAGES, header(dimensions=255) + bytes(1020)), "255 dimensions"),
    Hostile("images without pixels", put(IMAGES, header(8, 0, 0)), "at least one pixel"),
    Hostile(
        "labels of one class", put(LABELS, idx([0] * 8)), "label 1 has test images but no training images"
    ),
    Hostile("test labels never trained on", put(TEST_LABELS, idx([0, 7])), "label 7 has test images"),
    Hostile("more labels than images", put(LABELS, idx([0, 1] * 5)), "8 images, but"),
    Hostile("two data sets in one folder", another_family, "holds several data sets"),
]
