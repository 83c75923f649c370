"""What the commands do, in Python: each command calls one of these functions."""

from gossamer.api.data import load_data, suggest_networks
from gossamer.api.model import Prediction, Unreadable, export_model, predict_images
from gossamer.api.study import (
    compare_studies,
    open_study,
    preview,
    run,
    search_study,
    study_status,
    verify_study,
    write_report,
)
from gossamer.study import evaluate_model

__all__ = [
    "Prediction",
    "Unreadable",
    "compare_studies",
    "evaluate_model",
    "export_model",
    "load_data",
    "open_study",
    "predict_images",
    "preview",
    "run",
    "search_study",
    "study_status",
    "suggest_networks",
    "verify_study",
    "write_report",
]
