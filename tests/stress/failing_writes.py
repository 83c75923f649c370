"""Makes every write of `gossamer run` fail, one run a write: nothing is lost, and the reason is said.

    python tests/stress/failing_writes.py [--every 1]     every N-th failure only

A tiny study runs once to count its operations on the study folder (writes, syncs, renames, unlinks,
truncations, new files). Then, for each of them and each of ENOSPC, EIO and EACCES, it fails once, or it and
all after it. The run must end with code 1 and one line, or have done all its work; the journal must open and
hold the rows it had; and the same command without the fault must end with the bytes of an undisturbed run.
Needs a C compiler.
"""

import argparse
import contextlib
import ctypes
import errno
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
STUDY = """
[data]
source = "{source}"
[network]
layers = "conv2 pool dense"
[training]
learning_rate = [0.01, 0.003]
batch_size = 16
epochs = 2
[search]
folds = 2
[final]
max_epochs = 3
patience = 3
[run]
engine = "native"
"""


@dataclass
class Tally:
    """What came of it; `unharmed` are runs that did all their work in spite of the failure."""

    operations: int = 0
    refused: int = 0
    unharmed: int = 0
    lines: dict[str, int] = field(default_factory=dict)


def build(folder: Path) -> Path:
    """The library to preload."""
    library = folder / "failing_writes.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def in_child(out: Path, study: Path, *, at: int, error: int, and_on: bool) -> tuple[int, int, str]:
    """Run the command in a fork, which starts at once; its exit code, operations and standard error."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        says, code = io.StringIO(), 0
        library = ctypes.CDLL(None)
        with contextlib.redirect_stderr(says), contextlib.redirect_stdout(io.StringIO()):
            from gossamer.cli import main

            sys.argv = ["gossamer", "run", str(study), "--out", str(out), "--workers", "1"]
            library.failing_writes_arm(str(out).encode(), at, error, int(and_on))
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException as stray:
                says.write(f"Traceback: {stray!r}")
                code = 99
            operations = library.failing_writes_count()
            library.failing_writes_arm(b"", 0, 0, 0)
        os.write(writer, f"{code}\n{operations}\n{says.getvalue()}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    code_said, operations_said, errors = text.split("\n", 2)
    return int(code_said), int(operations_said), errors


def stable(out: Path) -> dict[str, bytes]:
    names = ("results.json", "model.safetensors", "search.csv", "history.csv", "study.toml")
    return {name: (out / name).read_bytes() for name in names}


def rows(out: Path) -> dict[str, str]:
    if not (out / "journal.db").exists():
        return {}
    with sqlite3.connect(out / "journal.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = dict(database.execute("SELECT key, hash FROM fits").fetchall())
    database.close()
    return found


def fail_each(root: Path, every: int) -> Tally:
    """Make each failure, in a process that the library was preloaded into."""
    from gossamer import report, study  # noqa: F401 - loaded once, so that every fork has them
    from tests.stress.kills import write_digits

    write_digits(root / "digits", 120)
    file = root / "study.toml"
    file.write_text(STUDY.format(source=root / "digits"))
    code, operations, errors = in_child(root / "straight", file, at=0, error=0, and_on=False)
    assert code == 0, errors
    straight, tally = stable(root / "straight"), Tally(operations)
    turn = 0
    for at in range(1, operations + 1):
        for error in ERRORS:
            for and_on in (False, True):
                turn += 1
                if turn % every:
                    continue
                out, what = root / "out", f"{errno.errorcode[error]} at {at}{' and on' * and_on}"
                code, _, errors = in_child(out, file, at=at, error=error, and_on=and_on)
                kept = rows(out)
                if code == 0:
                    assert stable(out) == straight, what
                    tally.unharmed += 1
                else:
                    lines = [line for line in errors.splitlines() if line.startswith("error: ")]
                    assert code == 1, f"{what}: exit code {code}: {errors}"
                    assert len(lines) == 1, f"{what}: {errors}"
                    assert "Traceback" not in errors, f"{what}: {errors}"
                    assert "should not happen" not in errors, f"{what}: {errors}"
                    tally.refused += 1
                    line = lines[0].replace(str(root), "")
                    tally.lines[line] = tally.lines.get(line, 0) + 1
                code, _, errors = in_child(out, file, at=0, error=0, and_on=False)
                assert code == 0, f"after {what}: {errors}"
                assert stable(out) == straight, f"after {what}"
                after = rows(out)
                assert {key: after[key] for key in kept} == kept, f"after {what}: a fit was made anew"
                shutil.rmtree(out)
    return tally


def main() -> None:
    """Start anew with the library preloaded, make the failures, and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1)
    every = parser.parse_args().every
    with tempfile.TemporaryDirectory() as temporary:
        if "failing_writes" not in os.environ.get("LD_PRELOAD", ""):
            os.environ["LD_PRELOAD"] = str(build(Path(temporary)))
            sys.exit(subprocess.run([sys.executable, *sys.argv], check=False).returncode)
        found = fail_each(Path(temporary).resolve(), every)
    for line, times in sorted(found.lines.items(), key=lambda each: -each[1]):
        print(f"{times:6} {line}")
    print(
        f"{found.operations} operations; {found.refused} failures refused with a line,"
        f" {found.unharmed} unharmed; every folder went on to the same bytes"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
