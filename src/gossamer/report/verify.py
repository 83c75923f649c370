"""Recomputes every number in a study folder's files from its data, its journal and its model."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gossamer.data import Dataset
from gossamer.errors import StudyFolderError, VerificationError
from gossamer.files import canonical_json
from gossamer.report.page import page_of
from gossamer.study import StudyFolder, to_toml
from gossamer.study.read import read_records
from gossamer.study.recompute import Recomputed, recompute
from gossamer.study.record import encode
from gossamer.study.tables import history_table, label_errors_table, search_table


@dataclass(frozen=True)
class Verified:
    """What was recomputed and found equal.

    Attributes:
        fits: fits whose weights were scored again on their validation images.
        images: how many images that took.
        numbers: numbers compared, by file.
        accesses: test-set accesses on record, before and after.
        final_validated: whether the final fit is among the fits; without validation images it is not.
    """

    fits: int
    images: int
    numbers: dict[str, int]
    accesses: int
    final_validated: bool


def verify_study(
    folder: StudyFolder,
    *,
    dataset: Dataset | None = None,
    on_fit: Callable[[int, int], None] = lambda *_: None,
) -> Verified:
    """Recompute a study's records and compare its files with them, without a fit or a new test-set access.

    What only fitting again could recompute is taken from the journal, whose rows must match their hashes: the
    figures of a fit's earlier epochs, and of its training images. timings.json is not looked at.

    Args:
        folder: the study's.
        dataset: its data, where they are no longer at the source that its study file names.
        on_fit: called with the number of fits that are scored, and with their total.

    Raises:
        VerificationError: the first difference.
        GossamerError: a file is missing or damaged, or the data or the engine cannot be had.
    """
    records = read_records(folder)
    if dataset is not None:  # its images must be the same, its name may have changed with its place
        dataset = replace(dataset, name=records.results.data.name)
    found = recompute(folder, dataset=dataset, on_fit=on_fit)
    moved = dataset is not None
    numbers = {
        folder.results.name: _compare_json(folder.results, encode(found.record)),
        folder.details.name: _compare_json(
            folder.details, encode(found.details.record), passing_over_origins=moved
        ),
    }
    texts = {
        folder.study: to_toml(found.plan.study),
        folder.search: search_table(found.record).csv(),
        folder.history: history_table(found.record).csv(),
    }
    if not moved:
        texts[folder.doubts] = label_errors_table(found.details.label_errors, found.plan.train).csv()
        numbers[folder.doubts.name] = 2 * len(found.details.label_errors)
    else:
        texts.pop(folder.study)  # it names the source
    for path, text in texts.items():
        _compare_text(path, text)
    _compare_model(folder, found)
    page = page_of(folder)
    if not folder.report.is_file() or folder.report.read_bytes() != page:
        raise VerificationError(
            f"{folder.report}: not the page that the folder's records give;"
            f" `gossamer report {folder.path}` draws it again"
        )
    return Verified(
        found.fits, found.images, numbers, found.record.test.accesses, found.record.final.validation > 0
    )


def _compare_json(path: Path, expected: dict[str, Any], *, passing_over_origins: bool = False) -> int:
    """How many numbers were compared."""
    stated = json.loads(_text(path))
    computed = json.loads(canonical_json(expected))
    for place, there, here in _differences(stated, computed):
        if not (passing_over_origins and place.endswith(".origin")):
            raise VerificationError(f"{path}: {place} is {_short(there)}, recomputed it is {_short(here)}")
    return sum(1 for _ in _numbers(computed))


_NOTHING = object()


def _differences(stated: Any, computed: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(stated, dict) and isinstance(computed, dict):
        for key in {**computed, **stated}:
            inner = f"{place}.{key}" if place else str(key)
            yield from _differences(stated.get(key, _NOTHING), computed.get(key, _NOTHING), inner)
    elif isinstance(stated, list) and isinstance(computed, list):
        for i, (there, here) in enumerate(zip_longest(stated, computed, fillvalue=_NOTHING)):
            yield from _differences(there, here, f"{place}[{i}]")
    elif type(stated) is not type(computed) or stated != computed:
        yield place, stated, computed


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _short(value: Any) -> str:
    if value is _NOTHING:
        return "not there"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _compare_text(path: Path, expected: str) -> None:
    for number, (there, here) in enumerate(
        zip_longest(_text(path).splitlines(), expected.splitlines()), start=1
    ):
        if there != here:
            raise VerificationError(
                f"{path}, line {number}: {_short(there)}, recomputed it is {_short(here)}"
            )


def _compare_model(folder: StudyFolder, found: Recomputed) -> None:
    if folder.model.read_bytes() != found.trained.model.to_bytes():
        raise VerificationError(f"{folder.model}: not the model that the journal's final fit ended with")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyFolderError(f"{path}: cannot be read ({error})") from error
