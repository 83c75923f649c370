"""A folder of four IDX files: every spelling is read, every fault is named in one line.

To add a fault, add a row to FAULTS: what to do to a good folder, the file at fault, and words of the message.
"""

import gzip
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from gossamer.data import open_source
from gossamer.data.idx_folder import read_idx_folder
from gossamer.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"


def test_images_and_labels_arrive(idx_folder: Path, tiny_idx: dict[str, bytes]) -> None:
    data = read_idx_folder(idx_folder)
    assert data.name == "tiny"
    assert data.train.classes == ("0", "1", "2")
    assert data.train.shape == data.test.shape == (4, 5, 1)
    assert (len(data.train), len(data.test)) == (12, 6)
    written = np.frombuffer(tiny_idx["train-images"][16:], np.uint8).reshape(12, 20)
    expected = sorted((row % 3, image.tobytes()) for row, image in enumerate(written))
    read = zip(data.train.labels.tolist(), data.train.images, strict=True)
    assert sorted((label, image.tobytes()) for label, image in read) == expected


@pytest.mark.parametrize("spelling", ["{}-idx{}-ubyte", "{}.idx{}-ubyte", "{}.idx{}-ubyte.gz"])
def test_every_spelling_is_the_same_data_set(
    spelling: str, idx_folder: Path, tiny_idx: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "spelled"
    folder.mkdir()
    for part, content in tiny_idx.items():
        path = folder / spelling.format(part, 3 if "images" in part else 1)
        path.write_bytes(gzip.compress(content) if spelling.endswith("gz") else content)
    usual, spelled = read_idx_folder(idx_folder), read_idx_folder(folder)
    assert spelled.train.fingerprint == usual.train.fingerprint
    assert spelled.test.fingerprint == usual.test.fingerprint


@pytest.mark.parametrize("beside", [True, False])
def test_files_in_folders_of_their_names_are_the_same_data_set(
    beside: bool,
    idx_folder: Path,
    tiny_idx: dict[str, bytes],
    tmp_path: Path,
) -> None:
    """Kaggle's archive has train-images.idx3-ubyte beside train-images-idx3-ubyte/train-images-idx3-ubyte."""
    for part, content in tiny_idx.items():
        name = f"{part}-idx{3 if 'images' in part else 1}-ubyte"
        folder = tmp_path / "archive" / name
        folder.mkdir(parents=True)
        if beside:
            (folder.parent / name.replace("-idx", ".idx")).write_bytes(content)
        if not beside or part == "train-images":
            (folder / name).write_bytes(content)
    found = open_source(str(tmp_path / "archive"))
    assert found.train.fingerprint == read_idx_folder(idx_folder).train.fingerprint
    assert found.test.fingerprint == read_idx_folder(idx_folder).test.fingerprint


def test_a_folder_stands_for_its_one_subfolder_of_files(idx_folder: Path, tmp_path: Path) -> None:
    expected = read_idx_folder(idx_folder)
    root = tmp_path / "MNIST"
    root.mkdir()
    idx_folder.rename(root / "raw")
    found = open_source(str(root))
    assert (found.name, found.train.fingerprint) == ("MNIST", expected.train.fingerprint)


def test_names_and_digests_can_be_given(idx_folder: Path, tiny_idx: dict[str, bytes]) -> None:
    digests = {part: sha256(content).hexdigest() for part, content in tiny_idx.items()}
    data = read_idx_folder(idx_folder, name="other", classes=("x", "y", "z"), sha256=digests)
    assert data.name == "other"
    assert data.train.classes == ("x", "y", "z")


Change = Callable[[Path], object]


def rewrite(name: str, edit: Callable[[bytes], bytes]) -> Change:
    """Edits the decompressed bytes of a file."""

    def change(folder: Path) -> None:
        path = folder / name
        path.write_bytes(gzip.compress(edit(gzip.decompress(path.read_bytes()))))

    return change


def swap(one: str, other: str) -> Change:
    def change(folder: Path) -> None:
        first = (folder / one).read_bytes()
        (folder / one).write_bytes((folder / other).read_bytes())
        (folder / other).write_bytes(first)

    return change


def replace_by_folder(folder: Path) -> None:
    (folder / TRAIN_IMAGES).unlink()
    (folder / TRAIN_IMAGES).mkdir()


def replace_by_pipe(folder: Path) -> None:
    (folder / TRAIN_IMAGES).unlink()
    os.mkfifo(folder / TRAIN_IMAGES)


def cut(name: str, count: int) -> Change:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-count])


