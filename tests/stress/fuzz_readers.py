"""Feeds a reader hostile bytes, as libFuzzer makes them from good and hostile files, watching its branches.

    python -m tests.stress.fuzz_readers --form npz --inputs 1000000

Only a DataError of one line may come out; an input may take a second, and 256 MiB more than the process has
at the start. What breaks that is left in a file, whose name libFuzzer says.
"""

import argparse
import contextlib
import gzip
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import atheris

WATCHED = ["gossamer.data", "PIL", "zipfile", "gzip", "csv", "numpy.lib._format_impl"]
# an editable installation brings its modules by a loader of its own, into which atheris cannot see
sys.meta_path[:] = [finder for finder in sys.meta_path if "_editable_" not in type(finder).__module__]
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))
with atheris.instrument_imports(include=WATCHED):
    from gossamer.data import Reading, open_source
    from gossamer.data.pictures import decode_picture, quiet_decoders
    from gossamer.errors import DataError

from tests.data.hostile import FORMS, csv_tables, idx_files, npz_archives, parquet_files, pixel_tables
from tests.data.hostile.pictures import encoded, half

SECONDS = 1  # an input may take

Target = Callable[[bytes], object]


def read(path: Path) -> object:
    return open_source(str(path))


def idx(folder: Path) -> tuple[Target, list[bytes]]:
    """The first byte says which of the four files the others are, and whether they are gzipped."""
    source = idx_files.make_good(folder)
    good = {path: path.read_bytes() for path in sorted(source.iterdir())}

    def target(data: bytes) -> None:
        choice, content = data[:1] or b"\0", data[1:]
        path = list(good)[choice[0] % 4]
        path.write_bytes(gzip.compress(content, 1) if choice[0] & 4 else content)
        try:
            read(source)
        finally:
            path.write_bytes(good[path])

    plain = [bytes([place]) + content for place, content in enumerate(good.values())]
    zipped = [bytes([place]) + gzip.compress(content) for place, content in enumerate(good.values())]
    return target, [*plain, *zipped, *(bytes([each[0] + 4]) + each[1:] for each in plain)]


def npz(folder: Path) -> tuple[Target, list[bytes]]:
    """The first byte says whether the others are the archive, or one of its arrays in a sound archive."""
    path = npz_archives.make_good(folder)
    arrays = [f"{name}.npy" for name in npz_archives.good_arrays()]

    def target(data: bytes) -> None:
        choice, content = (data[:1] or b"\0")[0] % 5, data[1:]
        if choice == 4:
            path.write_bytes(content)
        else:
            npz_archives.members({arrays[choice]: content})(path)
        read(path)

    good = npz_archives.good_arrays().values()
    seeds = [bytes([place]) + npz_archives.npy(array) for place, array in enumerate(good)]
    return target, [*seeds, b"\4" + path.read_bytes()]


def whole_file(make: Callable[[Path], Path]) -> Callable[[Path], tuple[Target, list[bytes]]]:
    """The bytes are the source itself."""

    def form(folder: Path) -> tuple[Target, list[bytes]]:
        path = make(folder)
        good = path.read_bytes()

        def target(data: bytes) -> None:
            path.write_bytes(data)
            read(path)

        return target, [good]

    return form


def pictures(_: Path) -> tuple[Target, list[bytes]]:
    """The bytes are a picture."""
    kinds = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
    seeds = [encoded(kind, mode=mode) for kind in kinds for mode in ("L", "RGB")] + [half("PNG")]
    reading = Reading((8, 8), 1)
    return lambda data: decode_picture(BytesIO(data), "it", reading), seeds


TARGETS = {
    "IDX": idx,
    "npz": npz,
    "CSV": whole_file(csv_tables.make_good),
    "pixel CSV": whole_file(pixel_tables.make_good),
    "Parquet": whole_file(parquet_files.make_good),
    "pictures": pictures,
}


def hostile_files(form: str, folder: Path) -> list[bytes]:
    """The hostile cases' bytes, where a source is a file."""
    found = []
    for place, case in enumerate(FORMS[form].CASES):
        if "MiB" in case.what:  # making a bomb takes memory that this process's peak would keep
            continue
        (folder / str(place)).mkdir()
        source = FORMS[form].make_good(folder / str(place))
        with contextlib.suppress(OSError):
            case.make(source)
        if source.is_file() and source.stat().st_size < 1 << 16:
            found.append((b"\4" if form == "npz" else b"") + source.read_bytes())
    return found


def main() -> None:
    """Feed it so many inputs; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--form", choices=TARGETS, required=True)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kept", default=".", help="the folder for an input that breaks the rules")
    options = parser.parse_args()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    for name in ("source", "seeds", "hostile"):
        (folder / name).mkdir()
    target, seeds = TARGETS[options.form](folder / "source")
    for number, seed in enumerate([*seeds, *hostile_files(options.form, folder / "hostile")]):
        (folder / "seeds" / str(number)).write_bytes(seed)

    def one_input(data: bytes) -> None:
        started = time.process_time()  # on a busy machine a clock would also count what others do
        try:
            target(data)
        except DataError as error:
            if "\n" in str(error):
                raise AssertionError("the line breaks") from error
        if time.process_time() - started > SECONDS:
            raise AssertionError(f"more than {SECONDS} s")

    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    limits = [
        f"-rss_limit_mb={megabytes + 256}",
        f"-timeout={10 * SECONDS}",  # for one that never ends
        "-max_len=4096",
        f"-artifact_prefix={options.kept}/",
    ]
    atheris.Setup(
        [sys.argv[0], f"-runs={options.inputs}", f"-seed={options.seed}", *limits, str(folder / "seeds")],
        one_input,
    )
    with quiet_decoders():
        atheris.Fuzz()


if __name__ == "__main__":
    main()
