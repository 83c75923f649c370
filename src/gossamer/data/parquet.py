"""Parquet files of images as they are usually published: one row per picture with encoded bytes and label.

The column of pictures is binary, or a struct with binary `bytes` as on the Hugging Face hub, whose metadata
also name the classes. Files are read by pyarrow, which gossamer[parquet] installs.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.class_names import distinct_names
from gossamer.data.columns import LABEL, PATH, find_column
from gossamer.data.dataset import Dataset
from gossamer.data.limits import MAX_BYTES, is_bomb
from gossamer.data.litter import is_litter
from gossamer.data.origins import Origin, path_below
from gossamer.data.parts import TEST, TRAIN, VALIDATION, arrange
from gossamer.data.picture_set import WHOLE, Listed, PictureSet
from gossamer.data.pictures import SUFFIXES, decode_picture
from gossamer.data.reading import Reading
from gossamer.errors import DataError
from gossamer.untrusted import is_of_format, one_line

if TYPE_CHECKING:
    import pyarrow
    from pyarrow.parquet import ParquetFile

MAX_ROWS = 10_000_000
_MAX_METADATA = 16 << 20
_BATCH = 1024
_PART = re.compile(rf"({'|'.join(TRAIN + TEST + VALIDATION)})(?=[-_.]|$)")


def recognises(path: Path) -> bool:
    """Whether `path` is a Parquet file, by its suffix or first bytes, or a folder with such files.

    They may be in a subfolder without pictures: the Hugging Face hub keeps them in data/, or in a folder
    named after the data set's configuration.
    """
    if path.is_dir():
        return bool(_files(path) or _folders(path))
    return is_of_format(path, ".parquet", b"PAR1")


def read(path: Path, reading: Reading) -> Dataset:
    """The data set in the Parquet file `path`, or in a folder's train-*.parquet, test-*.parquet and so on.

    The files' names begin with the names of parts; `parts.arrange` says which is which. If they do not, a
    fifth of each class becomes the test set.

    Raises:
        DataError: a file is damaged, or holds no pictures with labels, or the folder has files in several
            subfolders, or pyarrow is not installed.
        OSError: a file or folder cannot be read.
    """
    files = sorted(_files(_home(path))) if path.is_dir() else [path]
    named = {file: match[0] if (match := _PART.match(file.stem.lower())) else WHOLE for file in files}
    parts = arrange(dict.fromkeys(named.values()), str(path)) if path.is_dir() else None
    used = parts.used if parts else (WHOLE,)
    listed: dict[str, list[Listed]] = {part: [] for part in used}
    pictures, classes, left = PictureSet(str(path), reading), None, MAX_BYTES
    for file, part in named.items():
        if parts is None and path.is_dir() and part != WHOLE:
            raise DataError(f"{file}: names a part, but {path} has no train; add train-*.parquet")
        if parts is not None and part not in used:
            raise DataError(f"{file}: names no part; call it train-..., test-... or val-..., or remove it")
        table = _Table(file, left)
        left -= table.bytes
        if classes is None:
            classes = table.classes
        elif table.classes != classes:
            raise DataError(
                f"{file}: names other classes than {files[0].name}; expected the same in all files"
            )
        place = path_below(file, path)
        for row, (at, data, label) in enumerate(table.rows()):
            if data is None:
                pictures.leave_out(f"{at}: holds no picture, or no label; expected both")
                continue
            listed[part if parts else WHOLE].append(
                Listed(at, Origin(place, row), label, partial(_decode, data, at, reading))
            )
    name = path.resolve().name if path.is_dir() else path.stem
    return pictures.dataset(name, listed, parts, classes)


class _Table:
    """One file. Its columns are found, and their size is checked, before any is read."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        with _reading(path):
            self._file = _open(path)
            schema = self._file.schema_arrow
            if len(set(schema.names)) < len(schema.names):
                raise DataError(f"{path}: two columns have one name; expected a name each")
            self._images = _image_column(schema, str(path))
            others = [name for name in schema.names if name != self._images]
            self._label = others[0] if len(others) == 1 else find_column(others, LABEL, "labels", str(path))
            self.classes = self._class_names(schema)
            self.bytes = self._measured(max_bytes)

    def rows(self) -> Iterator[tuple[str, bytes | None, str]]:
        """Each picture's name in errors, bytes and class name; no bytes if either is missing."""
        row = 0
        with _reading(self._path):
            for batch in self._file.iter_batches(
                _BATCH, columns=[self._images, self._label], use_threads=False
            ):
                pictures, labels = (batch.column(name).to_pylist() for name in (self._images, self._label))
                for picture, label in zip(pictures, labels, strict=True):
                    data = picture["bytes"] if isinstance(picture, dict) else picture
                    at = f"{self._path}, row {row}"
                    row += 1
                    yield at, None if label is None else data, self._named(label, at)

    def _named(self, label: object, at: str) -> str:
        if self.classes is None or label is None:
            return str(label)
        if not isinstance(label, int) or not 0 <= label < len(self.classes):
            raise DataError(f"{at}: label {str(label)[:40]}, expected 0 to {len(self.classes) - 1}; fix it")
        return self.classes[label]

    def _class_names(self, schema: "pyarrow.Schema") -> tuple[str, ...] | None:
        """The class names that the hub's metadata give to integer labels."""
        from pyarrow import types

        kind = schema.field(self._label).type
        if types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
            return None
        if not types.is_integer(kind):
            raise DataError(f"{self._path}: labels of type {str(kind)[:60]}; expected whole numbers or texts")
        try:
            features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
            names = features[self._label]["names"]
        except (KeyError, ValueError, TypeError, RecursionError):
            return None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        try:
            return distinct_names(names)
        except DataError as error:
            raise DataError(f"{self._path}: {error}") from error

    def _measured(self, max_bytes: int) -> int:
        """Check the declared size of the row groups, not of columns: pyarrow aborts if one is damaged."""
        metadata = self._file.metadata
        if not 0 <= metadata.num_rows <= MAX_ROWS:
            raise DataError(
                f"{self._path}: declares {metadata.num_rows:,} rows; at most {MAX_ROWS:,} are read"
            )
        groups: list[int] = [
            metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
        ]
        packed, unfolded = self._path.stat().st_size, sum(groups)
        if min(groups, default=0) < 0 or unfolded > max_bytes or is_bomb(packed, unfolded):
            raise DataError(
                f"{self._path}: {packed:,} bytes that expand to {unfolded:,}, of at most {max_bytes:,} in"
                " all;"
                " split the data set, or store its pictures encoded"
            )
        return unfolded


