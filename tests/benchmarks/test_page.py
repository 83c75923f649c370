"""The page's section, drawn from a record made by hand."""

import json
from pathlib import Path

import pytest

from benchmarks.figures import Spread
from benchmarks.page import BUSY, markdown, replace_section
from benchmarks.record import Record, Standing

PAGE = "# Title\n\n<!-- results: begin -->\nold\n<!-- results: end -->\n\nthe end\n"


def record(others: float = 0.0) -> Record:
    task = "training, batch 32"
    return Record(
        date="2026-01-02",
        machine={
            "processor": "a processor",
            "cores": 2,
            "system": "a system",
            "load_before": 0.1,
            "native": "native 1, plain",
            "others": others,
        },
        versions={"python": "3.11"},
        setting={
            "images": "some images",
            "network": "dense",
            "parameters": 10,
            "multiply_adds": {"training": 300, "evaluation": 100},
            "held_to": None,
            "rounds": 3,
            "seconds": 1.0,
        },
        tasks=[task, "evaluation"],
        standings=[
            Standing("native, 1 thread", "one fit", 1, rates={task: [40.0, 20.0, 30.0]}),
            Standing("tool", "as is", 2, rates={task: [10.0, 10.0, 10.0]}),
            Standing("rival", "as is", 2, absent="not installed (rival)"),
        ],
        peak=[12000.0] * 3,
        scaling={"threads": Spread(1.9, 1.8, 2.0)},
    )


def test_the_section_holds_medians_spreads_ratios_shares_and_who_is_absent() -> None:
    text = markdown(record())
    assert "| native, 1 thread | 30 (20 to 40) |  |" in text
    assert "| tool | 3.00 (2.00 to 4.00) |  |" in text
    assert "| native, 1 thread | 75% (50% to 100%) |  |" in text
    assert "| rival | not installed | not installed |" in text
    assert "| threads | 1.90 (1.80 to 2.00) |" in text
    assert BUSY not in text


def test_figures_of_a_busy_machine_say_so_first() -> None:
    assert markdown(record(others=0.2)).startswith(BUSY)


def test_a_run_held_to_an_instruction_set_says_who_could_not_be() -> None:
    held = record()
    held.setting["held_to"] = "avx2"
    assert "- Held to avx2: all but ONNX Runtime, which cannot be\n" in markdown(held)


def test_the_record_is_json_with_the_ratios_worked_out() -> None:
    found = json.loads(json.dumps(record().to_json()))
    assert found["ratios"]["native, 1 thread"]["tool"]["training, batch 32"]["median"] == 3.0


def test_a_section_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    for text in ("new\n", "newer\n"):
        replace_section(page, "results", text)
    assert page.read_text() == (
        "# Title\n\n<!-- results: begin -->\n\nnewer\n\n<!-- results: end -->\n\nthe end\n"
    )


@pytest.mark.parametrize("text", ["", "<!-- results: end -->\n<!-- results: begin -->", PAGE * 2])
def test_a_page_without_one_place_for_the_section_is_refused(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="once each"):
        replace_section(page, "results", "new")
    assert page.read_text() == text
