"""`gossamer run`: what it prints, what it leaves, and that it can be interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.data.hostile.pictures import good_folder

FILES = {
    ".lock",
    "study.toml",
    "journal.db",
    "results.json",
    "details.json",
    "timings.json",
    "doubts.csv",
    "search.csv",
    "history.csv",
    "model.safetensors",
    "report.html",
}


def test_it_leaves_a_complete_study_folder_and_prints_the_table(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    ran = gossamer("run", str(tiny_study), "--workers", "1")
    assert ran.code == 0, ran.err
    folder = Path("runs/tiny-study")
    assert {path.name for path in folder.iterdir()} == FILES
    results = json.loads((folder / "results.json").read_text())
    for cell in results["search"]["cells"]:
        assert f"{cell['mean_val_loss']:.4f} +- {cell['std_val_loss']:.4f}" in ran.out
    assert f"{results['test']['correct']} of 6 correct" in ran.out
    assert "1 test-set access\n" in ran.out
    assert "2 settings, 4 fits of at most 2 epochs" in ran.err
    assert "4 of 4 fits done" in ran.err
    assert "selected: learning rate" in ran.err


def test_json_is_the_results_file(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    ran = gossamer("run", str(tiny_study), "--workers", "1", "--json", "--out", "here")
    assert ran.code == 0, ran.err
    assert ran.out == Path("here/results.json").read_text()


def test_a_search_alone_prints_the_status(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    ran = gossamer("run", str(tiny_study), "--workers", "1", "--search-only")
    assert ran.code == 0, ran.err
    assert "4 of 4 fits done" in ran.out
    assert "test set   0 accesses" in ran.out
    assert gossamer("status", "runs/tiny-study").out == ran.out
    whole = gossamer("run", str(tiny_study), "--workers", "1")
    assert "(4 already in the journal)" in whole.err


def test_the_same_command_again_finds_everything_done(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    first = gossamer("run", str(tiny_study), "--workers", "1")
    again = gossamer("run", str(tiny_study), "--workers", "1")
    assert again.out == first.out
    assert "(4 already in the journal)" in again.err


@pytest.mark.parametrize(("source", "where"), [(".", "pets"), ("..", "pets/cat"), ("../pets", "pets")])
def test_a_study_in_its_datas_folder_is_no_part_of_them(
    gossamer: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, where: str
) -> None:
    good_folder(tmp_path / "pets")
    study = tmp_path / "study.toml"
    study.write_text(
        '[network]\nlayers = "conv2 dense"\n[training]\nlearning_rate = 0.01\nbatch_size = 4\n'
        "epochs = 1\n[search]\nfolds = 2\n[final]\nvalidation = 0.5\nmax_epochs = 1\n"
    )
    monkeypatch.chdir(tmp_path / where)
    words = ("run", str(study), "--data", source, "--workers", "1", "--json")
    first = gossamer(*words)
    assert first.code == 0, first.err
    assert [path.name for path in Path("runs").iterdir()] == ["study-pets"]
    again = gossamer(*words)
    assert (again.code, again.out) == (0, first.out)


def test_a_dry_run_says_what_is_missing_and_changes_nothing(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    ran = gossamer("run", str(tiny_study), "--dry-run")
    assert ran.code == 0, ran.err
    assert "2 settings, 4 fits; 0 in runs/tiny-study, 4 to be fitted" in ran.out
    assert "learning rate 0.01, fold 1" in ran.out
    assert not Path("runs").exists()
    gossamer("run", str(tiny_study), "--workers", "1")
    before = {path: path.read_bytes() for path in Path("runs/tiny-study").iterdir()}
    preview = json.loads(gossamer("run", str(tiny_study), "--dry-run", "--json").out)
    assert preview["missing"] == []
    assert {path: path.read_bytes() for path in Path("runs/tiny-study").iterdir()} == before


def test_studies_beside_that_used_the_same_test_images_are_named(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    first = gossamer("run", str(tiny_study), "--workers", "1")
    Path("runs/junk").mkdir()
    Path("runs/junk/journal.db").write_text("no journal")
    second = gossamer("run", str(tiny_study), "--workers", "1", "--seed", "1")
    assert "same test images" not in first.out
    assert "note        tiny-study beside it used the same test images" in second.out


def test_an_unknown_executor_is_refused_before_anything_is_done(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    for more in ([], ["--dry-run"]):
        ran = gossamer("run", str(tiny_study), "--executor", "cloud", *more)
        assert ran.code == 2
        assert "--executor must be one of auto, threads, processes, ray; got 'cloud'" in ran.err
    assert not Path("runs").exists()


def test_another_study_in_the_folder_is_refused_and_extend_carries_on(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    gossamer("run", str(tiny_study), "--workers", "1", "--out", "here")
    refused = gossamer("run", str(tiny_study), "--workers", "1", "--out", "here", "--seed", "1")
    assert refused.code == 1
    assert "here holds another study: its study.run.seed is 0, this one's 1" in refused.err
    tiny_study.write_text(tiny_study.read_text().replace("[0.01, 0.001]", "[0.01, 0.001, 0.1]"))
    extended = gossamer("run", str(tiny_study), "--workers", "1", "--out", "here", "--extend")
    assert extended.code == 0, extended.err
    assert "3 settings, 6 fits of at most 2 epochs (4 already in the journal)" in extended.err


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ([], "tiny-study"),
        (["--seed", "3"], "tiny-study-seed3"),
        (["--seed", "3", "--subset", "9"], "tiny-study-subset9-seed3"),
        (["--engine", "torch", "--device", "cpu"], "tiny-study-torch-cpu"),
        (["--seed", "3", "--set", "training.epochs=4"], "tiny-study-seed3-epochs4"),
        (["--set", "training.learning_rate=[0.1, 0.01]"], "tiny-study-learning_rate0.1-0.01"),
        (["--set", "network.layers=conv2 pool dense"], "tiny-study-conv2-pool-dense"),
        (["--set", "search.nested=true", "--set", "search.select=macro-f1"], "tiny-study-nested-macro-f1"),
        (
            ["--set", f"network.layers={' '.join(['conv2'] * 20)} dense"],
            "tiny-study-" + "conv2-" * 13 + "co-946743b5",
        ),
    ],
)
def test_two_commands_have_two_folders(
    gossamer: Callable[..., Any], tiny_study: Path, words: list[str], folder: str
) -> None:
    ran = gossamer("run", str(tiny_study), *words, "--dry-run")
    assert f"in runs/{folder}," in ran.out


def test_any_key_can_be_set(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    words = ["--set", "training.epochs=[1, 2]", "--set", 'network.layers=["gap dense", "conv2 dense"]']
    ran = gossamer("run", str(tiny_study), "--out", "here", "--workers", "1", *words)
    assert ran.code == 0, ran.err
    assert "8 settings, 16 fits of at most 2 epochs" in ran.err
    assert "epochs = [1, 2]" in Path("here/study.toml").read_text()
    cells = json.loads(Path("here/results.json").read_text())["search"]["cells"]
    assert [cell["setting"]["epochs"] for cell in cells] == [cell["epochs"] for cell in cells] == [1, 2] * 4
    refused = gossamer("run", str(tiny_study), "--set", "search.epochs=3")
    assert (refused.code, refused.err) == (2, "error: search.epochs is now training.epochs\n")


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background inherit that it is ignored
from gossamer.cli import main
main()
"""


