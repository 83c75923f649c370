"""The record as Markdown, and its place in a page: a section between two markers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Spread
from benchmarks.instruction_sets import UNHELD
from benchmarks.record import Record, Standing
from gossamer.files import write_atomically
from gossamer.numbers import counted

QUIET = 0.05
"""The share of the machine that others may use before the page warns."""

BUSY = (
    "**Measured on a busy machine: not to be quoted.** Frameworks whose threads wait for each other after"
    " every layer lose far more to a busy core than the native engine does."
)


def markdown(record: Record) -> str:
    """The whole section."""
    parts = [_head(record), "### Images a second", _rates(record)]
    rivals = any(not standing.name.startswith("native") for standing in record.standings)
    for name in _natives(record):
        if not rivals or "fits at once" in name:  # one fit is held against one fit
            continue
        parts += [f"### How many times faster: {name}", _ratios(record, name)]
    if record.peak:
        parts += ["### Share of the peak", _peak(record)]
    if record.scaling:
        rows = [[name, ratio_cell(value)] for name, value in record.scaling.items()]
        parts += ["### Growth", table(["native engine", "ratio"], rows)]
    parts += ["### Contestants", _contestants(record)]
    return "\n\n".join(parts) + "\n"


def replace_section(path: Path, name: str, text: str) -> None:
    """Put `text` between the markers of section `name` in the page at `path`.

    Raises:
        ValueError: the page does not have the two markers once each, in order.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end) or begin in rest or end in after:
        raise ValueError(f"{path}: needs the lines {begin!r} and {end!r}, once each, for the results")
    write_atomically(path, f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")


def head(date: str, machine: Mapping[str, Any], versions: Mapping[str, str]) -> list[str]:
    """The lines that say when, where and with what; the first warns if others used the machine."""
    warning = [BUSY + "\n"] if (machine["others"] or 0) > QUIET else []
    return [
        *warning,
        f"- Date: {date}",
        f"- Machine: {machine['processor']}, {counted(machine['cores'], 'core')}, {machine['system']};"
        f" load average before the run {machine['load_before']:.2f}{_others(machine['others'])}",
        f"- Native engine: {machine['native']}",
        f"- Versions: {', '.join(f'{name} {version}' for name, version in versions.items())}",
    ]


def _head(record: Record) -> str:
    setting = record.setting
    work, held = setting["multiply_adds"], setting["held_to"]
    lines = [
        *head(record.date, record.machine, record.versions),
        *([f"- Held to {held}: all but {', '.join(UNHELD)}, which cannot be"] if held else []),
        f"- Images: {setting['images']}",
        f"- Network: `{setting['network']}`, {setting['parameters']:,} parameters; multiply-adds an image:"
        f" {work['evaluation']:,} in evaluation, {work['training']:,} in training (dense equivalent)",
        f"- {setting['rounds']} rounds, about {setting['seconds']:g} s a measurement; figures are medians"
        " with (least to greatest)",
    ]
    return "\n".join(lines)


def _others(share: float | None) -> str:
    return "" if share is None else f", CPU time used by others during it {share:.0%}"


def _rates(record: Record) -> str:
    rows = []
    for standing in record.standings:
        cells = [_rate(record.rate(standing, task)) for task in record.tasks]
        rows.append([standing.name, *cells] if standing.rates else _absent(standing, len(cells)))
    return table(["", *record.tasks], rows)


def _ratios(record: Record, name: str) -> str:
    native = record.standing(name)
    assert native is not None  # noqa: S101 - `_natives` names those that took part
    rows = []
    for standing in record.standings:
        if standing.name.startswith("native"):
            continue
        cells = [ratio_cell(record.ratio(native, standing, task)) for task in record.tasks]
        rows.append([standing.name, *cells] if standing.rates else _absent(standing, len(cells)))
    return table(["than", *record.tasks], rows)


def _peak(record: Record) -> str:
    best = max(record.peak) / 1e9
    rows = []
    for name in _natives(record):
        standing = record.standing(name)
        assert standing is not None  # noqa: S101
        cells = [_percent(record.peak_share(standing, task)) for task in record.tasks]
        rows.append([name, *cells])
    said = (
        f"One thread's peak, by a loop of nothing but multiply-adds: {best:.1f} thousand million a second;"
        " several threads are held against as many peaks. The work is counted as dense: all that the plain"
        " algorithm multiplies. The core does less, by Winograd's algorithm and by leaving out the zeros of"
        " the backward pass, so 100% is no limit."
    )
    return f"{said}\n\n{table(['', *record.tasks], rows)}"


def _contestants(record: Record) -> str:
    lines = []
    for standing in record.standings:
        line = f"- {standing.name}: {standing.what}."
        if standing.evaluation_batch and not standing.name.startswith("native"):
            line += f" Evaluation was fastest at batch {standing.evaluation_batch}."
        if standing.absent:
            line += f" {standing.absent[0].upper()}{standing.absent[1:]}."
        lines.append(line)
    return "\n".join(lines)


def _natives(record: Record) -> list[str]:
    return [each.name for each in record.standings if each.name.startswith("native") and each.rates]


def _absent(standing: Standing, cells: int) -> list[str]:
    reason = (standing.absent or "not measured").partition(" (")[0]
    return [standing.name, *([reason] * cells)]


def _rate(value: Spread | None) -> str:
    return "" if value is None else f"{value.median:,.0f} ({value.least:,.0f} to {value.greatest:,.0f})"


def ratio_cell(value: Spread | None) -> str:
    """A ratio with its spread."""
    return "" if value is None else f"{value.median:.2f} ({value.least:.2f} to {value.greatest:.2f})"


def _percent(value: Spread | None) -> str:
    return "" if value is None else f"{value.median:.0%} ({value.least:.0%} to {value.greatest:.0%})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Words in the first column, figures in the others."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
