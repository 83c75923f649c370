"""The study folder of a run that names none: runs/, the name of the study, and what was changed of it."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

MAX_LENGTH = 100


def default_folder(study: str | None, changes: Mapping[str, Any]) -> Path:
    """A folder that other studies, and other `changes` (see `change_study`), do not share.

    `study` is a study file's or a preset's name, None the report's study.
    """
    name = study or "fashion-mnist"
    changed = dict(changes)
    if (source := changed.pop("data.source", None)) is not None:
        data = _source_name(Path(str(source)))
        name = data if study is None else f"{name}-{data}"
    full = "-".join([name, *(_mark(place, value) for place, value in changed.items())])
    if len(full) > MAX_LENGTH:
        full = f"{full[: MAX_LENGTH - 9]}-{sha256(full.encode()).hexdigest()[:8]}"
    return Path("runs") / full


def _source_name(source: Path) -> str:
    """The last part of the path, also of "." and ".."."""
    if source.name in {"", ".."}:
        source = source.resolve()
    return source.name or "data"


def _mark(place: str, value: Any) -> str:
    """A change in letters that a file name may have."""
    _, _, key = place.partition(".")
    if value is True:
        return key
    if isinstance(value, str):
        return _in_letters(value)
    values = value if isinstance(value, list) else [value]
    return key + "-".join(_in_letters(str(each)) for each in values)


def _in_letters(text: str) -> str:
    return re.sub(r"[^\w.+]+", "-", text).strip("-.")