@pytest.mark.parametrize(
    ("engine", "epochs"),  # seconds of either
    [("native", 1200), pytest.param("torch", 30, marks=pytest.mark.stress)],
)
def test_ctrl_c_leaves_a_study_that_goes_on_to_the_same_bytes(
    tiny_study: Path, tmp_path: Path, engine: str, epochs: int
) -> None:
    tiny_study.write_text(tiny_study.read_text().replace("epochs = 2", f"epochs = {epochs}"))

    def command(out: str) -> list[str]:
        words = ["run", str(tiny_study), "--engine", engine, "--workers", "2", "--out", out]
        return [sys.executable, "-c", INTERRUPTIBLE, *words]

    straight = subprocess.run(command("straight"), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Traceback" not in straight.stderr
    started = subprocess.Popen(
        command("broken"), cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    journal = tmp_path / "broken" / "journal.db"
    deadline = time.monotonic() + 60
    while not journal.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.5)
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, errors = started.communicate(timeout=60)
    assert started.returncode == 130, errors
    command_line = f"gossamer run {tiny_study} --engine {engine} --workers 2 --out broken"
    assert errors.rstrip().endswith(f"To go on: {command_line}")
    assert "Traceback" not in errors, errors
    subprocess.run(command("broken"), cwd=tmp_path, capture_output=True, check=True)
    for name in ("results.json", "search.csv", "model.safetensors", "history.csv"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes(), name


def test_status_says_how_far_it_is(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    gossamer("run", str(tiny_study), "--workers", "1", "--out", "here")
    said = gossamer("status", "here")
    assert said.code == 0, said.err
    assert said.out.startswith("here: finished\n")
    assert "test set   1 access\n" in said.out
    record = json.loads(gossamer("status", "here", "--json").out)
    assert record["fits"] == record["done"] == sum(cell["done"] for cell in record["cells"])
    missing = gossamer("status", "nowhere")
    assert missing.code == 1
    assert missing.err == "error: nowhere: no study there, for it has no journal.db\n"


RECIPE = """
[training]
learning_rate = [0.01, 0.001]
batch_size = 4
epochs = 2
schedule = "cosine"
shift = 1
[search]
folds = 1
holdout = 0.5
[final]
validation = 0
max_epochs = 0
patience = 0
[run]
engine = "torch"
device = "cpu"
"""


def test_what_was_not_held_out_has_no_figure_in_words(
    gossamer: Callable[..., Any], idx_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "study.toml"
    file.write_text(f"[data]\nsource = '{idx_folder}'\n[network]\nlayers = 'conv2 dense'\n{RECIPE}")
    ran = gossamer("run", str(file), "--workers", "1", "--out", "here")
    assert ran.code == 0, ran.err
    for line in (ran.out + ran.err).splitlines():
        assert not re.search(r"\b(nan|None|diverged|1 folds)\b", line), line
    assert ", of one hold-out" in ran.err
    assert "final fit: epoch 2 of 2, training loss" in ran.err
    assert (
        "final fit   2 epochs on all 12 training images, none kept for validation: training loss" in ran.out
    )
    assert re.search(
        r"^final fit  epoch 2, done; training loss", gossamer("status", "here").out, re.MULTILINE
    )
    record = json.loads(gossamer("status", "here", "--json").out)["final"]
    assert (record["val_loss"], record["val_accuracy"], record["early_stopping"]) == (None, None, False)
    verified = gossamer("verify", "here")
    assert "the weights of 2 scored again on 12 validation images" in verified.out
    assert "final fit has no validation images" in verified.out
    exported = gossamer("export", "here", "--to", "onnx")
    assert "validation  none: all images at hand were trained on\n" in exported.out
    assert json.loads(gossamer("export", "here", "--to", "c", "--json").out)["accuracy"] is None
    refused = gossamer("export", "here", "--to", "c-int8")
    assert refused.code == 1
    assert "on 6 images that 1 fit of its setting held out" in refused.err
    assert gossamer("export", "here", "--to", "huggingface").code == 0
    card = Path("here/export/huggingface/README.md").read_text()
    for words in (
        "validation accuracy, one hold-out",
        "among\n2 by one hold-out of 50% of 12 training images",
        "with one figure of each setting, none was compared with it",
        "12 images trained on and none validated on",
        "| shift | 1 | shifted by up to 1 px each way |",
    ):
        assert words in card


def test_the_executor_is_named_on_the_command_line_and_changes_no_byte(
    gossamer: Callable[..., Any], tiny_study: Path
) -> None:
    straight = gossamer("run", str(tiny_study), "--workers", "1", "--json", "--out", "straight")
    threads = gossamer("run", str(tiny_study), "--executor", "threads", "--json", "--out", "threads")
    assert threads.out == straight.out
    refused = gossamer("run", str(tiny_study), "--executor", "slurm", "--out", "slurm")
    assert refused.code == 2
    assert "--executor must be one of auto, threads, processes, ray; got 'slurm'" in refused.err


@pytest.mark.stress
@pytest.mark.parametrize("delay", [0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
def test_ctrl_c_on_ray_at_any_time_is_an_interruption(tiny_study: Path, tmp_path: Path, delay: float) -> None:
    """While Ray starts, above all: interrupted there, it would crash as the process ends."""
    pytest.importorskip("ray")
    rates = str([0.01 + number / 10_000 for number in range(100)])  # minutes of work
    text = tiny_study.read_text().replace("epochs = 2", "epochs = 10000").replace("[0.01, 0.001]", rates)
    tiny_study.write_text(text)
    words = ["run", str(tiny_study), "--executor", "ray", "--out", "out"]
    started = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "out" / "study.toml").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay)
    os.killpg(started.pid, signal.SIGINT)
    out, errors = started.communicate(timeout=60)
    assert started.returncode == 130, errors
    assert out == ""
    said = [line for line in errors.splitlines() if "ray" in line]
    assert said == [f"interrupted; what was finished is kept. To go on: gossamer {' '.join(words)}"]
