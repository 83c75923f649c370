"""Tables keep every figure whole, however narrow the terminal is and however long the words are."""

import re

import pytest
from rich.table import Table

from gossamer.cli.tables import show

WORDS = "conv16 conv16 pool conv32 conv32 pool conv64 conv64 gap dense"
FIGURES = ("0.2501 +- 0.0101", "1,234,567", "0.0005")


def long_table() -> Table:
    table = Table("network", title="A title")
    for heading in ("validation loss", "multiply-adds", "learning rate"):
        table.add_column(heading, justify="right")
    table.add_row(WORDS, *FIGURES)
    return table


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 200])
def test_no_figure_is_cut_and_no_word_lost(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    show(long_table())
    out = capsys.readouterr().out
    assert "\u2026" not in out
    numbers = re.findall(r"[0-9][0-9.,]*", " ".join(FIGURES))
    for number in numbers:
        assert re.search(rf"(?<![0-9.,]){re.escape(number)}(?![0-9.,])", out), number
    cells = [line.split("\u2502")[1] for line in out.splitlines() if line.startswith("\u2502")]
    assert " ".join(" ".join(cells).split()) == WORDS
    assert len({len(line) for line in out.splitlines()[1:]}) == 1
    if columns >= 80:
        assert max(map(len, out.splitlines())) <= columns


def test_in_a_pipe_nothing_folds(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(long_table())
    out = capsys.readouterr().out
    assert WORDS in out
    assert all(figure in out for figure in FIGURES)


def test_a_long_unbroken_word_folds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table = Table("class")
    table.add_column("images", justify="right")
    table.add_row("x" * 100, "12,345")
    show(table)
    out = capsys.readouterr().out
    assert out.count("x") == 100
    assert "12,345" in out
    assert max(map(len, out.splitlines())) <= 40
