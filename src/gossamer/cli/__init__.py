"""The command line: parses, calls one function, translates its errors, draws progress."""

from gossamer.cli.app import main

__all__ = ["main"]
