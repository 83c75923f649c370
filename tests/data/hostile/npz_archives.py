"""NPZ archives that are not what they must be."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.data.hostile.case import Hostile


def good_arrays() -> dict[str, NDArray[np.generic]]:
    random = np.random.default_rng(0)
    return {
        "x_train": random.integers(0, 256, (8, 8, 8)).astype(np.uint8),
        "y_train": np.arange(8) % 2,
        "x_test": random.integers(0, 256, (2, 8, 8)).astype(np.uint8),
        "y_test": np.arange(2),
    }


def make_good(folder: Path) -> Path:
    """The archive "marks.npz": eight training and two test images of 8x8 in two classes."""
    path = folder / "marks.npz"
    np.savez(path, **good_arrays())  # type: ignore[arg-type]
    return path


def changed(**arrays: object) -> Callable[[Path], object]:
    """Other arrays in the place of good ones; None leaves one out."""

    def make(path: Path) -> None:
        kept = {k: v for k, v in (good_arrays() | arrays).items() if v is not None}
        np.savez_compressed(path, **kept)  # type: ignore[arg-type]

    return make


def npy(array: object = None, *, head: str | None = None, body: bytes = b"", version: int = 1) -> bytes:
    """An .npy file, or one whose header is what it is told to be."""
    if head is None:
        out = io.BytesIO()
        np.save(out, np.asarray(array))
        return out.getvalue()
    text = head.encode() + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + body


def members(extra: Mapping[str, bytes], *, kind: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], object]:
    """The good arrays, and these files in the place of theirs or beside them."""

    def make(path: Path) -> None:
        files = {f"{name}.npy": npy(array) for name, array in good_arrays().items()} | dict(extra)
        with zipfile.ZipFile(path, "w", kind) as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    return make


def head(shape: str, descr: str = "'|u1'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("X_TRAIN.npy", npy(np.zeros((8, 8, 8), np.uint8)))


def patched(old: bytes, new: bytes, count: int = -1) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(path.read_bytes().replace(old, new, count))


def encrypted(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(bytes(content))


def lying_directory(path: Path) -> None:
    """The first member's two sizes in the directory, raised to 2 GiB."""
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 20 : place + 28] = struct.pack("<II", 1 << 31, 1 << 31)
    path.write_bytes(bytes(content))


