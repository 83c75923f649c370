"""A study over two networks: its table of what a smaller one costs, and what an observer is told."""

import json
from dataclasses import replace
from pathlib import Path

from gossamer.network import Architecture
from gossamer.report import write_report
from gossamer.study import NetworkSettings, Study, StudyFolder, events, plan_study, run_study

NETWORKS = ("conv4 pool dense", "gap dense")


def test_two_networks_are_an_axis_and_have_a_pareto_row_each(study: Study, tmp_path: Path) -> None:
    told: list[events.Event] = []
    plan = plan_study(replace(study, network=NetworkSettings(NETWORKS)))
    folder = StudyFolder(tmp_path / "a")
    run_study(plan, folder, observer=told.append)
    results = json.loads(folder.results.read_text())
    cells, rows = results["search"]["cells"], results["search"]["pareto"]
    assert [cell["setting"]["layers"] for cell in cells] == [words for words in NETWORKS for _ in range(4)]
    assert sorted(row["setting"]["layers"] for row in rows) == sorted(NETWORKS)
    for row in rows:
        network = Architecture.parse(row["setting"]["layers"], plan.train.shape, len(plan.train.classes))
        assert (row["parameters"], row["multiply_adds"]) == (network.parameters, network.multiply_adds)
        of_network = [cell for cell in cells if cell["setting"]["layers"] == row["setting"]["layers"]]
        lowest = min(cell["mean_val_loss"] for cell in of_network)
        assert row["mean_val_accuracy"] in [
            cell["mean_val_accuracy"] for cell in of_network if cell["mean_val_loss"] == lowest
        ]
    assert not all(row["dominated"] for row in rows)
    page = write_report(folder).read_text()
    assert "Table 2, networks." in page

    done = [event for event in told if isinstance(event, events.FitDone)]
    assert len(done) == len(cells) * 2
    figures = {fold["val_balanced_accuracy"] for cell in cells for fold in cell["folds"]}
    assert {event.history[-1].val_balanced_accuracy for event in done} == figures


def test_one_network_has_no_such_table(study: Study, tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "a")
    assert run_study(plan_study(study), folder).search.pareto is None
    assert "Table 2, networks." not in write_report(folder).read_text()
