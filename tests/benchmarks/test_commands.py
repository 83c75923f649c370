"""The commands on the smallest budget: processes, contestants, files and exit codes for real."""

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import estimator, kernels, seeds
from benchmarks.__main__ import main
from benchmarks.contestants import catalogue
from benchmarks.instruction_sets import VARIABLES
from benchmarks.networks import Case

NATIVE, TORCH, ABSENT = "native, 1 thread", "PyTorch tuned, 1 thread", "ONNX Runtime, 1 thread"


@pytest.fixture
def quick(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs the command on 300 random images and gives its record."""

    def run(names: Sequence[str], options: Sequence[str] = ()) -> dict[str, Any]:
        file = tmp_path / "record.json"
        budget = ["--images", "300", "--seconds", "0.01", "--rounds", "2", "--batch-sizes", "32"]
        only = [word for name in names for word in ("--only", name)]
        assert main(["--random", *budget, *only, *options, "--json", str(file)]) == 0
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    return run


def test_a_run_records_every_contestant_round_and_ratio(
    quick: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("torch", "gossamer.engine._native"):
        pytest.importorskip(module)
    record = quick([NATIVE, TORCH, ABSENT])
    assert "RANDOM" in record["setting"]["images"]
    assert record["setting"]["parameters"] == 20_490
    assert record["setting"]["multiply_adds"] == {"evaluation": 1_031_744, "training": 2_982_336}
    tasks = ["training, batch 32", "evaluation"]
    assert record["tasks"] == tasks
    standings = {standing["name"]: standing for standing in record["standings"]}
    assert list(standings) == [NATIVE, TORCH, ABSENT]
    for name in (NATIVE, TORCH):
        assert standings[name]["absent"] is None
        assert {task: len(rates) for task, rates in standings[name]["rates"].items()} == dict.fromkeys(
            tasks, 2
        )
        assert all(rate > 0 for rates in standings[name]["rates"].values() for rate in rates)
    assert record["ratios"][NATIVE][TORCH].keys() == set(tasks)
    assert len(record["peak"]) == 2
    assert len(record["scaling"]) == 3
    shown = capsys.readouterr().out
    assert all(f"| {name} |" in shown for name in standings)


def test_what_is_missing_is_listed_as_not_installed(
    quick: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("benchmarks.contestants.find_spec", lambda _: None)
    monkeypatch.setattr("benchmarks.run.scaling", lambda *_, **__: {})
    record = quick([])
    assert [each["name"] for each in record["standings"]] == [entrant.name for entrant in catalogue(2)]
    assert all(each["absent"].startswith("not installed (") for each in record["standings"])
    assert capsys.readouterr().out.count("| not installed |") == len(record["standings"])


def test_everyone_is_held_to_an_instruction_set_and_the_record_says_so(
    quick: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    native = pytest.importorskip("gossamer.engine._native")
    if "avx2" not in native.runnable():
        pytest.skip("no AVX2 here")
    for variable in VARIABLES["avx2"]:
        monkeypatch.setenv(variable, "")  # so that what the command sets is undone
    record = quick([NATIVE], ["--kernels", "avx2", "--no-scaling"])
    assert ", avx2, " in record["machine"]["native"]
    assert record["setting"]["held_to"] == "avx2"
    assert "- Held to avx2: all but ONNX Runtime" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--seconds", "0"], ["--rounds", "-1"], ["--threads", "x"]])
def test_a_wrong_option_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(wrong)
    assert refused.value.code == 2


def test_names_are_unique_with_one_thread_and_with_more() -> None:
    for threads in (1, 2, 8):
        names = [entrant.name for entrant in catalogue(threads)]
        assert len(names) == len(set(names))


def test_kernels_are_timed_by_layer_and_instruction_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    native = pytest.importorskip("gossamer.engine._native")
    file, page = tmp_path / "record.json", tmp_path / "page.md"
    page.write_text("<!-- kernels: begin --><!-- kernels: end -->\n")
    outputs = ["--json", str(file), "--markdown", str(page)]
    network = "conv6 conv8 pool dw conv9s2 dense"
    chosen = ["--network", network, "--shape", "12x10x3", "--rounds", "1", "--positive", "0.5"]
    assert kernels.main([*chosen, *outputs]) == 0
    record = json.loads(file.read_text())
    names = [name for name in native.runnable() if name != "reference"]
    assert record["peaks"].keys() == set(names)
    figures = {(each["kernels"], each["what"]): each for each in record["kernels"]}
    for name in names:
        assert figures[name, "convolution 1, forward"]["microseconds"] > 0
        for kernel in ("convolution 1, backward", "depthwise 1, forward", "filter 2, backward"):
            assert figures[name, kernel]["peak_share"] > 0
        assert figures[name, "Adam"]["peak_share"] is None
    assert f"`{network}`, 12x10x3, batches of 64:" in page.read_text()
    assert f"| kernel | {' | '.join(names)} |" in page.read_text()
    assert capsys.readouterr().out.strip() in page.read_text()


def test_every_norm_and_its_parts_are_timed() -> None:
    native = pytest.importorskip("gossamer.engine._native")
    case = Case("bn conv4 (conv4 dw |) gap dense", (8, 8, 1), 32)
    peaks = kernels.peaks_of(native.runnable()[:1])
    found = {figure.what for figure in kernels.kernel_figures(case, 0.5, 1, peaks)}
    for number in (1, 2, 3):
        assert found >= {f"norm {number}, {part}" for part in ("moments", "forward", "sums", "backward")}
    assert "filter 1, backward" not in found  # nobody needs the gradient of the image


@pytest.mark.parametrize("share", ["-0.1", "1.1", "half"])
def test_a_wrong_share_is_refused(share: str) -> None:
    with pytest.raises(SystemExit) as refused:
        kernels.main(["--positive", share])
    assert refused.value.code == 2


def test_seeds_scores_each_final_fit_and_sums_up(
    tmp_path: Path, idx_bytes: Callable[[NDArray[np.uint8]], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 10)):
        images = random.integers(0, 256, (count, 8, 8)).astype(np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(
            idx_bytes((np.arange(count) % 3).astype(np.uint8))
        )
    file, page = tmp_path / "record.json", tmp_path / "page.md"
    page.write_text("<!-- seeds: begin --><!-- seeds: end -->\n")
    options = ["--seeds", "3", "--data", str(tmp_path), "--json", str(file), "--markdown", str(page)]
    assert seeds.main(options) == 0
    record = json.loads(file.read_text())
    accuracies = [each["test_accuracy"] for each in record["seeds"]]
    assert [each["seed"] for each in record["seeds"]] == [0, 1, 2]
    assert record["test_accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
    assert record["test_accuracy"]["std"] == pytest.approx(np.std(accuracies, ddof=1))
    assert (record["test_accuracy"]["min"], record["test_accuracy"]["max"]) == (
        min(accuracies),
        max(accuracies),
    )
    assert "Test accuracy over 3 seeds" in page.read_text()
    assert [line.split(":")[0] for line in sorted(capsys.readouterr().err.splitlines())] == [
        f"seed {seed}" for seed in range(3)
    ]


def test_the_classifier_is_held_against_skorchs_where_that_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--images", "200", "--epochs", "1", "--rounds", "1", "--json", str(tmp_path / "record.json")]
    code, said = estimator.main(options), capsys.readouterr()
    if find_spec("skorch") is None:
        assert code == 1
        assert "make bench installs skorch" in said.err
        return
    assert code == 0
    seconds = json.loads((tmp_path / "record.json").read_text())["seconds"]
    assert set(seconds) == {"LightweightCNNClassifier", "skorch"}
    assert "| times faster |" in said.out
