"""A study folder in, one self-contained page out: plain records computed first, then drawn."""

from gossamer.report.compare import Comparison, compare_studies, write_comparison
from gossamer.report.data_page import write_data_page
from gossamer.report.page import results_html, write_report
from gossamer.report.verify import Verified, verify_study

__all__ = [
    "Comparison",
    "Verified",
    "compare_studies",
    "results_html",
    "verify_study",
    "write_comparison",
    "write_data_page",
    "write_report",
]
