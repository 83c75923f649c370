"""Whether this checkout trains to the same bits as another revision, both built here, on any machine.

python -m tests.golden.baseline REVISION     exit code 0 if every hash is equal, 1 if one is not
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def hashes_of(revision: str, folder: Path) -> dict[str, dict[str, str]]:
    """The hashes that a revision gives, built in a checkout of its own below `folder`."""
    checkout, site, environment = folder / "checkout", folder / "site", folder / "venv"
    _run("git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(checkout), revision)
    try:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
        _run(*pip, "--target", str(site), str(checkout))
    finally:
        _run("git", "-C", str(ROOT), "worktree", "remove", "--force", str(checkout))
    venv.create(environment, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(environment)})
    # the revision's own package first, and all that it needs from this environment
    (Path(packages) / "baseline.pth").write_text(f"{site}\n{sysconfig.get_path('purelib')}\n")
    said = _run(str(environment / "bin" / "python"), str(HERE / "bits.py"))
    return dict(json.loads(said))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(revision: str) -> int:
    """Print every hash that differs, and how many were compared."""
    with tempfile.TemporaryDirectory() as folder:
        before = hashes_of(revision, Path(folder))
    after = json.loads(_run(sys.executable, str(HERE / "bits.py")))
    compared, different = 0, 0
    for engine, hashes in after.items():
        # a revision may name the same arithmetic otherwise: engines are paired by their order
        name_there, there = list(before.items())[list(after).index(engine)]
        sys.stdout.write(f"{engine} here, {name_there} at {revision}\n")
        for name, found in hashes.items():
            compared += 1
            if there.get(name) != found:
                different += 1
                sys.stdout.write(f"{engine}, {name}: {there.get(name)} at {revision}, {found} here\n")
    sys.stdout.write(f"{compared} hashes compared with {revision}, {different} different\n")
    return int(different > 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
