"""Draws a study's records as one HTML page, and writes it beside them.

The page asks for nothing outside itself, and its content security policy lets it ask for nothing.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from gossamer.errors import StudyFolderError
from gossamer.files import write_atomically
from gossamer.report import comparisons, discussion, history_figure, network_figure, numbers, scores
from gossamer.report.read import read_records
from gossamer.report.records import Records
from gossamer.report.table2 import RULES, table2
from gossamer.search import LEVEL
from gossamer.study import StudyFolder, paper


def write_report(folder: StudyFolder) -> Path:
    """Write a study's report.html and return its path; the same folder gives the same bytes.

    Raises:
        StudyFolderError: there are no results, a file is damaged or of another study, or none can be written.
        ModelFileError: the model file is damaged.
    """
    page = render(read_records(folder))
    try:
        # a lone surrogate, which JSON can hold and UTF-8 cannot, becomes a question mark
        write_atomically(folder.report, page.encode(errors="replace"))
    except OSError as error:
        raise StudyFolderError(
            f"{folder.report}: cannot be written ({error.strerror or error}); make its folder writable"
        ) from error
    return folder.report


def results_html(folder: StudyFolder) -> str:
    """What a notebook shows of a study: the score, the choice and Table 2.

    Raises:
        StudyFolderError, ModelFileError: as `write_report`.
    """
    results = read_records(folder).results
    rule = RULES.get(results.choice.rule, f"rule “{results.choice.rule}”")
    template = _environment().get_template("results.html.j2")
    return template.render(
        results=results, table=table2(results), rule=rule, interval=scores.interval(results.test)
    )


def render(records: Records) -> str:
    """The page as HTML."""
    results, final, test = records.results, records.results.final, records.results.test
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            results=results,
            timings=records.timings,
            study=records.study,
            classes=records.classes,
            classes_named=records.classes_named,
            paper=paper,
            rule=RULES.get(results.choice.rule, f"rule “{results.choice.rule}”"),
            blocks=network_figure.blocks(records.architecture),
            block_size=(network_figure.WIDTH, network_figure.HEIGHT, network_figure.BASE),
            table=table2(results),
            against=comparisons.finding(results),
            metric=comparisons.metric(results),
            level=LEVEL,
            frame=history_figure,
            charts=history_figure.charts(final),
            overfitting=history_figure.overfitting(final),
            stopping=history_figure.stopping(final),
            interval=scores.interval(test),
            class_rows=scores.class_rows(test, records.classes),
            matrix=scores.confusion_matrix(test, records.classes),
            confused=scores.most_confused(test, records.classes),
            explained=discussion.explained(results),
            worst_batch_sizes=discussion.worst_batch_sizes(results),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gossamer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "figure", "signed", "rate", "percent", "probability", "duration"):
        environment.filters[name] = getattr(numbers, name)
    return environment
