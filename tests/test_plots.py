"""The plots of a study: what they draw is what the record says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import gossamer
from gossamer import plots
from gossamer.errors import GossamerError


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> gossamer.StudyResults:
    study = gossamer.Study(
        network=gossamer.NetworkSettings(("conv4 pool dense", "conv8 pool dense")),
        training=gossamer.TrainingSettings(learning_rate=(0.01,), batch_size=(32,), epochs=(2,)),
        search=gossamer.SearchSettings(folds=2),
        final=gossamer.FinalSettings(max_epochs=3),
    )
    return gossamer.run(study, "digits", out=tmp_path_factory.mktemp("plots") / "study")


def drawn(values: object) -> list[float]:
    """The numbers of a line."""
    return [float(value) for value in np.asarray(values)]


def test_the_history_is_drawn_by_epoch(results: gossamer.StudyResults) -> None:
    loss, accuracy = results.plot_history().axes
    final = results.record.final
    assert [line.get_label() for line in loss.lines[:2]] == ["training", "validation"]
    assert drawn(loss.lines[1].get_ydata()) == [epoch.val_loss for epoch in final.history]
    assert drawn(accuracy.lines[0].get_xdata()) == [epoch.epoch for epoch in final.history]
    assert drawn(loss.lines[2].get_xdata())[0] == final.best_epoch


def test_a_diverged_epoch_is_a_gap(results: gossamer.StudyResults) -> None:
    first, *rest = results.record.final.history
    final = replace(results.record.final, history=(replace(first, val_loss=None), *rest))
    values = np.asarray(plots.history_figure(final).axes[0].lines[1].get_ydata(), float)
    assert np.isnan(values[0])
    assert np.isfinite(values[1:]).all()


def test_the_confusion_matrix_has_every_count(results: gossamer.StudyResults) -> None:
    (axes,) = results.plot_confusion().axes
    drawn = [int(text.get_text()) for text in axes.texts]
    assert drawn == [value for row in results.test.confusion for value in row]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(results.model.classes)


def test_calibration_is_drawn_before_and_after(results: gossamer.StudyResults) -> None:
    before, after = results.plot_calibration().axes
    assert "before" in before.get_title()
    assert f"{results.model.temperature:.3f}" in after.get_title()
    assert len(before.patches) > 1


def test_networks_are_drawn_by_their_costs(results: gossamer.StudyResults) -> None:
    parameters, multiply_adds = results.plot_networks().axes
    assert parameters.get_xlabel() == "parameters"
    assert multiply_adds.get_xscale() == "log"
    single = replace(results.record, search=replace(results.record.search, pareto=None))
    with pytest.raises(GossamerError, match="one network only"):
        plots.networks_figure(single)


def test_a_figure_can_be_written_and_belongs_to_no_window(
    results: gossamer.StudyResults, tmp_path: Path
) -> None:
    from matplotlib import pyplot

    figure = results.plot_history()
    assert isinstance(figure, Figure)
    figure.savefig(tmp_path / "history.pdf")
    assert (tmp_path / "history.pdf").read_bytes().startswith(b"%PDF")
    assert not pyplot.get_fignums()
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined] # what a notebook shows


def test_without_matplotlib_the_error_says_what_to_install(
    results: gossamer.StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gossamer.figures", None)
    with pytest.raises(GossamerError, match=r"gossamer\[plot\]"):
        results.plot_history()
