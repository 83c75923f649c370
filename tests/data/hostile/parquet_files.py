"""Parquet files that are not what they must be."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

from tests.data.hostile.case import Hostile
from tests.data.hostile.pictures import encoded


def good_pictures() -> list[bytes]:
    found = []
    random = np.random.default_rng(0)
    for _ in range(10):
        out = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (8, 8)).astype(np.uint8)).save(out, "PNG")
        found.append(out.getvalue())
    return found


def write(
    path: Path, images: object, labels: object, *, names: object = ("cat", "dog"), **options: object
) -> None:
    """A table as the hub publishes it."""
    features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
    table = pa.table({"image": images, "label": labels})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(metadata), path, **options)


def structs(pictures: Sequence[bytes | None]) -> pa.Array:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.array([{"bytes": each, "path": f"{i}.png"} for i, each in enumerate(pictures)], kind)


def make_good(folder: Path) -> Path:
    """The file "pets.parquet" of ten pictures in two classes."""
    path = folder / "pets.parquet"
    write(path, structs(good_pictures()), [0, 1] * 5)
    return path


def labelled(labels: object, **options: object) -> Callable[[Path], object]:
    return lambda path: write(path, structs(good_pictures()), labels, **options)


def pictured(*others: bytes | None) -> Callable[[Path], object]:
    """The last pictures are others."""
    return lambda path: write(path, structs([*good_pictures()[: 10 - len(others)], *others]), [0, 1] * 5)


def edited(edit: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(edit(path.read_bytes()))


def columns(**arrays: object) -> Callable[[Path], object]:
    return lambda path: parquet.write_table(pa.table(arrays), path)


def bomb(path: Path) -> None:
    """200 MiB of zeros in a few kB."""
    write(path, pa.array([bytes(20 << 20)] * 10), [0, 1] * 5, compression="zstd", use_dictionary=False)


CASES = [
    Hostile("200 MiB of zeros in 20 kB", bomb, "expand to"),
    Hostile("a picture that is none", pictured(b"hello"), "row 9: not a readable picture"),
    Hostile(
        "a picture that is a pickle", pictured(b"\x80\x04cos\nsystem\n."), "row 9: not a readable picture"
    ),
    Hostile("a picture of no bytes", pictured(b""), "row 9: not a readable picture"),
    Hostile("a picture that is missing", pictured(None), "row 9: holds no picture"),
    Hostile("a picture of another size", pictured(encoded("PNG", (9, 9))), "--size"),
    Hostile("a format that is not allowed", pictured(encoded("PPM")), "row 9: not a readable picture"),
    Hostile("a label that is missing", labelled([0, 1] * 4 + [0, None]), "no label"),
    Hostile("a label past the names", labelled([0, 1] * 4 + [0, 7]), "label 7, expected 0 to 1"),
    Hostile("a negative label", labelled([0, 1] * 4 + [0, -1]), "label -1"),
    Hostile("labels that are fractions", labelled([0.5] * 10), "labels of type double"),
    Hostile("labels that are lists", labelled([[0]] * 10), "labels of type list"),
    Hostile(
        "a name for no picture", labelled([0, 1] * 5, names=["cat", "dog", "owl"]), "'owl' has no images"
    ),
    Hostile("one class", labelled([0] * 10, names=["cat"]), "at least two classes"),
    Hostile(
        "a name that breaks the line", labelled([0, 1] * 5, names=["c\nat", "dog"]), "not printable text"
    ),
    Hostile(
        "numbers in place of pictures",
        columns(image=[1] * 10, label=[0, 1] * 5),
        "no column of encoded pictures (binary) among 'image', 'label'; write pixels as .npz",
    ),
    Hostile("pictures alone", columns(image=good_pictures()), "no column of labels"),
    Hostile(
        "no label among many",
        columns(image=good_pictures(), a=[0, 1] * 5, b=[0, 1] * 5),
        "no column of labels",
    ),
    Hostile(
        "two columns of pictures",
        columns(a=good_pictures(), b=good_pictures(), label=[0, 1] * 5),
        "no column of pictures",
    ),
    Hostile(
        "no rows",
        columns(image=pa.array([], pa.binary()), label=pa.array([], pa.int64())),
        "holds no pictures",
    ),
    Hostile("cut in the middle", edited(lambda content: content[:500]), "not a readable Parquet"),
    Hostile("without its end", edited(lambda content: content[:-4]), "not a readable Parquet"),
    Hostile(
        "zeros in the middle",
        edited(lambda content: content[:200] + bytes(400) + content[600:]),
        "pets.parquet",
    ),
    Hostile(
        "a footer of 4 GiB",
        edited(lambda content: content[:-8] + b"\xff" * 4 + content[-4:]),
        "not a readable Parquet",
    ),
    Hostile(
        "a footer of nothing",
        edited(lambda content: content[:-8] + bytes(4) + content[-4:]),
        "not a readable Parquet",
    ),
    Hostile("no bytes", edited(lambda _: b""), "not a readable Parquet"),
    Hostile("text", edited(lambda _: b"hello"), "not a readable Parquet"),
]
