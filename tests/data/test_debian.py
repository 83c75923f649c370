"""The Debian package: once for real, and with tools that fail."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.data import debian
from gossamer.data.debian import unpack_package
from gossamer.errors import DataError

Tools = Callable[..., None]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Puts shell scripts in the place of all programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(**scripts: str) -> None:
        for name, script in scripts.items():
            path = folder / name.replace("_", "-")
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    return install


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt-get: this is no Debian-like system")
def test_a_real_package_is_unpacked(tmp_path: Path) -> None:
    unpack_package("hostname", tmp_path)
    assert (tmp_path / "usr/share/doc/hostname/copyright").is_file()


def test_a_source_that_fails_to_update_does_not_matter(tools: Tools, tmp_path: Path) -> None:
    tools(
        apt_get='case "$*" in *update) echo "E: dead source" >&2; exit 100;; *) : > some.deb;; esac',
        dpkg_deb=': > "$3/unpacked"',
    )
    unpack_package("some", tmp_path)
    assert (tmp_path / "unpacked").is_file()


def test_apt_keeps_to_a_private_folder(tools: Tools, tmp_path: Path) -> None:
    said = tmp_path / "said"
    tools(apt_get=f'echo "$PWD $@" >> {said}; : > some.deb', dpkg_deb="exit 0")
    unpack_package("some", tmp_path)
    for line in said.read_text().splitlines():
        private, *words = line.split(" ")
        options = dict(word.removeprefix("--option=").split("=") for word in words if "=" in word)
        for kind in ("State", "Cache", "Log"):
            assert Path(options[f"Dir::{kind}"]).is_relative_to(private)
        assert not Path(private).exists()


FAILURES = {
    "no tools": ({}, "some: this system has no apt-get and no dpkg-deb"),
    "no dpkg-deb": ({"apt_get": "exit 0"}, "some: this system has no dpkg-deb"),
    "unknown package": (
        {"apt_get": 'echo "W: old" >&2; echo "E: Unable to locate" >&2; exit 100', "dpkg_deb": "exit 0"},
        "some: E: Unable to locate",
    ),
    "nothing downloaded": ({"apt_get": "exit 0", "dpkg_deb": "exit 0"}, "apt-get failed with exit code 0"),
    "damaged archive": (
        {"apt_get": ": > some.deb", "dpkg_deb": 'echo "unexpected end of file" >&2; exit 2'},
        "some: unexpected end of file",
    ),
    "silence": ({"apt_get": "exec /bin/sleep 60", "dpkg_deb": "exit 0"}, "no end after 0.2 seconds"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_is_one_line(
    case: str, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts, fault = FAILURES[case]
    tools(**scripts)
    if case == "silence":
        monkeypatch.setattr(debian, "_SECONDS", 0.2)
    with pytest.raises(DataError) as caught:
        unpack_package("some", tmp_path)
    assert fault in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
