"""IDX files: what is written is read, and whatever else is there raises DataError."""

import gzip
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gossamer.data.idx import read_idx
from gossamer.errors import DataError

Writer = Callable[[NDArray[np.uint8]], bytes]

ARRAYS = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(12))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx") / "file"


@given(array=ARRAYS, gzipped=st.booleans())
def test_reads_what_was_written(
    array: NDArray[np.uint8], gzipped: bool, path: Path, idx_bytes: Writer
) -> None:
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content) if gzipped else content)
    file = read_idx(path, ndim=array.ndim)
    np.testing.assert_array_equal(file.array, array)
    assert file.sha256 == sha256(content).hexdigest()


@pytest.mark.parametrize("content", [IMAGES, gzip.compress(IMAGES)], ids=["raw", "gzipped"])
def test_every_truncation_is_refused(content: bytes, path: Path) -> None:
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DataError):
            read_idx(path, ndim=3)


@given(position=st.integers(0, len(gzip.compress(IMAGES)) - 1), flipped=st.integers(1, 255))
def test_a_damaged_gzip_stream_never_gives_other_images(position: int, flipped: int, path: Path) -> None:
    content = bytearray(gzip.compress(IMAGES))
    content[position] ^= flipped
    path.write_bytes(content)
    with suppress(DataError):
        assert read_idx(path, ndim=3).sha256 == sha256(IMAGES).hexdigest()  # a time stamp was hit


@given(
    start=st.sampled_from([b"", b"\0\0", b"\0\0\x08\x03", b"\x1f\x8b\x08", IMAGES[:8]]),
    noise=st.binary(max_size=64),
    gzipped=st.booleans(),
)
def test_noise_raises_nothing_but_data_error(start: bytes, noise: bytes, gzipped: bool, path: Path) -> None:
    path.write_bytes(gzip.compress(start + noise) if gzipped else start + noise)
    with suppress(DataError):
        assert read_idx(path, ndim=3).array.ndim == 3


BAD_FILES = {
    "empty": (b"", "not an IDX file: starts with nothing"),
    "text": (b"<html>", "not an IDX file: starts with 3c 68 74 6d"),
    "floats": (b"\0\0\x0d\x03", "element type 0x0d; expected 0x08"),
    "labels": (b"\0\0\x08\x01\0\0\0\1\7", "holds labels (1 dimensions), expected grey images"),
    "half a header": (IMAGES[:10], "cut short inside its header"),
    "too few elements": (IMAGES[:-1], "11 bytes of elements, but its header declares 2 x 2 x 3 = 12"),
    "too many elements": (IMAGES + b"\0", "more bytes than the 2 x 2 x 3 = 12"),
    "huge claim": (b"\0\0\x08\x03" + b"\xff" * 12, "its header declares 79,228,162,458,924,"),
    "cut gzip stream": (gzip.compress(IMAGES)[:-9], "the gzip stream is damaged or cut short"),
    "gzip with noise behind it": (gzip.compress(IMAGES) + b"noise", "the gzip stream is damaged"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_with_its_fault(case: str, path: Path) -> None:
    content, fault = BAD_FILES[case]
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path, ndim=3)
    assert str(caught.value).startswith(f"{path}: ")
    assert fault in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such file; expected IDX labels"):
        read_idx(tmp_path / "nowhere", ndim=1)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path, ndim=1)


@pytest.mark.parametrize("claim", [10, 1 << 31], ids=["small", "large"])
def test_memory_does_not_grow_with_declared_sizes(claim: int, path: Path) -> None:
    bomb = b"\0\0\x08\x01" + claim.to_bytes(4, "big") + bytes(100 if claim > 100 else 50_000_000)
    path.write_bytes(gzip.compress(bomb, compresslevel=1))
    del bomb
    tracemalloc.start()
    with pytest.raises(DataError):
        read_idx(path, ndim=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20  # one piece of 16 MiB at most


def test_the_size_limit_holds(path: Path) -> None:
    path.write_bytes(IMAGES)
    assert read_idx(path, ndim=3, max_bytes=12).array.size == 12
    with pytest.raises(DataError, match="declares 12 bytes; at most 11 are read"):
        read_idx(path, ndim=3, max_bytes=11)
