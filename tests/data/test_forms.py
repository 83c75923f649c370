"""A data set is its content: the same images in every form are one data set."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from PIL import Image
from pyarrow import parquet

from gossamer.data import Dataset, LabelledImages, dataset_from_arrays, open_source
from gossamer.errors import DataError
from tests.data.hostile.idx_files import idx

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]
CLASSES = ("0", "1", "2")


@pytest.fixture
def parts(fashion_mnist: Dataset) -> dict[str, Part]:
    """Images of three classes for training and test, out of order; all are real training images."""
    few = fashion_mnist.train.take(np.flatnonzero(fashion_mnist.train.labels < 3)[::100])
    order = np.random.default_rng(0).permutation(len(few))
    images, labels = few.images[order, :, :, 0], few.labels[order]
    return {"train": (images[40:], labels[40:]), "test": (images[:40], labels[:40])}


def png(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def as_idx(parts: dict[str, Part], folder: Path, *, before: str = "", test: str = "t10k") -> Path:
    for part, (images, labels) in parts.items():
        stem = before + (part if part == "train" else test)
        (folder / f"{stem}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return folder


def as_npz(parts: dict[str, Part], folder: Path) -> Path:
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    np.savez_compressed(folder / "a.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return folder / "a.npz"


def as_medmnist(parts: dict[str, Part], folder: Path) -> Path:
    """As MedMNIST publishes: labels (N, 1), and validation images apart."""
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    arrays = {
        "train_images": x[30:],
        "train_labels": y[30:, np.newaxis],
        "val_images": x[:30],
        "val_labels": y[:30, np.newaxis].astype(np.uint8),
        "test_images": x_test,
        "test_labels": y_test[:, np.newaxis],
    }
    np.savez(folder / "medmnist.npz", **arrays)  # type: ignore[arg-type]
    return folder / "medmnist.npz"


def as_floats(parts: dict[str, Part], folder: Path) -> Path:
    """Big-endian floats in Fortran's order, one channel, one-hot labels, names."""
    arrays = {}
    for part, (images, labels) in parts.items():
        arrays[f"X_{part}"] = np.asfortranarray(images[..., np.newaxis].astype(">f8"))
        arrays[f"Y_{part}"] = np.eye(3)[labels]
    np.savez(folder / "f.npz", classes=np.array(CLASSES), **arrays)  # type: ignore[arg-type]
    return folder / "f.npz"


def as_rows(parts: dict[str, Part], folder: Path) -> Path:
    """Flat rows of pixels, and labels that are texts."""
    (x, y), (x_test, y_test) = parts["train"], parts["test"]
    arrays = {"x_train": x.reshape(len(x), -1), "y_train": y.astype(str)}
    arrays |= {"x_test": x_test.reshape(len(x_test), -1), "y_test": y_test.astype(str)}
    np.savez(folder / "r.npz", **arrays)  # type: ignore[arg-type]
    return folder / "r.npz"


def as_folders(parts: dict[str, Part], folder: Path) -> Path:
    for part, (images, labels) in parts.items():
        for i, (pixels, label) in enumerate(zip(images, labels, strict=True)):
            place = folder / part / str(label)
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{i}.png").write_bytes(png(pixels))
    return folder


def as_csv(parts: dict[str, Part], folder: Path, delimiter: str = ",") -> Path:
    as_folders(parts, folder / "pictures")
    rows = [
        delimiter.join((str(path.relative_to(folder)), path.parent.name, path.parent.parent.name))
        for path in folder.glob("pictures/*/*/*.png")
    ]
    (folder / "a.csv").write_text("\n".join([delimiter.join(("File", "Class", "split")), *rows, ""]))
    return folder / "a.csv"


def pixel_rows(images: NDArray[np.uint8], labels: NDArray[np.int64], *, last: bool = False) -> list[str]:
    pixels = [",".join(map(str, row)) for row in images.reshape(len(images), -1).tolist()]
    return [f"{row},{label}" if last else f"{label},{row}" for row, label in zip(pixels, labels, strict=True)]


def as_windows_writes_it(parts: dict[str, Part], folder: Path) -> Path:
    """Paths with backslashes."""
    path = as_csv(parts, folder)
    path.write_text(path.read_text().replace("/", "\\"))
    return path


def as_pixel_tables(parts: dict[str, Part], folder: Path) -> Path:
    """As Kaggle publishes Fashion-MNIST."""
    head = ",".join(["label", *(f"pixel{number}" for number in range(1, 785))])
    for part, (images, labels) in parts.items():
        (folder / f"fashion-mnist_{part}.csv").write_text("\n".join([head, *pixel_rows(images, labels), ""]))
    return folder


def as_pixel_tables_without_names(parts: dict[str, Part], folder: Path) -> Path:
    """As EMNIST is published, but with the labels last."""
    for part, (images, labels) in parts.items():
        rows = pixel_rows(images, labels, last=True)
        (folder / f"emnist-letters-{part}.csv").write_text("\r\n".join(rows))
    return folder


def as_semicolons(parts: dict[str, Part], folder: Path) -> Path:
    return as_csv(parts, folder, ";")


