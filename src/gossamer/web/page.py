"""Builds pages: templates, scripts, and a content security policy that forbids all requests."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape


def environment(package: str, **filters: Callable[..., str]) -> Environment:
    """The templates of `package`, and the shared ones; what an HTML template is given is escaped."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("gossamer.web")]),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= filters
    return made


def script(package: str, *names: str) -> str:
    """The scripts `names` from the package's templates, concatenated."""
    return "".join((files(package) / "templates" / name).read_text(encoding="utf-8") for name in names)


def content_policy(scripts: Sequence[str]) -> str:
    """A Content-Security-Policy for a page that only runs these scripts and shows its own images."""
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts]
    allowed = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:{allowed}"
