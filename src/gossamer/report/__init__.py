"""A study folder in, one self-contained page out: plain records computed first, then drawn."""

from gossamer.report.compare import Comparison, compare_studies, write_comparison
from gossamer.report.data_page import write_data_page
from gossamer.report.page import results_html, write_report
from gossamer.report.read import read_record, study_record
from gossamer.report.records import UNEVEN
from gossamer.report.verify import Verified, verify_study

__all__ = [
    "UNEVEN",
    "Comparison",
    "Verified",
    "compare_studies",
    "read_record",
    "results_html",
    "study_record",
    "verify_study",
    "write_comparison",
    "write_data_page",
    "write_report",
]
