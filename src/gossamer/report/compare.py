"""Two or more studies side by side: plain records first, then one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gossamer.errors import SettingError, StudyFolderError
from gossamer.files import write_atomically
from gossamer.numbers import figure
from gossamer.report import scores
from gossamer.report.chart import scale
from gossamer.report.page import templates
from gossamer.search import with_neutral
from gossamer.stats.mcnemar import Paired, mcnemar
from gossamer.study import StudyFolder
from gossamer.study.read import Records, read_records
from gossamer.study.record import Cell, Setting, shown_names
from gossamer.web import content_policy, script

MOST = 12
"""Studies on one page."""
WIDTH, LINE, LEFT, RIGHT, TOP = 760, 34, 200.0, 740.0, 12.0


@dataclass(frozen=True, eq=False)
class Side:
    """A study on the page: what it is called there, and its records."""

    name: str
    records: Records
    interval: tuple[float, float]

    @property
    def setting(self) -> Setting:
        """The selected setting, with the neutral values that its study does not name."""
        return _whole(self.records.results.selection.setting)


@dataclass(frozen=True)
class Whisker:
    """A study's line in the figure: its accuracy and the interval's ends, as places from the left."""

    name: str
    y: float
    low: float
    at: float
    high: float
    text: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the page is drawn from.

    Attributes:
        sides: the studies, in the order given.
        same_test: whether all were scored on the same test images.
        same_train: whether all were trained on the same images.
        paired: on the same test images, each study against the first; None where one's errors are not listed.
        names: the names of a setting's values that vary within or between the studies.
        settings: the settings that more than one study searched, and each study's cell of it, or None.
        whiskers: the lines of the figure.
        ticks: its scale.
        height: its height.
    """

    sides: tuple[Side, ...]
    same_test: bool
    same_train: bool
    paired: tuple[Paired | None, ...]
    names: tuple[str, ...]
    settings: tuple[tuple[Setting, tuple[Cell | None, ...]], ...]
    whiskers: tuple[Whisker, ...]
    ticks: tuple[tuple[float, str], ...]
    height: float


def compare_studies(folders: Sequence[StudyFolder]) -> Comparison:
    """Read the studies and set them side by side.

    Raises:
        SettingError: there are fewer than two, or more than MOST.
        StudyFolderError, ModelFileError: one cannot be read.
    """
    if not 2 <= len(folders) <= MOST:
        raise SettingError(f"compare takes from 2 to {MOST} study folders; got {len(folders)}")
    sides = tuple(
        Side(name, records, scores.interval(records.results.test))
        for name, records in zip(_names(folders), map(read_records, folders), strict=True)
    )
    same_test = len({side.records.results.data.test_fingerprint for side in sides}) == 1
    same_train = len({side.records.results.data.train_fingerprint for side in sides}) == 1
    whiskers, ticks = _whiskers(sides)
    return Comparison(
        sides,
        same_test,
        same_train,
        tuple(_paired(sides[0], side) if same_test else None for side in sides[1:]),
        tuple(_names_shown(sides)),
        tuple(_shared(sides)),
        whiskers,
        ticks,
        TOP + LINE * len(sides) + 40,
    )


def write_comparison(folders: Sequence[StudyFolder], path: Path) -> Comparison:
    """Write the page of the comparison to `path`, whole or not at all.

    Raises:
        SettingError, StudyFolderError, ModelFileError: as `compare_studies`; or it cannot be written.
    """
    found = compare_studies(folders)
    scripts = [script("gossamer.report", "report.js")]
    page = (
        templates()
        .get_template("compare.html.j2")
        .render(
            found=found,
            scripts=scripts,
            policy=content_policy(scripts),
            frame={"WIDTH": WIDTH, "LINE": LINE, "LEFT": LEFT, "RIGHT": RIGHT, "TOP": TOP},
            zip=zip,
        )
    )
    try:
        write_atomically(path, page.encode(errors="replace"))
    except OSError as error:
        raise StudyFolderError(
            f"{path}: cannot be written ({error.strerror or error}); name another file with --out"
        ) from error
    return found


def _whole(setting: Setting) -> Setting:
    return Setting(with_neutral("training", setting))


def _names(folders: Sequence[StudyFolder]) -> list[str]:
    """The folders' own names, or as much of their paths as tells them apart."""
    paths = [folder.path.resolve() for folder in folders]
    for parts in range(1, max(len(path.parts) for path in paths) + 1):
        names = [str(Path(*path.parts[-parts:])) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{path.name} ({number})" for number, path in enumerate(paths, 1)]  # one folder given twice


def _paired(first: Side, second: Side) -> Paired | None:
    details = first.records.details, second.records.details
    if details[0] is None or details[1] is None:
        return None
    errors = [{answer.row for answer in each.errors.answers} for each in details if each is not None]
    return mcnemar(errors[0], errors[1])


def _names_shown(sides: Sequence[Side]) -> list[str]:
    names = shown_names(_whole(cell.setting) for side in sides for cell in side.records.results.search.cells)
    return names if "layers" in names else ["layers", *names]


def _shared(sides: Sequence[Side]) -> list[tuple[Setting, tuple[Cell | None, ...]]]:
    by_setting = [
        {_whole(cell.setting): cell for cell in side.records.results.search.cells} for side in sides
    ]
    settings = dict.fromkeys(setting for cells in by_setting for setting in cells)
    shared = [(setting, tuple(cells.get(setting) for cells in by_setting)) for setting in settings]
    return [(setting, cells) for setting, cells in shared if sum(cell is not None for cell in cells) > 1]


def _whiskers(sides: Sequence[Side]) -> tuple[tuple[Whisker, ...], tuple[tuple[float, str], ...]]:
    low, high = min(side.interval[0] for side in sides), max(side.interval[1] for side in sides)
    margin = max((high - low) / 10, 0.001)
    x = scale(max(0.0, low - margin), min(1.0, high + margin), LEFT, RIGHT)
    lines = tuple(
        Whisker(
            side.name,
            TOP + LINE * (i + 0.5),
            x(side.interval[0]),
            x(side.records.results.test.accuracy),
            x(side.interval[1]),
            f"{side.name}: {figure(side.records.results.test.accuracy)},"
            f" {figure(side.interval[0])} to {figure(side.interval[1])}",
        )
        for i, side in enumerate(sides)
    )
    marks = [low + (high - low) * i / 4 for i in range(5)]
    return lines, tuple((x(mark), figure(mark)) for mark in marks)
