"""Fashion-MNIST: the real data set, and the places it is looked for, played with a tiny one."""

import gzip
import logging
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gossamer.data import Dataset
from gossamer.data import fashion_mnist as places
from gossamer.errors import DataError

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TRAIN_FINGERPRINT = "ca66efd02a61f1877a80c5afa8b672e4459df89fa4948756cf39b1b260a950dd"
TEST_FINGERPRINT = "a34abe5e3ac5339c1fc0df77379fdd9d5692b7e9297321d58aedeb46b105b53b"


def test_the_real_data_set_is_complete(fashion_mnist: Dataset) -> None:
    assert fashion_mnist.name == "fashion-mnist"
    assert fashion_mnist.train.shape == (28, 28, 1)
    assert fashion_mnist.train.class_counts.tolist() == [6000] * 10
    assert len(fashion_mnist.test) == 10000
    assert fashion_mnist.train.classes[9] == "Ankle boot"
    assert fashion_mnist.train.fingerprint == TRAIN_FINGERPRINT
    assert fashion_mnist.test.fingerprint == TEST_FINGERPRINT


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt-get: this is no Debian-like system")
def test_the_real_debian_package_fills_an_empty_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOSSAMER_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(places, "MIRRORS", ())
    copy = places.obtain()
    assert copy.dataset.train.fingerprint == TRAIN_FINGERPRINT
    assert copy.origin in {"Debian package dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_idx: dict[str, bytes]) -> Path:
    """An empty cache in a world where Fashion-MNIST is tiny and no place has it."""
    digests = {part: sha256(content).hexdigest() for part, content in tiny_idx.items()}
    monkeypatch.setattr(places, "SHA256", digests)
    monkeypatch.setattr(places, "CLASSES", ("T-shirt/top", "Trouser", "Pullover"))
    monkeypatch.setattr(places, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(places, "MIRRORS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    monkeypatch.setenv("GOSSAMER_CACHE_DIR", str(tmp_path / "cache"))
    return places.cache_folder()


class Mirror:
    """A mirror of a folder's files, and how often each was asked for."""

    def __init__(self, serve: Serve, folder: Path, *without: str) -> None:
        self.asked: Counter[str] = Counter()
        self.folder = folder
        self.without = without
        self.url = serve(self._answer)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.removeprefix("/")
        self.asked[name] += 1
        if name in self.without:
            request.send_error(404)
            return
        content = (self.folder / name).read_bytes()
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


def no_warnings(caplog: pytest.LogCaptureFixture) -> bool:
    return all(record.levelno < logging.WARNING for record in caplog.records)


def test_a_cached_copy_needs_no_network(
    cache: Path, idx_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(idx_folder, cache)
    copy = places.obtain()
    assert copy.origin == str(cache)
    assert places.fetch() == copy.folder == cache
    assert places.load().train.fingerprint == copy.dataset.train.fingerprint
    assert no_warnings(caplog)


def test_the_system_folder_is_used_in_place(cache: Path, idx_folder: Path) -> None:
    shutil.copytree(idx_folder, places.SYSTEM_FOLDER)
    assert places.obtain().folder == places.SYSTEM_FOLDER
    assert not cache.exists()


def flip_a_pixel(content: bytes) -> bytes:
    pixels = bytearray(gzip.decompress(content))
    pixels[-1] ^= 1
    return gzip.compress(pixels)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-9],
    "empty": lambda _: b"",
    "one pixel": flip_a_pixel,
    "login page": lambda _: b"<html>",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_repaired_with_a_warning(
    damage: str,
    cache: Path,
    idx_folder: Path,
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(idx_folder, cache)
    damaged = cache / TRAIN_IMAGES
    damaged.write_bytes(DAMAGE[damage](damaged.read_bytes()))
    mirror = Mirror(serve, idx_folder)
    monkeypatch.setattr(places, "MIRRORS", (mirror.url,))
    assert places.obtain().origin == mirror.url
    assert mirror.asked == {TRAIN_IMAGES: 1}
    (warning,) = caplog.records
    assert str(damaged) in warning.getMessage()
    caplog.clear()
    assert places.obtain().origin == str(cache)
    assert no_warnings(caplog)


def test_a_damaged_system_folder_is_skipped_with_a_warning(
    cache: Path,
    idx_folder: Path,
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(idx_folder, places.SYSTEM_FOLDER)
    (places.SYSTEM_FOLDER / TRAIN_LABELS).write_bytes(b"")
    monkeypatch.setattr(places, "MIRRORS", (Mirror(serve, idx_folder).url,))
    assert places.obtain().folder == cache
    assert str(places.SYSTEM_FOLDER) in caplog.text


def test_mirrors_are_tried_in_order_and_nothing_is_fetched_twice(
    cache: Path, idx_folder: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor, rich = Mirror(serve, idx_folder, TRAIN_LABELS), Mirror(serve, idx_folder)
    monkeypatch.setattr(places, "MIRRORS", ("http://127.0.0.1:1/", poor.url, rich.url))
    told: list[tuple[str, int, int | None]] = []
    copy = places.obtain(lambda *words: told.append(words))
    assert (copy.origin, copy.folder) == (rich.url, cache)
    assert poor.asked == {TRAIN_IMAGES: 1, TRAIN_LABELS: 1}
    assert TRAIN_IMAGES not in rich.asked
    assert {label for label, _, _ in told} == {path.name for path in idx_folder.iterdir()}


def test_processes_that_start_together_fetch_once(
    cache: Path, idx_folder: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = Mirror(serve, idx_folder)
    monkeypatch.setattr(places, "MIRRORS", (mirror.url,))
    with ThreadPoolExecutor(4) as pool:  # the lock tells open files apart, so threads stand for processes
        copies = list(pool.map(lambda _: places.obtain(), range(4)))
    assert {copy.folder for copy in copies} == {cache}
    assert set(mirror.asked.values()) == {1}


def unpack_from(folder: Path) -> Callable[[str, Path], object]:
    return lambda _, root: shutil.copytree(folder, root / places.SYSTEM_FOLDER.relative_to("/"))


def test_the_package_is_the_last_source(
    cache: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MIRRORS", ("http://127.0.0.1:1/",))
    monkeypatch.setattr(places, "unpack_package", unpack_from(idx_folder))
    assert places.obtain().origin == "Debian package dataset-fashion-mnist"
    assert places.obtain().origin == str(cache)


def test_a_damaged_package_never_reaches_the_cache(
    cache: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (idx_folder / TRAIN_LABELS).write_bytes(b"")
    monkeypatch.setattr(places, "unpack_package", unpack_from(idx_folder))
    with pytest.raises(DataError, match=TRAIN_LABELS):
        places.obtain()
    assert not list(cache.glob("*.gz"))


def test_if_all_fail_one_line_has_every_source_s_error(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MIRRORS", ("http://127.0.0.1:1/",))
    with pytest.raises(DataError) as caught:
        places.obtain()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for said in (
        f"{cache}: expected a folder of the four IDX files, found nothing there",
        f"{tmp_path / 'system'}: expected a folder",
        f"http://127.0.0.1:1/{TRAIN_IMAGES}: Connection refused",
        "no apt-get and no dpkg-deb",
        "--data FOLDER",
        "apt install dataset-fashion-mnist",
    ):
        assert said in message


def test_a_cache_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.parent.write_bytes(b"a file in the folder's place")
    with pytest.raises(DataError, match=r"cannot be written .* GOSSAMER_CACHE_DIR"):
        places.obtain()


def test_the_cache_is_the_users_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("GOSSAMER_CACHE_DIR", "~/elsewhere")
    assert places.cache_folder() == tmp_path / "elsewhere" / "fashion-mnist"
    monkeypatch.setenv("GOSSAMER_CACHE_DIR", "")
    assert places.cache_folder().is_relative_to(tmp_path)
    assert places.cache_folder().parts[-2:] == ("gossamer", "fashion-mnist")
