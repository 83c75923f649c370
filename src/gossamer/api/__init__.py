"""What the commands do, in Python: each command calls one of these functions."""

from gossamer.api.data import budgets_of, load_data, suggest_networks
from gossamer.api.model import Prediction, Unreadable, export_model, predict_images
from gossamer.api.planning import auto, plan
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
    "auto",
    "budgets_of",
    "compare_studies",
    "evaluate_model",
    "export_model",
    "load_data",
    "open_study",
    "plan",
    "predict_images",
    "preview",
    "run",
    "search_study",
    "study_status",
    "suggest_networks",
    "verify_study",
    "write_report",
]
