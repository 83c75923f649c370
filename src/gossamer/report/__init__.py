"""A study folder in, one self-contained page out: plain records computed first, then drawn."""

from gossamer.report.page import write_report

__all__ = ["write_report"]
