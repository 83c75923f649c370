"""Draws a study's records as one HTML page, and writes it beside them.

The page asks for nothing outside itself, and its content security policy lets it ask for nothing.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment

from gossamer import numbers
from gossamer.data import edge_brightness, in_turns
from gossamer.errors import StudyFolderError
from gossamer.files import write_atomically
from gossamer.report import (
    cell_curves,
    chart,
    comparisons,
    discussion,
    history_figure,
    network_figure,
    reliability_figure,
    scores,
    search_tables,
)
from gossamer.report.gallery import Gallery, gallery
from gossamer.report.sheet import Sheet, sheet_of
from gossamer.report.table2 import rule, table2
from gossamer.search import LEVEL
from gossamer.setting_words import heading, in_words, shown
from gossamer.study import StudyFolder, paper, recipe_words, words
from gossamer.study.read import Records, read_records
from gossamer.study.record import Answers, Details, Results
from gossamer.web import content_policy, environment, page_network, script

SECTIONS = {
    "network": "The network",
    "search": "The search",
    "final-fit": "The final fit",
    "augmentation": "Augmentation",
    "test-set": "The test set",
    "try-it": "Try it",
    "calibration": "Calibration",
    "doubts": "Possible label errors",
    "discussion": "What moved the result",
    "again": "To reproduce it",
}
SAMPLES = 20
"""Test images to begin with in "Try it", unless there are more classes."""


def write_report(folder: StudyFolder) -> Path:
    """Write a study's report.html and return its path; the same folder gives the same bytes.

    Raises:
        StudyFolderError: there are no results, a file is damaged or of another study, or none can be written.
        ModelFileError: the model file is damaged.
    """
    page = page_of(folder)
    try:
        write_atomically(folder.report, page)
    except OSError as error:
        raise StudyFolderError(
            f"{folder.report}: cannot be written ({error.strerror or error}); make its folder writable"
        ) from error
    return folder.report


def page_of(folder: StudyFolder) -> bytes:
    """The page as `write_report` writes it.

    Raises:
        StudyFolderError, ModelFileError: as `write_report`.
    """
    # a lone surrogate, which JSON can hold and UTF-8 cannot, becomes a question mark
    return render(read_records(folder)).encode(errors="replace")


def results_html(folder: StudyFolder) -> str:
    """What a notebook shows of a study: the score, the selection and Table 2.

    Raises:
        StudyFolderError, ModelFileError: as `write_report`.
    """
    results = read_records(folder).results
    template = templates().get_template("results.html.j2")
    return template.render(
        results=results,
        table=table2(results),
        names=results.shown_names,
        rule=rule(results),
        interval=scores.interval(results.test),
    )


def render(records: Records) -> str:
    """The page as HTML."""
    results, details, final, test = (
        records.results,
        records.details,
        records.results.final,
        records.results.test,
    )
    galleries = _galleries(details, results.data.shape) if details else {}
    scripts = [script("gossamer.web", "network.js", "try_it.js"), script("gossamer.report", "report.js")]
    onsets = cell_curves.onsets(results, details.curves) if details else []
    calibration = details.calibration if details else None
    explained = discussion.explained(results)
    return (
        templates()
        .get_template("page.html.j2")
        .render(
            results=results,
            details=details,
            timings=records.timings,
            planned=records.planned,
            study=records.study,
            classes=records.classes,
            model_bytes=records.model_bytes,
            multiply_adds=records.architecture.multiply_adds,
            paper=paper,
            parts=_parts(records),
            policy=content_policy(scripts),
            scripts=scripts,
            embedded=_embedded(records, galleries),
            galleries=galleries,
            names=results.shown_names,
            first_recipe=search_tables.first_recipe(results),
            grid=_grid(results),
            setting=in_words(results.selection.setting, results.shown_names),
            rule=rule(results),
            scoring=words.scoring(results),
            parts_in_words=words.parts(results),
            part_name=words.part(results),
            spread=words.has_spread(results),
            scheduled=results.selection.setting.get("schedule", "constant") != "constant",
            trained_on=recipe_words.trained_on(results.selection.setting, validated=final.validation > 0),
            recipe=recipe_words.recipe_in_words(results.selection.setting),
            augmentation_in_words=recipe_words.augmentation(results.selection.setting),
            views=_views(details, results.data.shape) if details else None,
            blocks=network_figure.blocks(records.architecture),
            drawn=network_figure.drawn(records.architecture),
            normed=records.architecture.has_norms,
            block_size=(network_figure.WIDTH, network_figure.HEIGHT, network_figure.BASE),
            table=table2(results),
            search_tables=search_tables.tables(results),
            costs_figure=search_tables.costs_figure(results),
            onsets_table=search_tables.onsets_table(results, onsets),
            panels=cell_curves.panels(results, details.curves) if details else {},
            onsets=onsets,
            onset_finding=cell_curves.onset_finding(onsets, results.shown_names) if onsets else None,
            against=comparisons.finding(results),
            metric=comparisons.metric(results),
            level=LEVEL,
            frame=chart,
            charts=history_figure.charts(final),
            lowest=history_figure.lowest(final),
            overfitting=history_figure.overfitting(final),
            stopping=history_figure.stopping(final),
            interval=scores.interval(test),
            class_rows=scores.class_rows(test, records.classes),
            checked=_checked(results, details) if details else 0,
            matrix=scores.confusion_matrix(test, records.classes),
            matrix_at_most=scores.MATRIX_AT_MOST,
            confused=scores.most_confused(test, records.classes),
            samples=_samples(galleries["correct"]) if galleries else [],
            reliability_frame=reliability_figure,
            reliability_charts=reliability_figure.charts(calibration) if calibration else [],
            calibration_finding=reliability_figure.finding(calibration) if calibration else None,
            explained=explained,
            share_rows=discussion.share_rows(explained),
            batch_sizes=discussion.batch_sizes(results),
            zip=zip,
        )
    )


def _parts(records: Records) -> list[tuple[str, str]]:
    """The page's sections in order: each one's name and heading; those without their records are left out."""
    details = records.details
    there = {
        "try-it": records.model is not None,
        "calibration": details is not None and details.calibration is not None,
        "doubts": details is not None,
        "augmentation": details is not None and details.augmentation is not None,
    }
    return [(name, title) for name, title in SECTIONS.items() if there.get(name, True)]


def _checked(results: Results, details: Details) -> int:
    """How many training images could be found to have a wrong label; older records do not say."""
    return results.data.train if details.doubts.checked is None else details.doubts.checked


def _galleries(details: Details, shape: tuple[int, ...]) -> dict[str, Gallery]:
    found: dict[str, Answers] = {
        "errors": details.errors,
        "correct": details.correct,
        "doubts": details.doubts,
    }
    return {name: gallery(each, shape) for name, each in found.items()}


def _views(details: Details, shape: tuple[int, ...]) -> Sheet | None:
    """The augmented images, each in its epochs, one behind the other; None where there are none."""
    if details.augmentation is None:
        return None
    return sheet_of(details.augmentation.images(shape).reshape(-1, *shape))


def _samples(correct: Gallery) -> list[int]:
    """The places of some correct answers to begin with: of every class that has an image."""
    labels = np.array([answer.label for answer in correct.shown], np.int64)
    number = max(SAMPLES, len(np.unique(labels)))
    return sorted(in_turns(labels)[:number].tolist(), key=lambda place: (labels[place], place))


def _embedded(records: Records, galleries: dict[str, Gallery]) -> dict[str, Any]:
    """What the page's scripts work with."""
    embedded: dict[str, Any] = {"classes": list(records.classes)}
    if records.model is not None:
        embedded |= {"network": page_network(records.model), "background": None}
    if records.details is not None:
        images = records.details.correct.images(records.results.data.shape)
        embedded["background"] = edge_brightness(images)
        for name in ("errors", "correct"):
            found = galleries[name]
            embedded[name] = {
                "columns": found.columns,
                "pictured": found.pictured,
                "answers": [
                    [each.origin, each.label, each.predicted, _short(each.confidence), _short(each.of_label)]
                    for each in found.answers
                ],
            }
    return embedded


def _short(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


def _grid(results: Results) -> str:
    """The axes of the grid in words."""
    cells = results.search.cells
    axes = {name: len({cell.setting[name] for cell in cells}) for name in results.shown_names}
    return " × ".join(f"{n} {_plural(heading(name)) if n > 1 else heading(name)}" for name, n in axes.items())


def _plural(word: str) -> str:
    return word if word.endswith("s") else f"{word}s"


@cache
def templates() -> Environment:
    """The report's templates, with numbers as the page writes them."""
    return environment(
        "gossamer.report",
        **{name: getattr(numbers, name) for name in numbers.__all__},
        heading=heading,
        shown=shown,
        in_words=in_words,
    )
