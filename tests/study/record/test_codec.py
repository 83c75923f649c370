"""A record is written and read back equal; what is read is checked, with the place in the message."""

import re
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from gossamer.study.record import Results, collect, decode, encode
from gossamer.study.record.codec import Count, Fraction
from tests.made_up_results import made_up_results


@dataclass(frozen=True)
class Part:
    share: Fraction | None
    name: str = "none"


@dataclass(frozen=True)
class Whole:
    count: Count
    parts: tuple[Part, ...]
    named: dict[str, Fraction]
    last: Part | None


WHOLE = Whole(2, (Part(0.5, "a"), Part(None)), {"x": 1.0}, None)


def test_a_record_is_read_back_as_it_was_written() -> None:
    assert decode(Whole, encode(WHOLE)) == WHOLE
    results = made_up_results(parameters=1, model="")
    assert encode(decode(Results, results)) == results


def test_keys_may_be_added_within_a_format() -> None:
    value = encode(WHOLE)
    value["a later figure"] = 1.0
    del value["parts"][0]["name"]  # which has a default, as a figure has that came later
    assert decode(Whole, value).parts[0] == Part(0.5, "none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": -1}, "count must be from 0 to 1e+15, not -1"),
        ({"count": True}, "count must be a whole number, not True"),
        ({"count": 1.0}, "count must be a whole number, not 1.0"),
        ({"parts": {}}, "parts must be a list, not {}"),
        ({"parts": [{"share": 2}]}, "parts[0].share must be from 0 to 1, not 2"),
        ({"parts": [{"share": nan}]}, "parts[0].share must be from 0 to 1, not nan"),
        ({"parts": [{"name": "a"}]}, "parts[0].share is missing"),
        ({"named": {"x": inf}}, "named.x must be from 0 to 1, not inf"),
        ({"last": 3}, "last must be an object, not 3"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decode(Whole, encode(WHOLE) | change)


def test_a_record_is_collected_from_objects_of_the_same_names() -> None:
    @dataclass
    class Found:
        share: float
        count: int

    assert collect(Part, Found(0.25, 1), name="b") == Part(0.25, "b")
    assert collect(Part, Found(nan, 1), name="b") == Part(None, "b")
    whole = collect(Whole, Found(0.5, 3), parts=[Part(0.1, "a")], named={}, last=Part(0.2, "c"))
    assert whole == Whole(3, (Part(0.1, "a"),), {}, Part(0.2, "c"))


def test_a_path_is_written_as_text() -> None:
    assert encode(Path("a") / "b") == "a/b"
