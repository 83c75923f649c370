"""Folders of pictures, and files in them, that are not what they must be."""

import io
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.hostile.case import Hostile


def make_good(folder: Path) -> Path:
    """The folder "pets" of two classes."""
    return good_folder(folder / "pets")


def good_folder(folder: Path, parts: tuple[str, ...] = ("",)) -> Path:
    """Two classes of five 8x8 pictures each, below each of `parts`."""
    random = np.random.default_rng(0)
    for part in parts:
        for name in ("cat", "dog"):
            (folder / part / name).mkdir(parents=True)
            for i in range(5):
                save(folder / part / name / f"{i}.png", random.integers(0, 256, (8, 8)))
    return folder


def save(path: Path, pixels: "np.typing.ArrayLike", **options: object) -> None:
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)  # type: ignore[arg-type]


def encoded(kind: str, size: tuple[int, int] = (8, 8), mode: str = "L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, bits: int = 8, colour: int = 0) -> bytes:
    """A PNG whose header says what it is told to."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "cat" / name).write_bytes(content)


def archive(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as zipped:
            zipped.writestr("0.png", encoded("PNG"))
    else:
        with tarfile.open(fileobj=out, mode="w") as tarred:
            info = tarfile.TarInfo("0.png")
            info.size = 3
            tarred.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


def texts(megabytes: int) -> bytes:
    """A PNG with packed texts before its pixels."""
    good = encoded("PNG")
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**6)))
    at = good.index(b"IDAT") - 4
    return good[:at] + text * megabytes + good[at:]


def scans(number: int) -> bytes:
    """A JPEG that goes over all its pixels time and again."""
    out = io.BytesIO()
    Image.new("L", (512, 512)).save(out, "JPEG", progressive=True)
    content = out.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * number + content[-2:]


def mpo(content: bytes) -> bytes:
    """A JPEG that says of itself that it is the first of two pictures."""
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "MPO", save_all=True, append_images=[Image.new("L", (8, 8))])
    head = out.getvalue()
    start = head.index(b"\xff\xe2")
    end = start + 2 + int.from_bytes(head[start + 2 : start + 4], "big")
    return content[:2] + head[start:end] + content[2:]


def tiled(side: int) -> bytes:
    """A TIFF of 16x16 pixels in one tile of another size."""
    fields = [(256, 16), (257, 16), (258, 8), (259, 5), (262, 1), (277, 1), (322, side), (323, side)]
    fields += [(324, 8), (325, 0)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4) + bytes(64)


def worded(length: int) -> bytes:
    """A TIFF of one pixel whose tiles' width is a text of so many characters, and their height a million."""
    fields = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    fields += [(278, 4, 1, 1), (279, 4, 1, 1), (322, 2, length, 8), (323, 4, 1, 1_000_000)]
    entries = b"".join(struct.pack("<HHII", *field) for field in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4) + b"ab" * (length // 2)


def emptied(folder: Path) -> None:
    for path in (folder / "dog").iterdir():
        path.unlink()


def but_one(folder: Path) -> None:
    for path in sorted((folder / "dog").iterdir())[1:]:
        path.unlink()


def without(name: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        emptied_folder = folder / name
        for path in emptied_folder.iterdir():
            path.unlink()
        emptied_folder.rmdir()

    return make


def renamed(old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: (folder / old).rename(folder / new)


def outside(folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes(encoded("PNG"))
    (folder / "cat" / "x.png").symlink_to(folder.parent / "secret.png")


def loop(folder: Path) -> None:
    (folder / "cat" / "x.png").symlink_to(folder / "cat" / "x.png")


def half(kind: str) -> bytes:
    random = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    out = io.BytesIO()
    Image.fromarray(random).save(out, kind)
    return out.getvalue()[: len(out.getvalue()) // 2]


def outside_class(folder: Path) -> None:
    other = good_folder(folder.parent / "elsewhere")
    (folder / "bird").symlink_to(other / "cat")


def outside_part(folder: Path) -> None:
    other = good_folder(folder.parent / "elsewhere")
    good_folder(folder / "test")
    (folder / "train").symlink_to(other)


NO_PICTURE = "not a readable picture"
BOMB = png(60_000, 60_000, bytes(1000))

CASES = [
    Hostile("a bomb: 3.6 G pixels in 100 bytes", put("x.png", BOMB), "bomb"),
    Hostile("a wide bomb", put("x.png", png(2**24 + 1, 1, b"")), "pixels, expected at most"),
    Hostile("a JPEG of a thousand scans", put("x.jpg", scans(1_000)), "a JPEG of more than 64 scans"),
    Hostile("50 MB of text in a small PNG", put("x.png", texts(50)), NO_PICTURE),
    Hostile("a JPEG of a thousand scans called another format", put("x.jpg", mpo(scans(1_000))), "scans"),
    Hostile("a TIFF of tiles larger than it", put("x.tif", tiled(45_000)), "tiles of 45000x45000"),
    Hostile("a TIFF whose tiles are as wide as a text", put("x.tif", worded(60_000)), "no whole width"),
    Hostile("a GIF of 65535x65535", put("x.gif", b"GIF89a" + b"\xff" * 4 + bytes(30)), "cat/x.gif"),
    Hostile(
        "a BMP that says 2 G pixels",
        put("x.bmp", b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 50000, 50000, 1, 24) + bytes(24)),
        "cat/x.bmp",
    ),
    Hostile("no pixels", put("x.png", png(0, 8, b"")), "cat/x.png"),
    Hostile("too few pixels", put("x.png", png(8, 8, b"")), NO_PICTURE),
    Hostile("a depth of 3 bits", put("x.png", png(8, 8, bytes(72), bits=3)), NO_PICTURE),
    Hostile("an unknown colour type", put("x.png", png(8, 8, bytes(72), colour=9)), NO_PICTURE),
    Hostile("a checksum that is wrong", put("x.png", encoded("PNG").replace(b"IDAT", b"IDAX")), NO_PICTURE),
    *[
        Hostile(f"half a {kind}", put(f"x.{kind.lower()}", half(kind)), NO_PICTURE)
        for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
    ],
    Hostile("an empty file", put("x.png", b""), NO_PICTURE),
    Hostile("zeros", put("x.png", bytes(4096)), NO_PICTURE),
    Hostile("text", put("x.png", b"a picture of mine"), NO_PICTURE),
    Hostile("HTML", put("x.png", b"<html><img src=x></html>"), NO_PICTURE),
    Hostile("SVG", put("x.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), NO_PICTURE),
    Hostile("PDF", put("x.jpg", b"%PDF-1.7\n%%EOF"), NO_PICTURE),
    Hostile(
        "PostScript, which decoders hand to a program", put("x.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"), NO_PICTURE
    ),
    Hostile("a zip", put("x.png", archive("zip")), NO_PICTURE),
    Hostile("a tar", put("x.png", archive("tar")), NO_PICTURE),
    Hostile("a pickle", put("x.png", b"\x80\x04cos\nsystem\n."), NO_PICTURE),
    Hostile("a format that is not allowed: ICO", put("x.png", encoded("ICO")), NO_PICTURE),
    Hostile("a format that is not allowed: PPM", put("x.png", encoded("PPM")), NO_PICTURE),
    Hostile("a format that is not allowed: TGA", put("x.png", encoded("TGA")), NO_PICTURE),
    Hostile("a name that is no picture's", put("notes.txt", b"hello"), "not a picture by its name"),
    Hostile("an archive beside the pictures", put("all.zip", archive("zip")), "not a picture by its name"),
    Hostile(
        "a folder called x.png", lambda folder: (folder / "cat" / "x.png").mkdir(), "a folder within a class"
    ),
    Hostile(
        "a folder within a class", lambda folder: (folder / "cat" / "more").mkdir(), "a folder within a class"
    ),
    Hostile("a pipe", lambda folder: os.mkfifo(folder / "cat" / "x.png"), "not a regular file"),
    Hostile("a class that is a link to elsewhere", outside_class, "a link that leaves the folder"),
    Hostile("a train/ that is a link to elsewhere", outside_part, "a link that leaves the folder"),
    Hostile(
        "a picture beside the classes", lambda folder: save(folder / "x.png", np.zeros((8, 8))), "outside the"
    ),
    Hostile("a link that leaves the folder", outside, "a link that leaves the folder"),
    Hostile(
        "a link to /dev/zero",
        lambda folder: (folder / "cat" / "x.png").symlink_to("/dev/zero"),
        "leaves the folder",
    ),
    Hostile("a link to itself", loop, "leads nowhere"),
    Hostile(
        "a link to nothing",
        lambda folder: (folder / "cat" / "x.png").symlink_to("gone.png"),
        "leads nowhere",
    ),
    Hostile("another size", lambda folder: save(folder / "cat" / "x.png", np.zeros((9, 8))), "--size"),
    Hostile(
        "colour among grey", lambda folder: save(folder / "cat" / "x.png", np.zeros((8, 8, 3))), "--channels"
    ),
    Hostile(
        "pixels of 32 bits", lambda folder: Image.new("I", (8, 8)).save(folder / "cat" / "x.tif"), "32 bits"
    ),
    Hostile(
        "pixels that are fractions",
        lambda folder: Image.new("F", (8, 8)).save(folder / "cat" / "x.tif"),
        "fractions",
    ),
    Hostile("a class without pictures", emptied, "has no images to train on"),
    Hostile("one class", without("dog"), "at least two classes are needed"),
    Hostile("a class whose name is no text", renamed("dog", "d\udcffg"), "not printable text"),
    Hostile("a class whose name breaks the line", renamed("dog", "d\ng"), "not printable text"),
    Hostile("train/ without test/", lambda folder: good_folder(folder / "train"), "neither test nor val"),
    Hostile(
        "one picture in a class",
        but_one,
        "too few to hold a fifth",
    ),
]
