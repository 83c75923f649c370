"""A setting's values as people read them."""

from typing import Any

import pytest

from gossamer.setting_words import in_words, shown


def test_a_setting_in_words() -> None:
    setting = {"layers": "conv4 dense", "learning_rate": 1e-05, "batch_size": 4096}
    names = ["layers", "learning_rate", "batch_size"]
    assert in_words(setting, names) == "conv4 dense, learning rate 1e\N{MINUS SIGN}05, batch size 4,096"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0005, "0.0005"), (1.0, "1"), (True, "yes"), (4096, "4,096"), ("a", "a")],
)
def test_a_value_is_shown_in_as_many_digits_as_it_has(value: Any, text: str) -> None:
    assert shown(value) == text