FAULTS: dict[str, tuple[Change, str, str]] = {
    "missing": (lambda folder: (folder / TEST_LABELS).unlink(), TEST_LABELS, "is missing"),
    "short": (rewrite(TRAIN_IMAGES, lambda b: b[:-20]), TRAIN_IMAGES, "declares 12 x 4 x 5 = 240"),
    "long": (rewrite(TRAIN_IMAGES, lambda b: b + b"\0"), TRAIN_IMAGES, "more bytes than"),
    "empty": (lambda folder: (folder / TEST_IMAGES).write_bytes(b""), TEST_IMAGES, "starts with nothing"),
    "cut gzip": (cut(TRAIN_IMAGES, 30), TRAIN_IMAGES, "the gzip stream is damaged or cut short"),
    "gzip bomb": (rewrite(TRAIN_LABELS, lambda b: b + bytes(10**7)), TRAIN_LABELS, "more bytes than"),
    "huge claim": (
        rewrite(TRAIN_LABELS, lambda _: b"\0\0\x08\x01" + b"\xff" * 4),
        TRAIN_LABELS,
        "4,294,967,295 bytes; at most 1,048,576 are read",
    ),
    "images and labels swapped": (swap(TRAIN_IMAGES, TRAIN_LABELS), TRAIN_IMAGES, "were two files swapped?"),
    "train and t10k labels swapped": (
        swap(TRAIN_LABELS, TEST_LABELS),
        TRAIN_LABELS,
        "12 images, but",
    ),
    "other image size": (
        rewrite(TEST_IMAGES, lambda b: b[:8] + b[12:16] + b[8:12] + b[16:]),
        TEST_IMAGES,
        "images of 5x4, expected 4x5",
    ),
    "unknown label": (
        rewrite(TEST_LABELS, lambda b: b[:-1] + b"\x09"),
        "tiny",
        "label 9 has test images but no training images",
    ),
    "no images": (
        rewrite(TRAIN_IMAGES, lambda b: b[:4] + bytes(4) + b[8:16]),
        TRAIN_IMAGES,
        "0 images of 4x5",
    ),
    "folder in a file's place": (replace_by_folder, TRAIN_IMAGES, "is a folder, expected an IDX file"),
    "pipe in a file's place": (replace_by_pipe, TRAIN_IMAGES, "is not a regular file, expected an IDX file"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_one_line_that_names_the_file(case: str, idx_folder: Path) -> None:
    change, name, fault = FAULTS[case]
    change(idx_folder)
    with pytest.raises(DataError) as caught:
        read_idx_folder(idx_folder, max_bytes=1 << 20)
    message = str(caught.value)
    assert message.startswith(str(idx_folder))
    assert name in message
    assert fault in message
    assert len(message.splitlines()) == 1


def test_an_unexpected_file_and_a_swapped_one_have_different_errors(
    idx_folder: Path, tiny_idx: dict[str, bytes]
) -> None:
    digests = {part: sha256(content).hexdigest() for part, content in tiny_idx.items()}
    rewrite(TRAIN_IMAGES, lambda b: b[:-1] + bytes([b[-1] ^ 1]))(idx_folder)
    with pytest.raises(
        DataError, match=rf"{TRAIN_IMAGES}: its decompressed bytes have SHA-256 .*fetch it again"
    ):
        read_idx_folder(idx_folder, sha256=digests)
    (idx_folder / TRAIN_IMAGES).write_bytes((idx_folder / TEST_IMAGES).read_bytes())
    with pytest.raises(
        DataError, match=rf"{TRAIN_IMAGES}: holds t10k-images, expected train-images; .* swapped"
    ):
        read_idx_folder(idx_folder, sha256=digests)


def test_a_path_that_is_not_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: expected a folder .*, found nothing there"):
        read_idx_folder(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file: expected a folder .*, found a file there"):
        read_idx_folder(tmp_path / "file")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx_folder(tmp_path / ("long" * 100))


def test_an_unreadable_file_is_named(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read a file of any mode, so the refusal is played.
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=rf"{TRAIN_IMAGES}: cannot be read \(Permission denied\)"):
        read_idx_folder(idx_folder)
