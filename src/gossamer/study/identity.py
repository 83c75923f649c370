"""What makes a study this study, as JSON values; what is neutral is left out (`gossamer.search.neutral`)."""

from dataclasses import asdict
from typing import Any

from gossamer.search import with_neutral, without_neutral
from gossamer.study.settings import Study


def identity_of(
    study: Study, *, train_fingerprint: str, test_fingerprint: str, numerics: str
) -> dict[str, Any]:
    """The identity of a resolved study. Its images count by content, not by place."""
    sections = asdict(study)
    sections["data"] = {"subset": study.data.subset}
    if not study.teacher.layers:
        del sections["teacher"]
    settings = [{name: list(values) for name, values in each.items()} for each in sections.pop("setting")]
    return {
        "study": {section: _section(section, values) for section, values in sections.items()}
        | ({"setting": settings} if settings else {}),
        "training images": train_fingerprint,
        "test images": test_fingerprint,
        "numerics": numerics,
    }


def spelled_out(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity with the neutral values that it leaves out, in the order of a study file."""
    study = {}
    for section, defaults in asdict(Study()).items():
        if section in {"teacher", "setting"} and section not in identity["study"]:
            continue
        if section == "setting":
            study[section] = identity["study"][section]
            continue
        values = with_neutral(section, identity["study"].get(section, {}))
        study[section] = {name: values[name] for name in defaults if name in values}
    return identity | {"study": study}


def _section(section: str, values: dict[str, Any]) -> dict[str, Any]:
    return without_neutral(
        section, {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    )
