"""A study folder in, one self-contained page out: plain records computed first, then drawn."""

from gossamer.report.page import write_report
from gossamer.report.records import UNEVEN

__all__ = ["UNEVEN", "write_report"]
