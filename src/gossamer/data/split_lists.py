"""The training and test images of a data set as lists for other tools: train.csv and test.csv."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from gossamer.data.dataset import Dataset
from gossamer.data.origins import Origin
from gossamer.errors import DataError
from gossamer.files import write_atomically

TRAIN, TEST = "train.csv", "test.csv"


def split_lists(dataset: Dataset) -> dict[str, str]:
    """The lists by file name, with one row per image in the source's order.

    The columns are `path` or `row` (where the image is in its source) and `label` (its class name), preceded
    by `part` if rows belong to several arrays or files.
    """
    sides = {TRAIN: dataset.train.listing(), TEST: dataset.test.listing()}
    several = len({origin.part for listing in sides.values() for origin, _ in listing}) > 1
    return {name: _list(listing, several) for name, listing in sides.items()}


def write_split(dataset: Dataset, folder: Path) -> tuple[Path, Path]:
    """Write both lists (or none) to `folder`, and return their paths. Equal lists may exist already.

    Raises:
        DataError: other lists exist, they cannot be written, or a file name is not UTF-8.
    """
    lists = {folder / name: _encoded(text, name) for name, text in split_lists(dataset).items()}
    missing = []
    try:
        for path, content in lists.items():
            if not path.exists():
                missing.append(path)
            elif path.read_bytes() != content:
                raise DataError(
                    f"{path}: holds something else than this split; name another folder with --out, or remove"
                    " the file"
                )
        folder.mkdir(parents=True, exist_ok=True)
        _write_all({path: lists[path] for path in missing})
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); name another folder"
            " with --out"
        ) from error
    train, test = lists
    return train, test


def _write_all(files: dict[Path, bytes]) -> None:
    written: list[Path] = []
    try:
        for path, content in files.items():
            write_atomically(path, content)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink()
        raise


def _list(listing: Sequence[tuple[Origin, str]], several_parts: bool) -> str:
    place = "path" if isinstance(listing[0][0].place, str) else "row"
    columns = (*(["part"] if several_parts else []), place, "label")
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        (*([origin.part] if several_parts else []), origin.place, name) for origin, name in listing
    )
    return text.getvalue()


def _encoded(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text[text.rfind("\n", 0, error.start) + 1 :].partition("\n")[0]
        raise DataError(
            f"{name}: the file name {ascii(line.rpartition(',')[0])[1:-1]} is not UTF-8, as a list must be;"
            " rename the file"
        ) from error
