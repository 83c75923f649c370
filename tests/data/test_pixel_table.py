"""Tables of pixels: which column is what, and what a row becomes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.data import Dataset, dataset_from_arrays, open_source
from gossamer.errors import DataError

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (40, 4, 4)).astype(np.uint8)
LABELS = np.arange(40) % 2
NAMES = [("cat", "dog")[label] for label in LABELS]


def written(
    path: Path,
    images: NDArray[np.uint8],
    labels: Sequence[object],
    head: str | None = "label,*",
    row: str = "{label},{pixels}",
) -> Path:
    """A table; "*" in `head` stands for pixel0, pixel1 and so on."""
    flat = images.reshape(len(images), -1)
    names = ",".join(f"pixel{number}" for number in range(flat.shape[1]))
    rows = [] if head is None else [head.replace("*", names)]
    rows += [
        row.format(label=label, pixels=",".join(map(str, pixels)), number=number)
        for number, (label, pixels) in enumerate(zip(labels, flat.tolist(), strict=True))
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def expected(images: NDArray[np.uint8] = GREY) -> Dataset:
    return dataset_from_arrays(images, LABELS)


def is_read_as_expected(path: Path, classes: tuple[str, ...] = ("0", "1")) -> Dataset:
    found, right = open_source(str(path)), expected()
    assert found.train.classes == classes
    assert found.train.fingerprint == right.train.fingerprint
    assert found.test.fingerprint == right.test.fingerprint
    return found


SQUARE = ",".join(f"{row}x{column}" for row in range(1, 5) for column in range(1, 5))
TABLES = {
    "Kaggle's": ("label,*", "{label},{pixels}"),
    "rows and columns": (f"label,{SQUARE}", "{label},{pixels}"),
    "the class last": ("*,class", "{pixels},{label}"),
    "a label of its own name": ("emotion,*", "{label},{pixels}"),
    "an index of pandas'": (",label,*", "{number},{label},{pixels}"),
    "an id": ("id,*,Label", "{number},{pixels},{label}"),
    "names that are numbers": ("label," + ",".join(map(str, range(16))), "{label},{pixels}"),
    "names that are numbers alone": (",".join(map(str, range(17))), "{label},{pixels}"),
    "labels with a fraction": ("label,*", "{label}.0,{pixels}"),
    "pixels with a fraction": ("label,*", "{label},{pixels}.0"),
    "a name of 5,000 digits": ("label,*" + "9" * 5000, "{label},{pixels}"),
    "fields in quotes": ('"label",*', '"{label}",{pixels}'),
    "no names": (None, "{label},{pixels}"),
    "no names, the labels last": (None, "{pixels},{label}"),
}


@pytest.mark.parametrize("case", TABLES)
def test_every_table_is_one_data_set(case: str, tmp_path: Path) -> None:
    head, row = TABLES[case]
    is_read_as_expected(written(tmp_path / "t.csv", GREY, LABELS.tolist(), head, row))


@pytest.mark.parametrize("case", TABLES)
def test_labels_may_be_texts(case: str, tmp_path: Path) -> None:
    head, row = TABLES[case]
    names = [f"{name}x" if "labels with" in case else name for name in NAMES]
    path = written(tmp_path / "t.csv", GREY, names, head, row)
    assert [name[:3] for name in open_source(str(path)).train.classes] == ["cat", "dog"]


def test_other_delimiters_and_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "t.tsv", GREY, LABELS.tolist())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b",", b"\t").replace(b"\n", b"\r\n\r\n"))
    is_read_as_expected(path)


def test_the_order_of_the_columns_does_not_matter(tmp_path: Path) -> None:
    """As pandas sorts them: pixel10 before pixel2."""
    order = sorted(range(16), key=str)
    head = ",".join(["label", *(f"pixel{number}" for number in order)])
    is_read_as_expected(written(tmp_path / "t.csv", GREY.reshape(40, 16)[:, order], LABELS.tolist(), head))


def test_three_times_a_square_is_colour_with_a_note(tmp_path: Path) -> None:
    images = RANDOM.integers(0, 256, (40, 4, 4, 3)).astype(np.uint8)
    found = open_source(str(written(tmp_path / "t.csv", images, LABELS.tolist())))
    assert found.train.fingerprint == expected(images).train.fingerprint
    assert found.notes[-1].endswith("rows of 48 pixels are read as RGB images of 4x4, channels last")


@pytest.mark.parametrize(("row", "taken"), [("{label},{pixels}", "first"), ("{pixels},{label}", "last")])
def test_a_note_names_the_column_of_labels(row: str, taken: str, tmp_path: Path) -> None:
    found = is_read_as_expected(written(tmp_path / "t.csv", GREY, LABELS.tolist(), None, row))
    assert f"the {taken} is taken" in found.notes[-1]


CORNERS = {"black and white": LABELS // 2 * 255, "nearly always black": LABELS * 0 + (np.arange(40) < 3)}


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("row", ["{label},{pixels}", "{pixels},{label}"])
def test_a_corner_of_few_values_is_not_read_as_labels(row: str, corner: str, tmp_path: Path) -> None:
    images = GREY.copy()
    images[:, 0, 0] = images[:, -1, -1] = CORNERS[corner]
    found = open_source(str(written(tmp_path / "t.csv", images, LABELS.tolist(), None, row)))
    assert found.train.fingerprint == expected(images).train.fingerprint


def test_columns_that_may_both_be_labels_are_refused(tmp_path: Path) -> None:
    images = GREY.copy()
    images[:, -1, -1] = np.arange(40) % 5
    table = written(tmp_path / "t.csv", images, LABELS.tolist(), None)
    with pytest.raises(DataError, match="both the first and the last column may be the labels"):
        open_source(str(table))


def test_a_first_row_that_pandas_made_of_pixels_is_skipped(tmp_path: Path) -> None:
    """It numbers equal names: 0, 0.1, 0.2; Kaggle has the letters A to Z so."""
    names = ",".join(["0", *(f"0.{number}" for number in range(1, 17))])
    is_read_as_expected(written(tmp_path / "t.csv", GREY, LABELS.tolist(), names))


def test_numbers_as_numpy_writes_them_are_read(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "t.csv", np.hstack([LABELS[:, None], GREY.reshape(40, -1)]), delimiter=",")
    is_read_as_expected(tmp_path / "t.csv")


def test_columns_that_are_left_out_are_named(tmp_path: Path) -> None:
    row = "{label},x,{number},{pixels}"
    found = is_read_as_expected(written(tmp_path / "t.csv", GREY, LABELS.tolist(), "label,camera,id,*", row))
    assert any(note.endswith("neither labels nor pixels, and left out: 'camera'") for note in found.notes)


PAIRS = [
    ("mnist_train.csv", "mnist_test.csv"),
    ("fashion-mnist_train.csv", "fashion-mnist_test.csv"),
    ("train.csv", "test.csv"),
    ("emnist-balanced-train.csv", "emnist-balanced-test.csv"),
    ("Train.csv", "valid.csv"),
]


@pytest.mark.parametrize("names", PAIRS)
def test_a_folder_of_two_tables_is_training_and_test(names: tuple[str, str], tmp_path: Path) -> None:
    written(tmp_path / names[0], GREY, LABELS.tolist())
    written(tmp_path / names[1], GREY[:6], LABELS[:6].tolist(), "*,class", "{pixels},{label}")
    found, right = open_source(str(tmp_path)), dataset_from_arrays(GREY, LABELS, GREY[:6], LABELS[:6])
    assert found.name == tmp_path.name
    assert found.train.fingerprint == right.train.fingerprint
    assert found.test.fingerprint == right.test.fingerprint


def test_a_test_table_without_names_has_its_labels_where_the_training_table_has(tmp_path: Path) -> None:
    written(tmp_path / "train.csv", GREY, LABELS.tolist(), None, "{pixels},{label}")
    written(tmp_path / "test.csv", GREY[:3], LABELS[:3].tolist(), None, "{pixels},{label}")
    assert len(open_source(str(tmp_path)).test) == 3


def test_a_competitions_test_table_without_labels_is_skipped(tmp_path: Path) -> None:
    written(tmp_path / "train.csv", GREY, LABELS.tolist())
    written(tmp_path / "test.csv", GREY, LABELS.tolist(), "*", "{pixels}")
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    found = is_read_as_expected(tmp_path)
    assert any("test.csv has no labels and is left out" in note for note in found.notes)


def test_two_data_sets_in_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("letters_train", "letters_test", "digits_train", "digits_test"):
        written(tmp_path / f"{name}.csv", GREY, LABELS.tolist())
    with pytest.raises(DataError, match="holds the tables of digits, letters; put those of one"):
        open_source(str(tmp_path))


def test_a_training_table_without_a_test_table_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "mnist_train.csv", GREY, LABELS.tolist())
    with pytest.raises(DataError, match="neither test nor val"):
        open_source(str(tmp_path))


def test_tables_of_other_sizes_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "train.csv", GREY, LABELS.tolist())
    written(tmp_path / "test.csv", GREY[:, :2, :2], LABELS.tolist())
    with pytest.raises(DataError, match=r"test.csv: images of \(2, 2, 1\), expected \(4, 4, 1\)"):
        open_source(str(tmp_path))
