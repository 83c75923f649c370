"""Fetches and unpacks a Debian package without root, where apt-get and dpkg-deb are installed.

apt's lists, caches and logs are kept in a temporary folder; the system's are not used. apt checks signatures
and hashes as always, so the package is as trustworthy as the system's own.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from gossamer.errors import DataError

_SECONDS = 600
"""Seconds that one command may take; a Debian mirror's lists are some 10 MB."""


def unpack_package(package: str, folder: Path) -> None:
    """Unpack the newest `package` that the system's package sources offer into `folder`, as if it were /.

    Raises:
        DataError: there is no apt-get or dpkg-deb, or one of them failed.
    """
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise DataError(f"Debian package {package}: this system has no {' and no '.join(missing)}")
    with TemporaryDirectory(prefix="gossamer-apt-") as scratch:
        private = Path(scratch)
        apt = _private_apt(private)
        # One unreachable source makes `update` fail, but another source may have the package.
        updated = _run([*apt, "update"], private)
        downloaded = _run([*apt, "download", package], private)
        archives = list(private.glob("*.deb"))
        if downloaded.returncode != 0 or not archives:
            raise DataError(f"Debian package {package}: {_last_line(downloaded, updated)}")
        unpacked = _run(["dpkg-deb", "--extract", str(archives[0]), str(folder)], private)
        if unpacked.returncode != 0:
            raise DataError(f"Debian package {package}: {_last_line(unpacked)}")


def _private_apt(private: Path) -> list[str]:
    """An apt-get command that keeps all its state in `private`."""
    for kept in ("state/lists/partial", "cache/archives/partial", "log"):
        (private / kept).mkdir(parents=True)
    options = {
        "Dir::State": private / "state",
        "Dir::Cache": private / "cache",
        "Dir::Log": private / "log",
        "APT::Sandbox::User": "root",  # as root, apt would switch to a user who cannot read `private`
        "Acquire::Languages": "none",
        "Acquire::Retries": 2,
    }
    return ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in options.items())]


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - fixed words and paths of our own, no shell
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{command[0]}: no end after {_SECONDS} seconds; is the network up?") from error


def _last_line(*commands: subprocess.CompletedProcess[str]) -> str:
    """The last line that each failed command wrote to stderr."""
    said = [command.stderr.strip().splitlines()[-1] for command in commands if command.stderr.strip()]
    return (
        "; ".join(dict.fromkeys(said))
        or f"{commands[0].args[0]} failed with exit code {commands[0].returncode}"
    )
