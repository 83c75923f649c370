"""What the documentation takes from the code: the table of a study file's settings."""

import json
from dataclasses import fields
from typing import Any

from gossamer.errors import SettingError
from gossamer.study import Study

MARKER = "<!-- settings -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the table where a page asks for it."""
    return markdown.replace(MARKER, settings_table()) if MARKER in markdown else markdown


def settings_table() -> str:
    """Every setting with its default and what it accepts, in the words of its own refusal."""
    rows = ["| setting | default | must be |", "|---|---|---|"]
    for section in fields(Study):
        table = getattr(Study(), section.name)
        for setting in fields(table):
            accepted = _accepted(setting.metadata["check"])
            default = json.dumps(getattr(table, setting.name))
            rows.append(f"| `{section.name}.{setting.name}` | `{default}` | {accepted} |")
    return "\n".join(rows)


def _accepted(check: Any) -> str:
    try:
        check("", object())
    except SettingError as error:
        return str(error).split(" must be ", 1)[-1].rsplit("; got ", 1)[0].strip()
    raise AssertionError("a setting accepts anything")
