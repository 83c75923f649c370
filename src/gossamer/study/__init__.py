"""A study file in, a study folder out."""

from gossamer.study.default_folder import default_folder
from gossamer.study.evaluate import Evaluation, evaluate_model
from gossamer.study.events import Observer
from gossamer.study.file import change_study, read_study, study_from, to_toml
from gossamer.study.folder import StudyFolder
from gossamer.study.overrides import parse_overrides
from gossamer.study.plan import StudyPlan, plan_study
from gossamer.study.preview import Preview, preview_study
from gossamer.study.read import Records, read_records, results_of
from gossamer.study.run import run_study, search_study
from gossamer.study.settings import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    RunSettings,
    SearchSettings,
    Study,
    TeacherSettings,
    TrainingSettings,
)
from gossamer.study.status import CellStatus, FinalStatus, StudyStatus, study_status
from gossamer.study.training_images import FoldModel, TrainingImages, training_images

__all__ = [
    "CellStatus",
    "DataSettings",
    "Evaluation",
    "FinalSettings",
    "FinalStatus",
    "FoldModel",
    "NetworkSettings",
    "Observer",
    "Preview",
    "Records",
    "RunSettings",
    "SearchSettings",
    "Study",
    "StudyFolder",
    "StudyPlan",
    "StudyStatus",
    "TeacherSettings",
    "TrainingImages",
    "TrainingSettings",
    "change_study",
    "default_folder",
    "evaluate_model",
    "parse_overrides",
    "plan_study",
    "preview_study",
    "read_records",
    "read_study",
    "results_of",
    "run_study",
    "search_study",
    "study_from",
    "study_status",
    "to_toml",
    "training_images",
]
