"""Progress from Python: asked for, as bars in a notebook and as lines in a pipe."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import gossamer
from gossamer.study.events import FinalEpoch

STUDY = gossamer.Study(
    network=gossamer.NetworkSettings(("conv2 pool dense",)),
    training=gossamer.TrainingSettings(learning_rate=(0.01,), batch_size=(64,), epochs=(1,)),
    search=gossamer.SearchSettings(folds=2),
    final=gossamer.FinalSettings(max_epochs=1),
)


def test_nothing_is_printed_unless_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gossamer.run(STUDY, "digits", out=tmp_path / "study")
    assert capfd.readouterr() == ("", "")


def test_in_a_pipe_progress_is_lines_and_events_arrive_all_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    events: list[object] = []
    gossamer.run(STUDY, "digits", out=tmp_path / "study", progress=True, on_event=events.append)
    said = capfd.readouterr().err
    assert "1 setting, 2 fits" in said
    assert "final fit: epoch 1 of at most 1" in said
    assert any(isinstance(event, FinalEpoch) for event in events)


@pytest.mark.parametrize("bars", [True, False])
def test_in_a_notebook_progress_is_bars_where_they_can_be_redrawn(tmp_path: Path, bars: bool) -> None:
    """Bars take ipywidgets; without it, progress is lines, and no warning is shown."""
    hide = "" if bars else "import sys; sys.modules['ipywidgets'] = None\n"
    cell = (
        f"{hide}import gossamer\n"
        "from gossamer import FinalSettings, NetworkSettings, SearchSettings, Study, TrainingSettings\n"
        "study = Study(network=NetworkSettings(('conv2 pool dense',)), search=SearchSettings(folds=2),\n"
        "    training=TrainingSettings(learning_rate=(0.01,), batch_size=(64,), epochs=(1,)),\n"
        "    final=FinalSettings(max_epochs=1))\n"
        "gossamer.run(study, 'digits', out='study', progress=True)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = notebook.cells[0].outputs
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    text = str(outputs)
    assert ("application/vnd.jupyter.widget-view+json" in kinds) == bars
    assert ("final fit: epoch 1 of at most 1" in text) != bars
    assert "Warning" not in text
    assert "test accuracy" in text.lower()
