"""A study file: TOML, in which an unknown key or a value out of range is refused with its place."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from gossamer.errors import SettingError
from gossamer.study.checks import nearest, shown
from gossamer.study.settings import Section, Study

MAX_BYTES = 1 << 20


def read_study(path: Path) -> Study:
    """The study that the file at `path` describes.

    Raises:
        SettingError: the file cannot be read, is no TOML, or holds an unknown key or a bad value.
    """
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise SettingError(f"{path}: {len(content):,} bytes; a study file has at most {MAX_BYTES:,}")
        tables = tomllib.loads(content.decode())
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise SettingError(f"{path}: no TOML file: {error}") from error
    try:
        return study_from(tables)
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from error


def study_from(tables: Mapping[str, Any]) -> Study:
    """The study that `tables` (section to key to value) describe; what they leave out is the report's.

    Raises:
        SettingError: an unknown section or key, or a bad value.
    """
    known: dict[str, type[Section]] = {each.name: type(getattr(Study(), each.name)) for each in fields(Study)}
    sections: dict[str, Any] = {}
    for section, values in tables.items():
        if section not in known:
            raise SettingError(f"[{section}] is unknown{_known(section, tuple(known), 'sections')}")
        if not isinstance(values, Mapping):
            raise SettingError(f"[{section}] must be a table of settings; got {shown(values)}")
        keys = tuple(each.name for each in fields(known[section]))
        for key in values:
            if key not in keys:
                raise SettingError(f"{section}.{key} is unknown{_known(key, keys, f'keys of [{section}]')}")
        sections[section] = known[section](**values)
    return Study(**sections)


def change_study(study: Study, changes: Mapping[str, Mapping[str, Any]]) -> Study:
    """`study` with `changes` (section to key to value); None leaves a value as it is.

    Raises:
        SettingError: an unknown section or key, or a bad value.
    """
    tables = asdict(study)
    for section, values in changes.items():
        tables.setdefault(section, {}).update(
            {key: value for key, value in values.items() if value is not None}
        )
    return study_from(tables)


def to_toml(study: Study) -> str:
    """The study as a file with every default spelled out, but for `Section.written`'s exceptions."""
    lines = []
    for each in fields(study):
        section: Section = getattr(study, each.name)
        lines.append(f"[{each.name}]")
        lines += [f"{key} = {_toml_value(value)}" for key, value in section.written.items()]
        lines.append("")
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    """JSON's texts, numbers, flags and lists are TOML's as well, but for DEL, which TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _known(word: str, words: tuple[str, ...], what: str) -> str:
    return nearest(word, words) or f"; the {what} are {', '.join(words)}"
