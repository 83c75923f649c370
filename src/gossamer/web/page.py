"""Builds pages: templates, scripts, and a content security policy that forbids all requests."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def environment(package: str) -> Environment:
    """The templates of `package`, and the shared ones; values are escaped."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("gossamer.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script(package: str, *names: str) -> str:
    """The scripts `names` from the package's templates, concatenated."""
    return "".join((files(package) / "templates" / name).read_text(encoding="utf-8") for name in names)


def content_policy(scripts: Sequence[str]) -> str:
    """A Content-Security-Policy for a page that only runs these scripts and shows its own images."""
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts]
    allowed = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:{allowed}"
