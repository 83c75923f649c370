"""A setting is a mapping; tables show what varies."""

import re
from typing import Any

import pytest

from gossamer.study.record import Setting, shown_names
from gossamer.study.record.codec import decode_at

BASE: dict[str, Any] = {"layers": "conv4 dense", "learning_rate": 0.001, "batch_size": 32}


def test_equal_settings_are_one_key() -> None:
    assert len({Setting(BASE), Setting(BASE | {}), Setting(BASE | {"batch_size": 64})}) == 2


def test_the_names_have_one_order() -> None:
    values = BASE | {"ema": 0.9, "epochs": 10, "class_weights": "none"}
    in_order = ["layers", "learning_rate", "batch_size", "epochs", "class_weights", "ema"]
    assert list(Setting(dict(sorted(values.items())))) == in_order


def test_the_names_that_vary_are_shown_beside_rate_and_batch() -> None:
    settings = [Setting(BASE | {"epochs": 10, "ema": ema}) for ema in (0.0, 0.9)]
    assert shown_names(settings) == ["learning_rate", "batch_size", "ema"]
    assert shown_names([Setting(BASE), Setting(BASE | {"layers": "dense"})])[0] == "layers"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0}, "cell.learning_rate must be from 1e-300 to 1e+06, not 0"),
        ({"layers": 3}, "cell.layers must be a text, not 3"),
        ({"ema": float("nan")}, "cell.ema must be from -1e+300 to 1e+300, not nan"),
        ({"ema": [1]}, "cell.ema must be a number, not [1]"),
    ],
)
def test_a_bad_value_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decode_at("cell", Setting, BASE | change)


def test_what_every_setting_has_may_not_be_missing() -> None:
    with pytest.raises(ValueError, match=r"cell\.batch_size is missing"):
        decode_at("cell", Setting, {"layers": "dense", "learning_rate": 0.1})
