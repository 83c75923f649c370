"""CSV tables of pixels that are not what they must be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gossamer.data.pixel_table import MAX_LINE
from tests.data.hostile.case import Hostile
from tests.data.hostile.csv_tables import added

HEAD = "label,pixel0,pixel1,pixel2,pixel3\n"


def make_good(folder: Path) -> Path:
    """The table "marks.csv" of ten images of 2x2 in two classes."""
    path = folder / "marks.csv"
    pixels = np.random.default_rng(0).integers(0, 256, (10, 4)).tolist()
    path.write_text(HEAD + "".join(f"{i % 2},{','.join(map(str, row))}\n" for i, row in enumerate(pixels)))
    return path


def headed(head: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(head + path.read_text().removeprefix(HEAD))


def unlike_labels(path: Path) -> None:
    """Without names, and with as many values as rows in the first and the last column."""
    path.write_text("".join(f"{i},0,0,0,{i}\n" for i in range(10)))


def endless(path: Path) -> None:
    with path.open("a") as file:
        file.write("0," * (MAX_LINE // 2))


def huge(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(5 << 30)


CASES = [
    Hostile("a pixel above 255", added("0,0,256,0,0"), "line 12, column 'pixel1': '256'"),
    Hostile("a pixel below 0", added("0,0,0,0,-1"), "line 12, column 'pixel3': '-1'"),
    Hostile("a fraction", added("0,0.5,0,0,0"), "line 12, column 'pixel0': '0.5'"),
    Hostile("a pixel that is NaN", added("0,nan,0,0,0"), "column 'pixel0': 'nan'"),
    Hostile("a pixel that is missing", added("0,1,,0,0"), "column 'pixel1': ''"),
    Hostile("a pixel that is a text", added("0,1,x,0,0"), "column 'pixel1': 'x'"),
    Hostile("two pixels in one field", added('0,1,"2,3",0,0'), "column 'pixel1': '2,3'"),
    Hostile("a pixel of 100 kB", added("0,1," + "9" * 100_000 + ",0,0"), "column 'pixel1'"),
    Hostile("a row without a label", added(" ,1,2,3,4"), "line 12: names no class"),
    Hostile("a short row", added("0,1,2,3"), "line 12: 4 fields, expected 5"),
    Hostile("a long row", added("0,1,2,3,4,5"), "line 12: 6 fields, expected 5"),
    Hostile("a quote that never ends", added('"0,1,2,3,4'), "not CSV"),
    Hostile("a label that breaks the line", added("a\0b,1,2,3,4"), "not printable text"),
    Hostile("no square", lambda path: path.write_text("y,p0,p1,p2,p3,p4\n0,1,2,3,4,5\n"), "5 columns"),
    Hostile("no labels", headed(HEAD.replace("label", "pixel4")), "no column of labels"),
    Hostile("two columns of labels", headed("label,class,pixel1,pixel2,pixel3,pixel4\n"), "both 'label'"),
    Hostile("parts", headed("split,pixel0,pixel1,pixel2,pixel3\n"), "write train.csv and test.csv"),
    Hostile("no names and no labels", unlike_labels, "looks like labels; begin the file with a row"),
    Hostile("only a first row", lambda path: path.write_text(HEAD), "holds no images"),
    Hostile("one class", lambda path: path.write_text(HEAD + "0,1,2,3,4\n" * 9), "at least two classes"),
    Hostile("a class of one image", added("owl,1,2,3,4"), "too few to hold a fifth"),
    Hostile("a row without end", endless, "expected a row"),
    Hostile("5 GiB", huge, "5,368,709,120 bytes"),
    Hostile(
        "bytes that are no text", lambda path: path.write_bytes(HEAD.encode() + b"0,1,2,3,\xff\n"), "UTF-8"
    ),
]
