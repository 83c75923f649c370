"""What is installed here, and what computes: facts for `gossamer doctor` and for reports of faults.

Whatever is missing or broken is a fact, too: packages are imported where they are looked at.
"""

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from gossamer.cpus import cpus_of_machine, usable_cpus
from gossamer.errors import GossamerError

EXTRAS = ("torch", "onnx", "serve", "pandas", "plot", "parquet", "ray")
"""The extras that are for users."""


@dataclass(frozen=True)
class Package:
    """A package that gossamer uses: its version, None if it is missing, and the versions that will do."""

    name: str
    version: str | None
    wanted: str
    fits: bool


@dataclass(frozen=True)
class EngineFacts:
    """An engine: what it is made of, or why it cannot be used."""

    name: str
    usable: bool
    facts: str


@dataclass(frozen=True)
class Cache:
    """A folder that images are fetched to, or that the system has them in, and the bytes that are there."""

    folder: Path
    size: int


@dataclass(frozen=True)
class Installation:
    """Everything that a report of a fault should say.

    Attributes:
        version: of gossamer.
        folder: where gossamer is installed.
        python: its version.
        system: the operating system and the kind of machine.
        cores: CPUs that this process may use.
        cores_of_machine: all CPUs.
        engines: native and torch.
        caches: of Fashion-MNIST.
        required: packages that gossamer needs.
        extras: packages by the extra that installs them.
    """

    version: str
    folder: Path
    python: str
    system: str
    cores: int
    cores_of_machine: int
    engines: tuple[EngineFacts, ...]
    caches: tuple[Cache, ...]
    required: tuple[Package, ...]
    extras: dict[str, tuple[Package, ...]]

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps gossamer from working, one line each, with what to do."""
        found = [
            f"{each.name} is {'missing' if each.version is None else each.version}; gossamer needs"
            f" {each.name}{each.wanted}: pip install --upgrade gossamer"
            for each in self.required
            if not each.fits
        ]
        if not any(engine.usable for engine in self.engines):
            found.append("no engine can compute: pip install 'gossamer[torch]'")
        return tuple(found)


def installation() -> Installation:
    """Look at this installation; nothing is changed or fetched."""
    return Installation(
        metadata.version("gossamer"),
        Path(__file__).parent,
        f"{platform.python_implementation()} {platform.python_version()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        _cores(),
        cpus_of_machine(),
        tuple(_engine(name) for name in ("native", "torch")),
        _caches(),
        _packages(""),
        {extra: _packages(extra) for extra in EXTRAS},
    )


def _engine(name: str) -> EngineFacts:
    try:
        from gossamer.engine import open_engine

        engine = open_engine(name)
    except GossamerError as error:
        return EngineFacts(name, usable=False, facts=str(error))
    except Exception as error:  # whatever a package that is broken, or of another machine, raises
        return EngineFacts(name, usable=False, facts=f"cannot be loaded ({type(error).__name__}: {error})")
    return EngineFacts(name, usable=True, facts=f"{engine.numerics}; on {engine.device}")


def _packages(extra: str) -> tuple[Package, ...]:
    """What `extra` adds to what gossamer requires; with "", what it requires."""
    requirements = [Requirement(line) for line in metadata.requires("gossamer") or ()]
    return tuple(_package(each) for each in requirements if _asks(each, extra))


def _asks(requirement: Requirement, extra: str) -> bool:
    if requirement.marker is None:
        return not extra
    always = requirement.marker.evaluate({"extra": ""})
    return always if not extra else not always and requirement.marker.evaluate({"extra": extra})


def _package(requirement: Requirement) -> Package:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Package(requirement.name, None, str(requirement.specifier), fits=False)
    fits = requirement.specifier.contains(version, prereleases=True)
    return Package(requirement.name, version, str(requirement.specifier), fits)


def _cores() -> int:
    try:
        return usable_cpus()
    except ImportError:
        return cpus_of_machine()


def _caches() -> tuple[Cache, ...]:
    try:
        from gossamer.data.fashion_mnist import SYSTEM_FOLDER, cache_folder
    except ImportError:
        return ()
    return tuple(Cache(folder, _size(folder)) for folder in (cache_folder(), SYSTEM_FOLDER))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*ubyte*"))
