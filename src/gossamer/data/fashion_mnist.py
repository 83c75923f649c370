"""Fashion-MNIST: its hashes, and where a verified copy comes from.

The sources in order: the cache; the installed Debian package; the public mirrors; the Debian package,
unpacked without root. The last two fill the cache.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs

from gossamer.data.dataset import Dataset
from gossamer.data.debian import unpack_package
from gossamer.data.download import Progress, download
from gossamer.data.idx_folder import read_idx_folder, read_part
from gossamer.data.idx_names import PARTS, file_name, find_parts
from gossamer.errors import DataError
from gossamer.files import write_atomically
from gossamer.locks import locked_file

NAME = "fashion-mnist"
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHA256 = {
    "train-images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""Hashes of the decompressed files; the compressed ones differ between mirrors."""

PACKAGE = "dataset-fashion-mnist"
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)

_MAX_BYTES = 64 << 20  # the largest file has 47 MB, 26 MB gzipped
_GZIP = b"\x1f\x8b"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copy:
    """A verified copy: the data set, its folder, and the source that it came from."""

    dataset: Dataset
    folder: Path
    origin: str


def load(on_progress: Progress | None = None) -> Dataset:
    """The data set, from the first source that has it; raises as `obtain` does."""
    return obtain(on_progress).dataset


def fetch(on_progress: Progress | None = None) -> Path:
    """The folder of a verified copy, fetched if there is none; raises as `obtain` does."""
    return obtain(on_progress).folder


def obtain(on_progress: Progress | None = None) -> Copy:
    """A verified copy from the first source that has one.

    A damaged copy is skipped with a warning; in the cache it is replaced.

    Raises:
        DataError: no source has one, or the cache cannot be written.
    """
    cache = cache_folder()
    refusals: list[str] = []
    kept = _first((partial(_read_kept, folder) for folder in (cache, SYSTEM_FOLDER)), refusals)
    if kept is not None:
        return kept
    mirrors = (partial(_fetch_mirror, mirror, cache, on_progress) for mirror in MIRRORS)
    with _alone_in(cache):
        fetched = _first((*mirrors, partial(_fetch_package, cache, on_progress)), refusals)
    if fetched is not None:
        return fetched
    raise DataError(
        f"Fashion-MNIST is not available: {'; '.join(refusals)}. Try again with a network, name a folder"
        f" of its four files with --data FOLDER, or install the Debian package: apt install {PACKAGE}"
    )


def cache_folder() -> Path:
    """The folder of fetched files: in $GOSSAMER_CACHE_DIR, or in the user's cache."""
    chosen = os.environ.get("GOSSAMER_CACHE_DIR")
    return (Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("gossamer")) / NAME


def _first(sources: Iterable[Callable[[], Copy]], refusals: list[str]) -> Copy | None:
    """The copy of the first source that has one; append the errors of the others to `refusals`."""
    for source in sources:
        try:
            return source()
        except DataError as error:
            refusals.append(str(error))
    return None


def _read_kept(folder: Path) -> Copy:
    find_parts(folder)  # missing files are no damage and need no warning
    try:
        return Copy(_read(folder), folder, str(folder))
    except DataError as error:
        _log.warning("%s; looking for another copy", error)
        raise


def _read(folder: Path) -> Dataset:
    return read_idx_folder(folder, name=NAME, classes=CLASSES, sha256=SHA256, max_bytes=_MAX_BYTES)


def _fetch_mirror(mirror: str, cache: Path, on_progress: Progress | None) -> Copy:
    """Download the missing files from `mirror` to `cache`, and verify them."""
    missing = [part for part in PARTS if not _is_good(cache / file_name(part), part)]
    for part in missing:
        download(
            mirror + file_name(part),
            cache / file_name(part),
            check=partial(_read_part, part=part),
            max_bytes=_MAX_BYTES,
            starts_with=_GZIP,
            on_progress=on_progress,
        )
    # Another process may have fetched all files while this one waited for the lock.
    return Copy(_read(cache), cache, mirror if missing else str(cache))


def _is_good(path: Path, part: str) -> bool:
    try:
        _read_part(path, part)
    except DataError:
        return False
    return True


def _read_part(path: Path, part: str) -> None:
    read_part(path, part, sha256=SHA256, max_bytes=_MAX_BYTES)


def _fetch_package(cache: Path, on_progress: Progress | None) -> Copy:
    """Copy the Debian package's files to `cache` after verifying them."""
    if on_progress is not None:
        on_progress(f"Debian package {PACKAGE}", 0, None)
    with TemporaryDirectory(prefix="gossamer-") as root:
        unpack_package(PACKAGE, Path(root))
        unpacked = Path(root) / SYSTEM_FOLDER.relative_to("/")
        dataset = _read(unpacked)
        for path in find_parts(unpacked).values():
            write_atomically(cache / path.name, path.read_bytes())
    return Copy(dataset, cache, f"Debian package {PACKAGE}")


@contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    """Lock `cache`: a second process waits, and then finds the files."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with locked_file(cache / ".lock"):
            yield
    except OSError as error:
        path = error.filename2 or error.filename or cache
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); free some space for Fashion-MNIST there,"
            " or set GOSSAMER_CACHE_DIR to another folder"
        ) from error
