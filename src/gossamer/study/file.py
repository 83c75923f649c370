"""A study file is TOML; an unknown key or a value out of range is refused with its place."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gossamer.checks import nearest, shown
from gossamer.errors import SettingError
from gossamer.study.settings import Section, Study

MAX_BYTES = 1 << 20

MOVED = {
    "search.learning_rate": "training.learning_rate",
    "search.batch_size": "training.batch_size",
    "search.epochs": "training.epochs",
    "search.choice": "search.select",
}
"""Keys of older study files, and their places now."""

SETTING = "setting"
"""The name of the tables that are no section."""

_SECTIONS: dict[str, type[Section]] = {
    each.name: type(getattr(Study(), each.name)) for each in fields(Study) if each.name != SETTING
}
_KEYS = {section: tuple(each.name for each in fields(of)) for section, of in _SECTIONS.items()}


def read_study(path: Path) -> Study:
    """The study that the file at `path` describes.

    Raises:
        SettingError: the file cannot be read, is not TOML, or holds an unknown key or a bad value.
    """
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise SettingError(f"{path}: {len(content):,} bytes; a study file has at most {MAX_BYTES:,}")
        tables = tomllib.loads(content.decode())
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, or a number of thousands of digits
        raise SettingError(f"{path}: not a TOML file: {error}") from error
    try:
        return study_from(tables)
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from error


def study_from(tables: Mapping[str, Any]) -> Study:
    """The study that `tables` (section to key to value) describe; defaults for the rest.

    Raises:
        SettingError: an unknown section or key, or a bad value.
    """
    sections: dict[str, Any] = {}
    for section, values in tables.items():
        if section == SETTING:
            sections[SETTING] = _tables_of_settings(values)
            continue
        if section not in _SECTIONS:
            hint = nearest(section, tuple(_KEYS)) or f"; the sections are {', '.join(_KEYS)}"
            raise SettingError(f"[{section}] is unknown{hint}")
        if not isinstance(values, Mapping):
            raise SettingError(f"[{section}] must be a table of settings; got {shown(values)}")
        for key in values:
            if key not in _KEYS[section]:
                raise SettingError(_unknown(section, key))
        sections[section] = _SECTIONS[section](**values)
    return Study(**sections)


def _tables_of_settings(values: Any) -> list[Mapping[str, Any]]:
    if not isinstance(values, list | tuple) or not all(isinstance(each, Mapping) for each in values):
        raise SettingError(f"[[setting]] must be tables of settings; got {shown(values)}")
    return list(values)


def change_study(study: Study, changes: Mapping[str, Any]) -> Study:
    """`study` with `changes`, such as `{"training.epochs": 20}`.

    Raises:
        SettingError: an unknown section or key, or a bad value.
    """
    tables = asdict(study)
    for place, value in changes.items():
        section, _, key = place.partition(".")
        tables.setdefault(section, {})[key] = value
    return study_from(tables)


def to_toml(study: Study) -> str:
    """The study as a file with every default spelled out, those of a teacher only if there is one."""
    sections, lines = asdict(study), []
    if not study.teacher.layers:
        sections["teacher"] = {"layers": ""}
    alternatives = [("[[setting]]", values) for values in sections.pop(SETTING)]
    for head, values in [*((f"[{section}]", values) for section, values in sections.items()), *alternatives]:
        lines.append(head)
        lines += [f"{key} = {_toml_value(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    """TOML writes texts, numbers, flags and lists as JSON does, except for DEL, which TOML escapes."""
    if isinstance(value, tuple) and len(value) == 1:
        (value,) = value  # a list would be an axis
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _unknown(section: str, key: str) -> str:
    """What is wrong with a key that its section does not have: it moved, or another was meant."""
    place = f"{section}.{key}"
    if place in MOVED:
        return f"{place} is now {MOVED[place]}"
    sections = sorted(_KEYS, key=lambda other: other != section)  # its own first
    places = {name: f"{other}.{name}" for other in reversed(sections) for name in _KEYS[other]}
    near = get_close_matches(key, _KEYS[section], n=1) or get_close_matches(key, places, n=1)
    if near:
        return f"{place} is unknown; did you mean {places[near[0]]!r}?"
    return f"{place} is unknown; the keys of [{section}] are {', '.join(_KEYS[section])}"
