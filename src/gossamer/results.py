"""A finished study in Python: its figures, its model, its files."""

from functools import cached_property
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.errors import GossamerError
from gossamer.estimator import LightweightCNNClassifier
from gossamer.files import pretty_json
from gossamer.network import Model, load_model
from gossamer.report import read_record, results_html, write_report
from gossamer.study import StudyFolder
from gossamer.study.tables import history_csv, search_csv

if TYPE_CHECKING:
    import pandas as pd


class StudyResults:
    """A finished study's results; `gossamer.run` and `gossamer.open_study` give them.

    Attributes:
        folder: the study folder.
        record: all of `results.json` (docs/study.md names its keys).
    """

    def __init__(self, folder: Path) -> None:
        """Read the study folder.

        Raises:
            StudyFolderError: there are no results, or they are damaged.
            ModelFileError: the model file is damaged.
        """
        self.folder = folder
        self.record: dict[str, Any] = read_record(StudyFolder(folder))

    @property
    def selection(self) -> dict[str, Any]:
        """The selected setting, the rule, and the settings that do not differ significantly."""
        return dict(self.record["selection"])

    @property
    def test(self) -> dict[str, Any]:
        """The one look at the test set."""
        return dict(self.record["test"])

    @property
    def table(self) -> "pd.DataFrame":
        """A row a setting of the search, columns as in search.csv; needs pandas."""
        return _frame(search_csv(self.record))

    @property
    def history(self) -> "pd.DataFrame":
        """A row an epoch of the final fit, columns as in history.csv; needs pandas."""
        return _frame(history_csv(self.record))

    @cached_property
    def model(self) -> Model:
        """The selected model."""
        return load_model(StudyFolder(self.folder).model)

    @cached_property
    def classifier(self) -> LightweightCNNClassifier:
        """The selected model with `predict`, `predict_proba` and `score` over uint8 images (N, H, W, C)."""
        return LightweightCNNClassifier.load(StudyFolder(self.folder).model)

    @property
    def report(self) -> Path:
        """The report page, written if it is not there."""
        folder = StudyFolder(self.folder)
        return folder.report if folder.report.is_file() else write_report(folder)

    def to_json(self) -> str:
        """results.json's text."""
        return pretty_json(self.record)

    def __repr__(self) -> str:
        selection, test = self.record["selection"], self.record["test"]
        others = len(selection["not_significant"])
        return (
            f"<study of {self.record['data']['name']} in {self.folder}: selected learning rate"
            f" {selection['learning_rate']:g}, batch size {selection['batch_size']}"
            f" ({others} other{'s' * (others != 1)} not significantly different); test accuracy"
            f" {test['accuracy']:.4f},"
            f" {test['correct']:,} of {test['n']:,}>"
        )

    def _repr_html_(self) -> str:
        return (
            results_html(StudyFolder(self.folder))
            + f"<p>Files in <code>{escape(str(self.folder))}</code></p>"
        )


def _frame(text: str) -> "pd.DataFrame":
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise GossamerError("data frames need pandas: pip install 'gossamer[pandas]'") from error
    return pd.read_csv(StringIO(text))
