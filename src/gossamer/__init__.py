"""Lightweight image classifiers, honestly selected.

The public names; each is imported on first use, so that `import gossamer` is fast:

    load_data                   a data set, by name or path
    dataset_from_arrays         a data set of NumPy arrays
    Study                       the settings of a study; its parts are DataSettings, NetworkSettings,
                                TrainingSettings, SearchSettings, FinalSettings and RunSettings
    auto, plan                  the best model that fits, in the minutes there are; or its study alone
    run, preview, open_study    run a study, see what a run would do, read a finished one: StudyResults
    search_study                search and select alone; the test set stays sealed
    study_status                how far a study is
    write_report, compare_studies, verify_study
                                a study's page, studies side by side, every number recomputed
    evaluate_model, predict_images, export_model
                                a model on labelled images, on pictures, for elsewhere
    load_preset                 the settings of a preset: see `gossamer presets`
    suggest_networks            networks for a data set under a budget of parameters
    LightweightCNNClassifier    a scikit-learn-compatible classifier
    Model, load_model           a trained network, read from its file; `model.to_torch()`
    from_torch                  a torch.nn.Sequential as a model
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gossamer.api import (
        auto,
        compare_studies,
        evaluate_model,
        export_model,
        load_data,
        open_study,
        plan,
        predict_images,
        preview,
        run,
        search_study,
        study_status,
        suggest_networks,
        verify_study,
        write_report,
    )
    from gossamer.data import dataset_from_arrays
    from gossamer.estimator import LightweightCNNClassifier
    from gossamer.network import Model, load_model
    from gossamer.network.from_torch import from_torch
    from gossamer.presets import load_preset
    from gossamer.results import StudyResults
    from gossamer.study import (
        DataSettings,
        FinalSettings,
        NetworkSettings,
        RunSettings,
        SearchSettings,
        Study,
        TrainingSettings,
    )

__version__ = version("gossamer")

__all__ = [
    "DataSettings",
    "FinalSettings",
    "LightweightCNNClassifier",
    "Model",
    "NetworkSettings",
    "RunSettings",
    "SearchSettings",
    "Study",
    "StudyResults",
    "TrainingSettings",
    "auto",
    "compare_studies",
    "dataset_from_arrays",
    "evaluate_model",
    "export_model",
    "from_torch",
    "load_data",
    "load_model",
    "load_preset",
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

_HOME = {
    "gossamer.api.planning": ("auto", "plan"),
    "gossamer.api.data": ("load_data", "suggest_networks"),
    "gossamer.api.model": ("export_model", "predict_images"),
    "gossamer.api.study": (
        "compare_studies",
        "open_study",
        "preview",
        "run",
        "search_study",
        "study_status",
        "verify_study",
        "write_report",
    ),
    "gossamer.data": ("dataset_from_arrays",),
    "gossamer.estimator": ("LightweightCNNClassifier",),
    "gossamer.network": ("Model", "load_model"),
    "gossamer.network.from_torch": ("from_torch",),
    "gossamer.presets": ("load_preset",),
    "gossamer.results": ("StudyResults",),
    "gossamer.study": (
        "evaluate_model",
        "DataSettings",
        "FinalSettings",
        "NetworkSettings",
        "RunSettings",
        "SearchSettings",
        "Study",
        "TrainingSettings",
    ),
}
"""The module that each name comes from."""


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOME.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'gossamer' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
