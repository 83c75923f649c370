"""Tables keep every figure whole, however narrow the terminal is and however long the words are."""

import re
from operator import itemgetter

import pytest

from gossamer.cli.tables import show
from gossamer.tables import Column, Table

WORDS = "conv16 conv16 pool conv32 conv32 pool conv64 conv64 gap dense"
FIGURES = ("0.2501 +- 0.0101", "1,234,567", "0.0005")


HEADINGS = ("validation loss", "multiply-adds", "learning rate")


def long_table() -> Table[tuple[str, ...]]:
    figures = [Column[tuple[str, ...]](name, itemgetter(place)) for place, name in enumerate(HEADINGS, 1)]
    return Table([Column("network", itemgetter(0), words=True), *figures], [(WORDS, *FIGURES)])


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 200])
def test_no_figure_is_cut_and_no_word_lost(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    show(long_table(), title="A title")
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
    columns: list[Column[tuple[str, str]]] = [
        Column("class", itemgetter(0), words=True),
        Column("images", itemgetter(1)),
    ]
    show(Table(columns, [("x" * 100, "12,345")]))
    out = capsys.readouterr().out
    assert out.count("x") == 100
    assert "12,345" in out
    assert max(map(len, out.splitlines())) <= 40
