"""A finished study in Python: its record, its model, its files."""

from functools import cached_property
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer import plots
from gossamer.errors import GossamerError
from gossamer.estimator import LightweightCNNClassifier
from gossamer.files import pretty_json
from gossamer.network import Model, load_model
from gossamer.numbers import counted
from gossamer.report import results_html, write_report
from gossamer.setting_words import in_words
from gossamer.study import StudyFolder, read_records
from gossamer.study.record import Results, Selection, TestSet, encode
from gossamer.study.tables import comparisons_table, history_table, pareto_table, search_table
from gossamer.tables import Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class StudyResults:
    """A finished study's results; `gossamer.run` and `gossamer.open_study` give them.

    Attributes:
        folder: the study folder.
        record: all of `results.json` (docs/study.md names its keys), as attributes.
    """

    def __init__(self, folder: Path) -> None:
        """Read the study folder.

        Raises:
            StudyFolderError: there are no results, they are damaged, or of another format.
            ModelFileError: the model file is damaged.
        """
        self.folder = folder
        self.record: Results = read_records(StudyFolder(folder)).results

    @property
    def selection(self) -> Selection:
        """The selected setting, the rule, and the other settings against it."""
        return self.record.selection

    @property
    def test(self) -> TestSet:
        """The score on the test set."""
        return self.record.test

    @property
    def table(self) -> "pd.DataFrame":
        """One row per setting of the search, columns as in search.csv; needs pandas."""
        return _frame(search_table(self.record))

    @property
    def history(self) -> "pd.DataFrame":
        """One row per epoch of the final fit, columns as in history.csv; needs pandas."""
        return _frame(history_table(self.record))

    @property
    def comparisons(self) -> "pd.DataFrame":
        """One row per setting that was compared with the selected one; needs pandas."""
        return _frame(comparisons_table(self.record))

    @property
    def networks(self) -> "pd.DataFrame":
        """One row per network of a study of several, by its best setting; needs pandas."""
        return _frame(pareto_table(self.record))

    @cached_property
    def model(self) -> Model:
        """The selected model."""
        return load_model(StudyFolder(self.folder).model)

    @cached_property
    def classifier(self) -> LightweightCNNClassifier:
        """The selected model with `predict`, `predict_proba` and `score` over uint8 images (N, H, W, C)."""
        return LightweightCNNClassifier.load(StudyFolder(self.folder).model)

    def plot_history(self) -> "Figure":
        """Loss and accuracy of the final fit by epoch; needs matplotlib, as all plots do."""
        return plots.history_figure(self.record.final)

    def plot_confusion(self) -> "Figure":
        """Test images by class and prediction."""
        return plots.confusion_figure(self.test, self.model.classes)

    def plot_calibration(self) -> "Figure":
        """Accuracy by confidence on the test set, before and after temperature scaling.

        Raises:
            GossamerError: no temperature was fitted.
        """
        details = read_records(StudyFolder(self.folder)).details
        calibration = None if details is None else details.calibration
        if calibration is None:
            raise GossamerError("the study has no temperature: it had no validation images to fit it on")
        return plots.calibration_figure(calibration)

    def plot_networks(self) -> "Figure":
        """Validation accuracy of the search's networks against parameters and multiply-adds.

        Raises:
            GossamerError: the study has one network only.
        """
        return plots.networks_figure(self.record)

    @property
    def report(self) -> Path:
        """The report page, written if it is not there."""
        folder = StudyFolder(self.folder)
        return folder.report if folder.report.is_file() else write_report(folder)

    def show_report(self, height: int = 700) -> "Inline":
        """The report page, to be shown in a notebook, `height` pixels high; it is saved with the notebook."""
        return Inline(self.report.read_text(encoding="utf-8"), height)

    def to_json(self) -> str:
        """results.json's text."""
        return pretty_json(encode(self.record))

    def __repr__(self) -> str:
        record, test = self.record, self.record.test
        similar = record.selection.not_significant
        compared = "not compared with others"
        if similar is not None:
            compared = f"{counted(len(similar), 'other')} not significantly different"
        return (
            f"<study of {record.data.name} in {self.folder}:"
            f" selected {in_words(record.selection.setting, record.shown_names)}"
            f" ({compared});"
            f" test accuracy {test.accuracy:.4f}, {test.correct:,} of {test.n:,}>"
        )

    def _repr_html_(self) -> str:
        return (
            results_html(StudyFolder(self.folder))
            + f"<p>Files in <code>{escape(str(self.folder))}</code></p>"
        )


class Inline:
    """A page in a frame of its own, so that its styles and scripts stay apart from the notebook's."""

    def __init__(self, page: str, height: int) -> None:
        self._page, self._height = page, height

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self._page)}" sandbox="allow-scripts allow-downloads"'
            f' style="width: 100%; height: {self._height:d}px; border: 1px solid #8884"></iframe>'
        )


def _frame(table: Table[Any]) -> "pd.DataFrame":
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise GossamerError("data frames need pandas: pip install 'gossamer[pandas]'") from error
    return pd.read_csv(StringIO(table.csv()))
