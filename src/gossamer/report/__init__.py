"""A study folder in, one self-contained page out: plain records computed first, then drawn."""

from gossamer.report.page import results_html, write_report
from gossamer.report.read import read_record
from gossamer.report.records import UNEVEN

__all__ = ["UNEVEN", "read_record", "results_html", "write_report"]