def _open(path: Path) -> "ParquetFile":
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise DataError(
            f"{path}: Parquet is read by pyarrow, which is not installed; pip install 'gossamer[parquet]'"
        ) from error
    return ParquetFile(path, thrift_string_size_limit=_MAX_METADATA, thrift_container_size_limit=1_000_000)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn the many kinds of errors that pyarrow raises for hostile files into DataError."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        said = one_line(error)
        raise DataError(f"{path}: not a readable Parquet file ({said}); write or fetch it again") from error


def _image_column(schema: "pyarrow.Schema", where: str) -> str:
    from pyarrow import types

    def holds_pictures(kind: Any) -> bool:
        if types.is_struct(kind):
            return any(field.name == "bytes" and holds_pictures(field.type) for field in kind)
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    found = [field.name for field in schema if holds_pictures(field.type)]
    if not found:
        shown = ", ".join(repr(name[:40]) for name in schema.names[:8]) or "none"
        raise DataError(
            f"{where}: no column of encoded pictures (binary) among {shown}; write pixels as .npz, or"
            " as CSV with a column for each"
        )
    return found[0] if len(found) == 1 else find_column(found, PATH, "pictures (binary)", where)


def _decode(data: bytes, at: str, reading: Reading) -> Any:
    return decode_picture(BytesIO(data), at, reading)


def _home(path: Path) -> Path:
    """The folder of the files: `path`, or the one subfolder that has some."""
    if _files(path):
        return path
    first, *others = sorted(_folders(path))
    if others:
        names = ", ".join(each.name for each in (first, *others))
        raise DataError(f"{path}: holds Parquet files in {names}; name one of them, as in {first}")
    return first


def _folders(path: Path) -> list[Path]:
    return [
        each
        for each in path.iterdir()
        if each.is_dir() and not is_litter(each.name) and _files(each) and not _pictures(each)
    ]


def _pictures(folder: Path) -> bool:
    return any(each.suffix.lower() in SUFFIXES for each in folder.iterdir())


def _files(folder: Path) -> Sequence[Path]:
    return [
        each
        for each in folder.iterdir()
        if each.suffix.lower() == ".parquet" and not is_litter(each.name) and each.is_file()
    ]
