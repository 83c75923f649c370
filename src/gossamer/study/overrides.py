"""Changes of a study on the command line, as in `training.epochs=20`."""

import tomllib
from collections.abc import Sequence
from typing import Any

from gossamer.checks import shown
from gossamer.errors import SettingError


def parse_overrides(texts: Sequence[str]) -> dict[str, Any]:
    """The values by place that texts such as `training.epochs=20` give, for `change_study`.

    A value is TOML. What is not TOML is a text without its quotes.

    Raises:
        SettingError: a text has another form.
    """
    changes = {}
    for text in texts:
        place, equals, value = (part.strip() for part in text.partition("="))
        section, _, key = place.partition(".")
        if not (section and key and equals):
            raise SettingError(f"--set takes SECTION.KEY=VALUE, as in training.epochs=20; got {shown(text)}")
        changes[place] = _value(place, value)
    return changes


def _value(place: str, text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError) as error:
        if text[:1] in {"[", "{", '"', "'", ""}:  # begins as TOML does
            raise SettingError(f"--set {place}: {shown(text)} is not a TOML value ({error})") from error
        return text
    return parsed["value"] if len(parsed) == 1 else text
