"""What is printed reaches any terminal, pipe or file: names of files hold what an encoding cannot."""

import codecs
import sys
from io import TextIOWrapper

HANDLER = "gossamer.escaped"


def open_streams() -> None:
    """Let standard output and error write escapes (backslash, u, four digits) for what their encoding lacks.

    Those are JSON's, so that JSON stays JSON. A file's name may hold bytes that are no text; Python has them
    as lone surrogates.
    """
    codecs.register_error(HANDLER, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def one_line(text: str) -> str:
    """The text with escapes for what breaks a line or steers a terminal."""
    return "".join(each if each.isprintable() else _json_escape(each) for each in text)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_json_escape, error.object[error.start : error.end])), error.end


def _json_escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