def as_parquet(parts: dict[str, Part], folder: Path) -> Path:
    """As the Hugging Face hub publishes, in several files."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features = {"label": {"names": CLASSES, "_type": "ClassLabel"}}
    for part, (images, labels) in parts.items():
        for shard in range(2):
            pictures = pa.array([{"bytes": png(each), "path": None} for each in images[shard::2]], kind)
            table = pa.table({"image": pictures, "label": labels[shard::2]})
            about = {"huggingface": json.dumps({"info": {"features": features}})}
            parquet.write_table(
                table.replace_schema_metadata(about), folder / f"{part}-0000{shard}-of-00002.parquet"
            )
    return folder


def as_plain_parquet(parts: dict[str, Part], folder: Path) -> Path:
    """Plain binary, and labels that are texts."""
    for part, (images, labels) in parts.items():
        table = pa.table({"img": [png(each) for each in images], "target": [str(each) for each in labels]})
        parquet.write_table(table, folder / f"{part}.parquet")
    return folder


FORMS = [
    as_idx,
    as_npz,
    as_medmnist,
    as_rows,
    as_floats,
    as_folders,
    as_csv,
    as_semicolons,
    as_windows_writes_it,
    as_pixel_tables,
    as_pixel_tables_without_names,
    as_parquet,
    as_plain_parquet,
]


@pytest.mark.parametrize("write", FORMS, ids=lambda write: write.__name__)
def test_every_form_is_one_data_set(
    write: Callable[[dict[str, Part], Path], Path], parts: dict[str, Part], tmp_path: Path
) -> None:
    expected = {
        part: LabelledImages.from_arrays(images[..., np.newaxis], labels, CLASSES)
        for part, (images, labels) in parts.items()
    }
    found = open_source(str(write(parts, tmp_path)))
    assert found.train.classes == CLASSES
    assert found.train.fingerprint == expected["train"].fingerprint
    assert found.test.fingerprint == expected["test"].fingerprint


@pytest.mark.parametrize("below", ["data", "plain_text"])
def test_a_repository_of_parquet_files_is_one_data_set(
    parts: dict[str, Part], tmp_path: Path, below: str
) -> None:
    repository = tmp_path / "mnist-like"
    (repository / below).mkdir(parents=True)
    (repository / ".git").mkdir()
    (repository / "README.md").write_text("---\n")
    expected = open_source(str(as_parquet(parts, repository / below)))
    found = open_source(str(repository))
    assert (found.name, found.notes) == ("mnist-like", expected.notes)
    assert found.train.fingerprint == expected.train.fingerprint
    other = repository / "the other"
    other.mkdir()
    as_parquet(parts, other)
    with pytest.raises(
        DataError, match=rf"Parquet files in {below}, the other; name one of them, as in .*{below}"
    ):
        open_source(str(repository))


def test_one_of_several_idx_data_sets_is_named_by_its_prefix(parts: dict[str, Part], tmp_path: Path) -> None:
    from_one = {part: (images, labels + 1) for part, (images, labels) in parts.items()}
    as_idx(parts, tmp_path, before="emnist-digits-", test="test")
    as_idx(from_one, tmp_path, before="emnist-letters-", test="test")
    with pytest.raises(
        DataError, match=r"holds several data sets; name one of them, as in .*emnist-letters \("
    ):
        open_source(str(tmp_path))
    found = open_source(str(tmp_path / "emnist-letters"))
    assert found.name == "emnist-letters"
    assert found.train.classes == ("1", "2", "3")
    assert found.notes == (
        f"{tmp_path / 'emnist-letters'}: no training image has label 0; the 3 labels that occur, 1 to 3,"
        " are the"
        " classes",
    )
    assert found.train.fingerprint == open_source(str(tmp_path / "emnist-digits")).train.fingerprint


@pytest.mark.parametrize("form", ["npz", "csv", "parquet"])
def test_without_parts_a_fifth_is_held_out_by_content_alone(
    form: str, parts: dict[str, Part], tmp_path: Path
) -> None:
    images, labels = parts["train"]
    if form == "npz":
        np.savez(tmp_path / "a.npz", images=images, labels=labels)
    elif form == "csv":
        as_folders({"": parts["train"]}, tmp_path)
        rows = [f"{path.relative_to(tmp_path)},{path.parent.name}" for path in tmp_path.glob("*/*.png")]
        (tmp_path / "a.csv").write_text("\n".join(["path,label", *rows]))
    else:
        table = pa.table({"image": [png(each) for each in images], "label": labels})
        parquet.write_table(table, tmp_path / "a.parquet")
    found, expected = open_source(str(tmp_path / f"a.{form}")), dataset_from_arrays(images, labels)
    assert (found.train.fingerprint, found.test.fingerprint) == (
        expected.train.fingerprint,
        expected.test.fingerprint,
    )
    assert "has no test images of its own" in found.notes[0]


def test_parquet_without_pyarrow_says_what_to_install(
    parts: dict[str, Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_plain_parquet(parts, tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"pip install 'gossamer\[parquet\]'"):
        open_source(str(tmp_path))
