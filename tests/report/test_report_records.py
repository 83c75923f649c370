"""What the page says: Table 2, Figure 1 of any network, the onset of overfitting, the findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer import numbers
from gossamer.network import Architecture
from gossamer.report import chart, comparisons, discussion, history_figure, scores
from gossamer.report import table2 as table2_module
from gossamer.report.network_figure import HEIGHT, WIDTH, Block, Branches, blocks, drawn
from gossamer.report.table2 import table2
from gossamer.search import RULES
from gossamer.study.record import Final, Results, TestSet, decode
from tests.random_networks import architectures

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def read(results: dict[str, Any]) -> Results:
    return decode(Results, results)


def test_table_2_has_a_row_a_setting_shaded_from_worst_to_best(read: Results) -> None:
    table = table2(read)
    assert [row.cell for row in table.rows] == list(read.search.cells)
    assert [row.selected for row in table.rows] == [True] + [False] * 5
    for reading in range(2):
        heats = [row.readings[reading].heat for row in table.rows]
        assert heats[0] == 1  # the best of both figures, by the fixture's rule
        assert heats == sorted(heats, reverse=True)
        assert heats[-1] == 0


def test_a_difference_is_ours_less_the_reports(read: Results) -> None:
    loss, accuracy = table2(read).rows[0].readings
    assert loss.difference == pytest.approx(0.25 + 0.0013 - 0.2652)
    assert accuracy.difference == pytest.approx(0.91 - 0.0017 - 0.9092)


def test_the_race_names_the_second_and_counts_the_folds(read: Results) -> None:
    assert table2(read).race == (
        "The next best (learning rate 0.001, batch size 64) is 0.0107 behind in mean validation loss;"
        " fold by fold, the selected one is ahead in 3 of 3."
    )


def test_one_standard_error_says_what_the_plainer_setting_costs(results: dict[str, Any]) -> None:
    # the second setting selected, though the first has the lower mean, by 0.0107; three folds 0.0013 apart
    # have the spread 0.0013 and the standard error 0.0013 / sqrt(3) = 0.00075
    results["selection"]["rule"] = "one-se"
    results["selection"]["setting"]["batch_size"] = 64
    assert table2(decode(Results, results)).race == (
        "The lowest mean validation loss (learning rate 0.001, batch size 32) is 0.0107 lower;"
        " its standard error over 3 folds is 0.0008."
    )
    results["selection"]["setting"]["batch_size"] = 32
    race = table2(decode(Results, results)).race
    assert race is not None
    assert race.startswith("The next best (learning rate 0.001, batch size 64) is 0.0107 behind")


def test_the_race_is_run_in_the_figure_that_chose(results: dict[str, Any]) -> None:
    results["selection"].update(rule="accuracy", metric="val_accuracy")
    race = table2(decode(Results, results)).race
    assert race is not None
    assert "is 0.0057 behind in mean validation accuracy" in race


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_words(rule: str) -> None:
    assert rule in table2_module.RULES


def test_rows_not_significantly_different_from_the_selected_one_are_known(read: Results) -> None:
    table = table2(read)
    assert [row.not_significant for row in table.rows] == [False, True, True, False, False, False]
    assert table.marks


@pytest.mark.parametrize(
    ("apart", "diverged", "finding"),
    [
        (
            [False, True, False],
            0,
            "Of the 3 other settings, 2 do not differ significantly from the selected one.",
        ),
        (
            [False, False],
            1,
            "None of the 2 other settings that did not diverge differs significantly from the selected one.",
        ),
        ([False], 0, "The one other setting does not differ significantly from the selected one."),
        ([True, True], 0, "The selected setting differs significantly from the 2 other settings."),
        ([True], 0, "The selected setting differs significantly from the one other setting."),
        (
            [True],
            1,
            "The selected setting differs significantly from the one other setting that did not diverge.",
        ),
        ([], 0, None),
        ([], 2, None),
    ],
)
def test_settings_not_significantly_different_are_counted(
    read: Results, apart: list[bool], diverged: int, finding: str | None
) -> None:
    compared = [
        replace(each, significant=significant)
        for each, significant in zip(read.selection.comparisons or (), apart, strict=False)
    ]
    cells = read.search.cells[: 1 + len(apart) + diverged]
    changed = replace(
        read,
        selection=replace(read.selection, comparisons=tuple(compared)),
        search=replace(read.search, cells=cells),
    )
    assert comparisons.finding(changed) == finding


@st.composite
def networks(draw: st.DrawFn) -> Architecture:
    """Any network that fits its images."""
    height, width = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    convolution = st.builds("conv{}k{}".format, st.integers(1, 4096), st.sampled_from([1, 3, 5, 7]))
    words = draw(st.lists(convolution | st.just("gap"), max_size=20))
    pools = min(height, width).bit_length() - 1 if "gap" not in words else 0
    words += draw(st.lists(st.sampled_from(["pool", "avg"]), max_size=pools))
    return Architecture.parse(
        " ".join([*words, "dense"]), (height, width, draw(st.integers(1, 4))), draw(st.integers(2, 1000))
    )


def flat(items: Iterable[Block | Branches]) -> Iterator[Block]:
    for item in items:
        if isinstance(item, Block):
            yield item
        else:
            yield from flat((*item.first, *item.second))


@given(networks() | architectures())
def test_figure_1_holds_every_layer_within_its_drawing(network: Architecture) -> None:
    found = blocks(network)
    assert [block.word for block in found] == ["input", *(unit.word for unit in network.units)]
    assert sum(block.parameters for block in found) == network.parameters
    assert list(flat(drawn(network))) == found
    for block in found:
        assert block.work
        for corner in f"{block.front} {block.top} {block.side}".split():
            x, y = map(float, corner.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_branches_stand_side_by_side_before_their_sum() -> None:
    network = Architecture.parse("conv4 (conv4 (conv4 conv4 |) pool dw | conv4s2) dense", (8, 8, 1), 2)
    begin, first, branches, total, last = drawn(network)
    assert isinstance(branches, Branches)
    assert [getattr(each, "word", "") for each in (begin, first, total, last)] == [
        "input",
        "conv4",
        "(|)",
        "dense",
    ]
    assert [getattr(each, "word", None) for each in branches.first] == ["conv4", None, "(|)", "pool", "dw"]
    assert [getattr(each, "word", None) for each in branches.second] == ["conv4s2"]
    assert isinstance(branches.first[1], Branches)
    assert branches.first[1].second == ()


def test_table_1_says_what_today_s_words_do() -> None:
    network = Architecture.parse("bn relu6 inv2e3k5s2 conv2+ (dw |) dense", (7, 7, 2), 2)
    _, inverted, residual, *_ = blocks(network)
    assert inverted.work == (
        "1 × 1 convolution, batch norm, ReLU6,"
        " 5 × 5 depthwise convolution, padding 2, stride 2, batch norm, ReLU6,"
        " 1 × 1 convolution, batch norm"
    )
    assert inverted.size == "⌊(7 + 2 · 2 − 5) / 2⌋ + 1 = 4"
    assert inverted.sum == "1 · 1 · 2 · 6 + 2 · 6 + 5 · 5 · 6 + 2 · 6 + 1 · 1 · 6 · 2 + 2 · 2"
    assert inverted.parameters == 12 + 12 + 150 + 12 + 12 + 4
    assert residual.work == "3 × 3 convolution, padding 1, stride 1, batch norm, sum with the input, ReLU6"
    assert "sum with the input" in blocks(network)[3].work  # (dw |) spells dw+


def test_figure_1_works_the_equations_out_for_the_reports_network() -> None:
    found = blocks(Architecture.parse("conv16 pool conv32 pool dense", (28, 28, 1), 10))
    assert [block.output for block in found] == [
        "28 × 28 × 1",
        "28 × 28 × 16",
        "14 × 14 × 16",
        "14 × 14 × 32",
        "7 × 7 × 32",
        "10",
    ]
    assert [block.parameters for block in found] == [0, 160, 0, 4_640, 0, 15_690]
    assert found[1].size == "⌊(28 + 2 · 1 − 3) / 1⌋ + 1 = 28"
    assert found[3].sum == "3 · 3 · 16 · 32 + 32"


def test_the_equation_is_worked_out_for_both_sides_where_they_differ() -> None:
    pool = blocks(Architecture.parse("pool dense", (9, 4, 1), 2))[1]
    assert pool.size == "⌊(9 + 2 · 0 − 2) / 2⌋ + 1 = 4; ⌊(4 + 2 · 0 − 2) / 2⌋ + 1 = 2"


def test_overfitting_sets_in_after_the_best_epoch(read: Results) -> None:
    found = history_figure.overfitting(read.final)
    assert found.onset == read.final.best_epoch + 1 == 5
    assert "epoch 5" in found.finding
    later = [epoch.val_loss for epoch in read.final.history if epoch.epoch >= 5]
    assert all(loss is not None and loss >= 0.3 for loss in later)


def _ended_at_the_best(final: dict[str, Any]) -> None:
    final.update(history=final["history"][:4], epochs=4)


def _training_loss_rose(final: dict[str, Any]) -> None:
    final["history"][-1]["train_loss"] = 5.0


def _diverged(final: dict[str, Any]) -> None:
    for epoch in final["history"]:
        epoch.update(train_loss=None, val_loss=None)
    final["best_epoch"] = 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_ended_at_the_best, "no overfitting was seen"),
        (_training_loss_rose, "not overfitting"),
        (_diverged, "diverged"),
    ],
)
def test_no_onset_is_claimed_where_there_is_none(results: dict[str, Any], change: Change, words: str) -> None:
    change(results["final"])
    final = decode(Final, results["final"])
    found = history_figure.overfitting(final)
    assert found.onset is None
    assert words in found.finding
    assert all(chart.onset is None for chart in history_figure.charts(final))


def test_why_training_ended_is_said(read: Results) -> None:
    assert "stopped early, after epoch 7: 3 epochs in a row" in history_figure.stopping(read.final)
    assert "the most that the study allows" in history_figure.stopping(replace(read.final, patience=4))


def test_fixed_epochs_select_none_and_keep_the_last(results: dict[str, Any]) -> None:
    final = decode(Final, results["final"] | {"patience": 0, "best_epoch": 7})
    assert history_figure.stopping(final) == (
        "Training took the 7 epochs that were fixed beforehand, and its last weights are kept: no epoch was"
        " selected."
    )
    lowest = history_figure.lowest(final)
    assert lowest is not None
    assert lowest.epoch == 4
    assert history_figure.overfitting(final).onset == 5


def test_without_validation_images_there_are_training_figures_alone(results: dict[str, Any]) -> None:
    final = decode(Final, _unvalidated(results["final"]))
    assert history_figure.lowest(final) is None
    assert history_figure.overfitting(final) == history_figure.Overfitting(None, history_figure.NONE_UNSEEN)
    for each in history_figure.charts(final):
        assert [curve.name for curve in each.curves] == ["training"]
        assert (each.best, each.onset) == (None, None)
        assert "validation" not in each.description
        assert "diverged" not in each.description


def _unvalidated(final: dict[str, Any]) -> dict[str, Any]:
    none = dict.fromkeys(("val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1"))
    history = [epoch | none for epoch in final["history"]]
    return final | none | {"validation": 0, "patience": 0, "best_epoch": 7, "history": history}


def test_one_figure_of_each_setting_is_no_comparison(results: dict[str, Any]) -> None:
    results["search"].update(folds=1, repeats=1, holdout=0.2)
    results["selection"].update(comparisons=None, not_significant=None)
    for cell in results["search"]["cells"]:
        cell["folds"] = cell["folds"][:1]
    found = decode(Results, results)
    said = comparisons.finding(found)
    assert said is not None
    assert "no spread" in said
    assert table2_module.rule(found) == "the lowest validation loss"
    race = table2(found).race
    assert race == "The next best (learning rate 0.001, batch size 64) is 0.0107 behind in validation loss."


_LOSS = st.none() | st.floats(0, 1e300)


@given(st.lists(st.tuples(_LOSS, _LOSS), min_size=1, max_size=40))
def test_curves_stay_in_their_frame_and_break_where_a_figure_is_missing(
    losses: list[tuple[float | None, float | None]],
) -> None:
    history: list[dict[str, Any]] = [
        dict.fromkeys(("train_accuracy", "val_accuracy", "val_balanced_accuracy", "val_macro_f1"), 0.5)
        | {"epoch": i, "train_loss": train, "val_loss": val}
        for i, (train, val) in enumerate(losses, 1)
    ]
    counts = {"train": 1, "validation": 1, "patience": 5, "epochs": len(history), "best_epoch": 1}
    missing = ("val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1")
    figures = dict.fromkeys(missing) | {"model": "", "history": history}
    drawn = history_figure.charts(decode(Final, counts | figures))[0]
    for curve, values in zip(drawn.curves, zip(*losses, strict=True), strict=True):
        assert len(curve.dots) == sum(value is not None for value in values)
        for x, y in curve.dots:
            assert chart.LEFT <= x <= chart.RIGHT
            assert chart.TOP <= y <= chart.BOTTOM


def test_which_axis_moves_the_result_more_is_computed(read: Results) -> None:
    accuracy, loss = discussion.explained(read)
    assert accuracy.finding.startswith(
        "The batch size moves mean validation accuracy more than the learning rate"
    )
    assert loss.finding.startswith("The learning rate moves mean validation loss more than the batch size")
    assert "71.0%" in loss.finding


def _two_networks(search: dict[str, Any]) -> None:
    search["cells"][-1]["setting"]["layers"] = "conv1 dense"


def _one_batch_size(search: dict[str, Any]) -> None:
    search["cells"] = [cell for cell in search["cells"] if cell["setting"]["batch_size"] == 32]


def _one_diverged(search: dict[str, Any]) -> None:
    search["cells"][-1].update(mean_val_loss=None, mean_val_accuracy=None)


def _all_level(search: dict[str, Any]) -> None:
    for cell in search["cells"]:
        cell.update(mean_val_loss=1.0, mean_val_accuracy=0.5)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_two_networks, "two values of the setting that vary, and here 3 did"),
        (_one_batch_size, "two values of the setting that vary, and here 1 did"),
        (_one_diverged, "a setting diverged"),
        (_all_level, "the same figure"),
    ],
)
def test_missing_shares_are_explained(results: dict[str, Any], change: Change, why: str) -> None:
    results["search"]["variance_shares"] = None
    change(results["search"])
    for each in discussion.explained(decode(Results, results)):
        assert each.shares is None
        assert why in each.finding


def test_the_best_and_the_worst_batch_size_are_found_at_every_rate(read: Results) -> None:
    assert discussion.batch_sizes(read) == (
        "The batch size with the lowest mean validation loss is 32 at learning rates 0.001 and 0.0001;"
        " the one with the highest is 128 at learning rates 0.001 and 0.0001."
    )


def test_the_interval_of_the_tests_accuracy_is_wilsons(read: Results) -> None:
    # 81 of 263: the worked example of Newcombe 1998, Statistics in Medicine 17, method 3
    low, high = scores.interval(replace(read.test, n=263, correct=81))
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    for correct in (0, 30):
        low, high = scores.interval(replace(read.test, correct=correct))
        assert 0 <= low < high <= 1


def test_confusions_are_ranked_and_the_diagonal_is_right(results: dict[str, Any]) -> None:
    test = decode(TestSet, results["test"])
    matrix = scores.confusion_matrix(test, ("a", "b", "c"))
    assert matrix is not None
    assert [[entry.images for entry in row] for _, row in matrix] == results["test"]["confusion"]
    assert [[entry.right for entry in row] for _, row in matrix] == [
        [i == j for j in range(3)] for i in range(3)
    ]
    errors = [
        (each.true, each.predicted, each.images) for each in scores.most_confused(test, ("a", "b", "c"))
    ]
    assert errors == [("a", "c", 2), ("c", "a", 2), ("a", "b", 1), ("b", "c", 1)]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (numbers.signed(-0.00312), "−0.0031"),
        (numbers.signed(0.2), "+0.2000"),
        (numbers.signed(-0.00001), "0.0000"),
        (numbers.signed(None), ""),
        (numbers.figure(None), "diverged"),
        (numbers.figure(1e300), "1e+300"),
        (numbers.rate(0.005), "0.005"),
        (numbers.rate(1e-05), "1e−05"),
        (numbers.rate(1.0), "1"),
        (numbers.percent(0.0004), "< 0.1%"),
        (numbers.percent(0.0), "0.0%"),
        (numbers.probability(0.0312), "0.0312"),
        (numbers.probability(1.0), "1.0000"),
        (numbers.probability(0.0), "< 0.0001"),
        (numbers.duration(59.96), "60.0 s"),
        (numbers.duration(3600), "60 min"),
        (numbers.duration(9000), "2.5 h"),
        (numbers.listed(["a"]), "a"),
        (numbers.listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_are_written(written: str, text: str) -> None:
    assert written == text
