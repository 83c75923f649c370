"""How a page is put together: templates, scripts, and a policy under which it can ask for nothing."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def environment(package: str) -> Environment:
    """Templates of `package`, and those that all pages share; what they are given is escaped."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("gossamer.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script(package: str, *names: str) -> str:
    """The scripts of those names in the package's templates, one after the other."""
    return "".join((files(package) / "templates" / name).read_text(encoding="utf-8") for name in names)


def content_policy(scripts: Sequence[str]) -> str:
    """A Content-Security-Policy that lets a page run these scripts, show its own images, and no more."""
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts]
    allowed = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:{allowed}"
