"""The archive in which NumPy keeps arrays: a zip of .npy files, read without trusting any of it.

Nothing is unpickled. Memory is allocated only after three sizes agree: that in the array's header, that in
the zip's directory, and that of the file. Only what `numpy.savez` and `savez_compressed` write is read:
members stored or deflated, one after the other, and no comment at the end.
"""

import io
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from sys import maxunicode
from types import TracebackType
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gossamer.data.limits import MAX_BYTES, is_bomb
from gossamer.data.litter import lies_in_litter
from gossamer.errors import DataError
from gossamer.untrusted import one_line, read_at_most

MAX_MEMBERS = 64
_MAX_HEADER = 1024
"""Bytes of an array's header; 128 are usual. NumPy evaluates it as a Python literal."""
_MAX_DIRECTORY = 1 << 20
_END = struct.Struct("<4s4H2LH")
_LOCAL_HEADER = 30


@dataclass(frozen=True)
class _Header:
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool
    length: int


class NpzArchive:
    """The arrays in an .npz file, by lower-case name without .npy. Close it, or use it in a `with`.

    Raises:
        DataError: from every method, if anything is wrong with the file.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._max_bytes = path, max_bytes
        try:
            file = path.open("rb")
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
        try:
            directory = self._directory_start(file)
            self._zip = self._opened(file)
            self._members = self._checked(self._zip.infolist(), directory)
        except BaseException:
            file.close()
            raise
        self._file = file

    def __enter__(self) -> "NpzArchive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        """The arrays' names."""
        return list(self._members)

    def check_total(self, names: Sequence[str]) -> None:
        """Check that the arrays `names` together are not too large."""
        total = sum(self._members[name].file_size for name in names)
        if total > self._max_bytes:
            raise DataError(
                f"{self._path}: declares {total:,} bytes of arrays; at most {self._max_bytes:,} are read"
            )

    def numbers(self, name: str) -> NDArray[np.generic]:
        """The array `name` of booleans, integers or floats, of any byte order."""
        return self._array(name, "buif", "numbers")

    def labels(self, name: str) -> NDArray[np.generic]:
        """The array `name` of numbers, as in `numbers`, or of texts."""
        return self._array(name, "buifSU", "numbers or texts")

    def texts(self, name: str) -> list[str]:
        """The one-dimensional array `name` of texts."""
        array = self._array(name, "U", "texts")
        if array.ndim != 1:
            raise DataError(f"{self._path}, {name}: names of shape {array.shape}; expected (K,)")
        return [str(text) for text in array.tolist()]

    def _directory_start(self, file: IO[bytes]) -> int:
        """The position of the zip's directory, after a check of its length."""
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _END.size - 20))
        tail = file.read()
        file.seek(0)
        found = _END.unpack(tail[-_END.size :]) if len(tail) >= _END.size else (b"",)
        if found[0] != b"PK\x05\x06" or found[-1] != 0:
            raise DataError(
                f"{self._path}: not an .npz file as of numpy.savez, or cut short; write or fetch it again"
            )
        length, start = found[5], found[6]
        if tail.startswith(b"PK\x06\x07") or length > _MAX_DIRECTORY:
            raise DataError(
                f"{self._path}: a zip directory of more than {_MAX_DIRECTORY:,} bytes, or in the form for"
                " more"
                f" than 4 GiB; expected at most {MAX_MEMBERS} arrays"
            )
        if start + length + _END.size != size:
            raise DataError(
                f"{self._path}: {size:,} bytes, but its zip directory declares"
                f" {start + length + _END.size:,}; the file is damaged: write or fetch it again"
            )
        return int(start)

    def _opened(self, file: IO[bytes]) -> ZipFile:
        try:
            return ZipFile(file)
        except Exception as error:  # zipfile raises many kinds of errors for hostile directories
            raise self._damaged(error) from error

    def _checked(self, members: list[ZipInfo], directory: int) -> dict[str, ZipInfo]:
        """The members by name, each checked against its declared sizes."""
        if len(members) > MAX_MEMBERS:
            raise DataError(f"{self._path}: {len(members):,} arrays; expected at most {MAX_MEMBERS}")
        found: dict[str, ZipInfo] = {}
        for member in members:
            if lies_in_litter(member.filename):
                continue
            where = f"{self._path}, {member.filename!r}"
            name = member.filename.removesuffix(".npy").lower()
            if not member.filename.endswith(".npy"):
                raise DataError(
                    f"{where}: is not an .npy file; expected only arrays, as numpy.savez writes them"
                )
            if name in found:
                raise DataError(f"{where}: is there twice in lower case; expected different names")
            if member.flag_bits & 1:
                raise DataError(f"{where}: is encrypted; write it without a password")
            if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                raise DataError(
                    f"{where}: compression {member.compress_type}; expected stored or deflated, as"
                    " numpy.savez and savez_compressed write"
                )
            if member.compress_type == ZIP_STORED and member.compress_size != member.file_size:
                raise DataError(f"{where}: is stored, yet of two sizes; the file is damaged: write it again")
            if is_bomb(member.compress_size, member.file_size):
                raise DataError(
                    f"{where}: {member.compress_size:,} bytes that expand to {member.file_size:,} (a zip bomb"
                    " does); store it with numpy.savez"
                )
            found[name] = member
        ordered = sorted(members, key=lambda member: member.header_offset)
        for member, end in zip(ordered, [*(m.header_offset for m in ordered[1:]), directory], strict=True):
            if member.header_offset + _LOCAL_HEADER + member.compress_size > end:
                raise DataError(
                    f"{self._path}, {member.filename!r}: overlaps what follows it (a zip bomb does); write"
                    " the"
                    " file again"
                )
        return found

    def _array(self, name: str, kinds: str, wanted: str) -> NDArray[np.generic]:
        member = self._members[name]
        where = f"{self._path}, {name}"
        try:
            with self._zip.open(member) as stream:
                header = self._header(stream, where, member, kinds, wanted)
            with self._zip.open(member) as stream:
                stream.read(header.length)
                body = read_at_most(stream, member.file_size - header.length)
                ended = not stream.read(1)  # zipfile compares the checksum at the end
        except DataError:
            raise
        except Exception as error:  # as above
            raise self._damaged(error) from error
        if len(body) != member.file_size - header.length or not ended:
            raise DataError(
                f"{where}: {len(body):,} bytes of elements, where {member.file_size - header.length:,} are"
                " declared; the file is damaged: write or fetch it again"
            )
        if header.dtype.kind == "U" and np.frombuffer(body, f"{header.dtype.str[0]}u4").max() > maxunicode:
            raise DataError(f"{where}: holds something other than text; store {wanted} as NumPy writes them")
        order = "F" if header.fortran else "C"
        return np.frombuffer(body, header.dtype).reshape(header.shape, order=order)  # type: ignore[call-overload, no-any-return]

    def _header(self, stream: IO[bytes], where: str, member: ZipInfo, kinds: str, wanted: str) -> _Header:
        start = io.BytesIO(stream.read(_MAX_HEADER + 12))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # for headers written by Python 2, and for unknown escapes
                version = npy.read_magic(start)
                if version[0] > 3:
                    raise ValueError(f"format {version[0]}.{version[1]}")
                read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, fortran, dtype = read(start, max_header_size=_MAX_HEADER)
        except Exception as error:  # NumPy evaluates the header as a literal, which fails in many ways
            raise DataError(
                f"{where}: not an array as NumPy writes it ({one_line(error)}); use numpy.savez"
            ) from error
        if dtype.hasobject:
            raise DataError(f"{where}: holds Python objects, which only unpickling reads; store {wanted}")
        if dtype.kind not in kinds or dtype.itemsize == 0:
            raise DataError(f"{where}: elements of type {str(dtype)[:60]}; expected {wanted}")
        if len(shape) > 32 or any(side < 0 for side in shape):
            raise DataError(f"{where}: of the shape {str(shape)[:60]}; expected sides from 0 on")
        length = prod(shape) * dtype.itemsize
        if length != member.file_size - start.tell():
            raise DataError(
                f"{where}: its header declares {length if length < 1 << 64 else 'over 2^64'} bytes of"
                " elements,"
                f" but the zip {member.file_size - start.tell()}; the file is damaged: write it again"
            )
        if 0 in shape:
            raise DataError(
                f"{where}: of the shape {str(shape)[:60]}, which holds nothing; expected elements"
            )
        return _Header(dtype, tuple(int(side) for side in shape), bool(fortran), start.tell())

    def _damaged(self, error: Exception) -> DataError:
        return DataError(
            f"{self._path}: the zip archive is damaged ({one_line(error)}); write or fetch it again"
        )