def many(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(200):
            archive.writestr(f"a{number}.npy", npy(0))


def bomb(path: Path) -> None:
    """300 MiB of zeros in 300 kB."""
    members({"x_train.npy": npy(head=head("(393216, 28, 28)"), body=bytes(393216 * 784))})(path)


CALL = "__import__('os').system('true')"

CASES = [
    Hostile("300 MiB of zeros in 300 kB", bomb, "a zip bomb"),
    Hostile(
        "a header of 2^60 pixels", members({"x_train.npy": npy(head=head("(1048576,) * 3"))}), "not an array"
    ),
    Hostile(
        "a header of 2^60 pixels, said plainly",
        members({"x_train.npy": npy(head=head("(1048576, 1048576, 1048576)"))}),
        "its header declares",
    ),
    Hostile(
        "a shape past 2^64",
        members({"x_train.npy": npy(head=head(f"({10**30}, 1, 1)"))}),
        "over 2^64",
    ),
    Hostile(
        "a negative shape", members({"x_train.npy": npy(head=head("(-8, 8, -8)"), body=bytes(512))}), "sides"
    ),
    Hostile(
        "a shape that is true", members({"x_train.npy": npy(head=head("(True, 8, 8)"), body=bytes(64))}), "np"
    ),
    Hostile(
        "a header that calls", members({"x_train.npy": npy(head=head(CALL), body=bytes(64))}), "not an array"
    ),
    Hostile(
        "a header of 60 kB",
        members({"x_train.npy": npy(head=head("(8, 8, 8)") + " " * 60_000)}),
        "not an array",
    ),
    Hostile("a header of brackets", members({"x_train.npy": npy(head="(" * 900)}), "not an array"),
    Hostile("format 9", members({"x_train.npy": npy(head=head("(8, 8, 8)"), version=9)}), "not an array"),
    Hostile("half an .npy", members({"x_train.npy": npy(np.zeros((8, 8, 8), np.uint8))[:200]}), "declares"),
    Hostile("an empty .npy", members({"x_train.npy": b""}), "not an array"),
    Hostile("text in place of an .npy", members({"x_train.npy": b"hello"}), "not an array"),
    Hostile("pickled objects", changed(x_train=np.array([{}] * 8, object)), "only unpickling reads"),
    Hostile("records", changed(y_train=np.zeros(8, [("a", int), ("b", int)])), "elements of type"),
    Hostile("texts as training labels alone", changed(y_train=np.array(list("01" * 4))), "make them alike"),
    Hostile("texts as test labels alone", changed(y_test=np.array(["0", "1"])), "make them alike"),
    Hostile(
        "a test text never trained on",
        changed(y_train=np.array(list("ab" * 4)), y_test=np.array(["a", "c"])),
        "test images of 'c'",
    ),
    Hostile(
        "a text that is no class's name",
        changed(y_train=np.array(list("ab" * 4)), y_test=np.array(["a", "b"]), classes=np.array(["a", "c"])),
        "training images of 'b', which is not a class name",
    ),
    Hostile("an empty text as a label", changed(y_train=np.array(["a", " "] * 4)), "label 1 is ' '"),
    Hostile(
        "texts that are none",
        changed(y_train=np.full(8, 0x7FFFFFFF, np.uint32).view("U1")),
        "holds something other than text",
    ),
    Hostile("texts as labels, in two columns", changed(y_train=np.array([["a", "b"]] * 8)), "of shape"),
    Hostile("labels of no text", changed(y_train=np.array([b"a", b"\xff"] * 4)), "not UTF-8 text"),
    Hostile(
        "texts as pickled labels", changed(y_train=np.array(["a", "b"] * 4, object)), "only unpickling reads"
    ),
    Hostile("complex pixels", changed(x_train=np.zeros((8, 8, 8), complex)), "elements of type"),
    Hostile("dates", changed(y_train=np.zeros(8, "M8[s]")), "elements of type"),
    Hostile("pixels that are NaN", changed(x_train=np.full((8, 8, 8), np.nan)), "NaN or infinite"),
    Hostile("pixels that are infinite", changed(x_train=np.full((8, 8, 8), np.inf)), "NaN or infinite"),
    Hostile("pixels 0 to 1", changed(x_train=np.linspace(0, 1, 512).reshape(8, 8, 8)), "multiply by 255"),
    Hostile("fractions", changed(x_train=np.linspace(0, 99, 512).reshape(8, 8, 8)), "fractions"),
    Hostile("pixels below 0", changed(x_train=np.full((8, 8, 8), -1)), "pixels from -1"),
    Hostile("pixels above 255", changed(x_train=np.full((8, 8, 8), 256)), "pixels from 256"),
    Hostile("channels first", changed(x_train=np.zeros((8, 3, 8, 8), np.uint8)), "channels first"),
    Hostile("images last", changed(x_train=np.zeros((8, 8, 1, 8), np.uint8)), "transpose(3, 0, 1, 2)"),
    Hostile("rows of no square", changed(x_train=np.zeros((8, 63), np.uint8)), "reshape to (N, H, W)"),
    Hostile("rows in colour", changed(x_train=np.zeros((8, 192), np.uint8)), "as in CIFAR"),
    Hostile("no pixels", changed(x_train=np.zeros((8, 0, 8), np.uint8)), "holds nothing"),
    Hostile("labels that are NaN", changed(y_train=np.full(8, np.nan)), "not whole numbers"),
    Hostile("negative labels", changed(y_train=-np.ones(8)), "labels -1"),
    Hostile("labels of 2^40", changed(y_train=np.full(8, 1 << 40)), "labels 1099511627776"),
    Hostile("two ones in a row", changed(y_train=np.ones((8, 2))), "not one-hot"),
    Hostile("fewer labels than images", changed(y_train=np.arange(7) % 2), "8 images, but"),
    Hostile("one class", changed(y_train=np.zeros(8), y_test=np.zeros(2)), "at least two classes"),
    Hostile("a test label never trained on", changed(y_test=np.array([0, 5])), "label 5 has test images"),
    Hostile("too few names", changed(classes=np.array(["cat"])), "holds training label 1"),
    Hostile(
        "a class without images", changed(classes=np.array(["cat", "dog", "owl"])), "'owl' has no images"
    ),
    Hostile(
        "one name for two classes", changed(classes=np.array(["cat", "cat"])), "two classes are called 'cat'"
    ),
    Hostile(
        "one name in two forms",
        changed(classes=np.array(["K\u00fche", "Ku\u0308he"])),
        "two classes are called",
    ),
    Hostile(
        "a name of no code points",
        changed(classes=np.full(2, 0x7FFFFFFF, np.uint32).view("U1")),
        "holds something other than text",
    ),
    Hostile("a name that breaks the line", changed(classes=np.array(["cat", "d\nog"])), "not printable text"),
    Hostile("test images of another size", changed(x_test=np.zeros((2, 9, 9), np.uint8)), "both must have"),
    Hostile("labels without images", changed(x_train=None), "but no x_train"),
    Hostile(
        "both kinds of names", changed(train_images=np.zeros((8, 8, 8), np.uint8)), "expected one of them"
    ),
    Hostile(
        "other names",
        changed(x_train=None, y_train=None, x_test=None, y_test=None, a=np.zeros(3)),
        "holds 'a'",
    ),
    Hostile("no test images", changed(x_test=None, y_test=None), "neither test nor val"),
    Hostile("one name in two spellings", twice, "is there twice"),
    Hostile("a file that is no .npy", members({"run.py": b"import os"}), "is not an .npy"),
    Hostile("a path that climbs", members({"../../x.npy": npy(0), "y": b""}), "is not an .npy"),
    Hostile("bzip2", members({}, kind=zipfile.ZIP_BZIP2), "compression 12"),
    Hostile("encrypted", encrypted, "is encrypted"),
    Hostile("a directory that lies", lying_directory, "overlaps"),
    Hostile("200 arrays", many, "expected at most 64"),
    Hostile(
        "a checksum that is wrong",
        patched(b"\x93NUMPY\x01\x00v\x00{'descr': '|u1'", b"\x93NUMPY\x01\x00v\x00{'descr': '|i1'", 1),
        "damaged",
    ),
    Hostile("cut in the middle", lambda path: path.write_bytes(path.read_bytes()[:700]), "cut short"),
    Hostile(
        "something before the zip",
        lambda path: path.write_bytes(b"#!/bin/sh\n" + path.read_bytes()),
        "declares",
    ),
    Hostile("no bytes", lambda path: path.write_bytes(b""), "cut short"),
    Hostile("a pickle", lambda path: path.write_bytes(b"\x80\x04cos\nsystem\n."), "not an .npz file"),
]
