"""A data source in words, opened: the name of a known data set, or a path."""

from difflib import get_close_matches
from pathlib import Path

from gossamer.data import fashion_mnist
from gossamer.data.dataset import Dataset
from gossamer.data.download import Progress
from gossamer.data.idx_folder import read_idx_folder
from gossamer.errors import DataError

_KNOWN = (fashion_mnist.NAME,)


def open_source(source: str, on_progress: Progress | None = None) -> Dataset:
    """The data set that `source` names: "fashion-mnist", or a folder of the four IDX files.

    A known name wins over a folder of that name; write "./fashion-mnist" for the folder.

    Raises:
        DataError: `source` is neither, or what it names cannot be read.
    """
    if source == fashion_mnist.NAME:
        return fashion_mnist.load(on_progress)
    if _is_path(source):
        return read_idx_folder(Path(source).expanduser())
    raise _unknown(source)


def fetch_source(source: str, on_progress: Progress | None = None) -> Path:
    """Make sure that what `source` names is on this machine, and return where.

    Raises:
        DataError: `source` is neither known nor a path, or cannot be fetched.
    """
    if source == fashion_mnist.NAME:
        return fashion_mnist.fetch(on_progress)
    if _is_path(source):
        return Path(source).expanduser()
    raise _unknown(source)


def _unknown(source: str) -> DataError:
    near = get_close_matches(source.lower(), _KNOWN, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"try {' or '.join(_KNOWN)}, or a folder of IDX files"
    return DataError(f"{source!r}: no known data set, and no such path either; {advice}")


def _is_path(source: str) -> bool:
    try:
        return source != "" and Path(source).expanduser().exists()
    except (OSError, RuntimeError) as error:  # a name too long, a closed folder; an unknown user's ~
        raise DataError(
            f"{source!r}: no known data set, and no path that can be looked up ({error})"
        ) from error
