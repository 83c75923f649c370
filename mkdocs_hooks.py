"""What the documentation takes from elsewhere: settings from the code, gains from a table, models to try."""

import json
import re
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from gossamer.errors import SettingError
from gossamer.models import model_names, named_model
from gossamer.network import load_model
from gossamer.numbers import count, counted
from gossamer.presets import load_preset
from gossamer.presets.measured import read_measured
from gossamer.study import Study
from gossamer.web import try_page

MARKER = "<!-- settings -->"
MODELS = "<!-- models -->"
GAIN = re.compile(r"<!-- gain: (.*?) -->")
MEASURED = re.compile(r"<!-- recipes: begin -->(.*?)<!-- recipes: end -->", re.DOTALL)


def on_page_markdown(markdown: str, config: Any, **_: Any) -> str:
    """Put the table and the gains where a page asks for them."""
    if GAIN.search(markdown):
        benchmarks = (Path(config["docs_dir"]) / "benchmarks.md").read_text(encoding="utf-8")
        markdown = GAIN.sub(lambda found: gains(benchmarks, found[1]), markdown)
    for marker, table in ((MARKER, settings_table), (MODELS, models_table)):
        if marker in markdown:
            markdown = markdown.replace(marker, table())
    return markdown


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add a page to try each model that comes with gossamer."""
    for name in model_names():
        model = load_model(Path(name))
        page = try_page(model, model.provenance["background"])
        files.append(File.generated(config, f"models/{name}.html", content=page))
    return files


def models_table() -> str:
    """The models that come with gossamer, and what the frontier's record says of them."""
    rows = [
        "| model | parameters | bytes | test accuracy | mean over seeds | try it |",
        "|---|---:|---:|---:|---:|---|",
    ]
    measured = read_measured()
    for name in model_names():
        file, point = named_model(name), measured.find(name, load_preset(name))
        assert file is not None  # noqa: S101 - it has just been listed
        parameters = load_model(file).network.parameters
        its_own = mean = ""
        if point is not None:
            its_own = f"{100 * point.seeds[0].test_accuracy:.2f} %"
            mean = f"{point.accuracy_in_words}, {counted(len(point.seeds), 'seed')}"
        page = f"[in the browser](models/{name}.html)"
        rows.append(
            f"| `{name}` | {count(parameters)} | {count(file.stat().st_size)} | {its_own} | {mean} | {page} |"
        )
    return "\n".join(rows)


def gains(benchmarks: str, idea: str) -> str:
    """What the tables of recipes say of `idea`, in words: rows that begin with it, beside the row before."""
    found = MEASURED.search(benchmarks)
    tables = re.findall(r"(?:^\|.*\n)+", found[1], re.MULTILINE) if found else []
    said = []
    for table in tables:
        heading, _, *rows = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
        ]
        for (_, *before), (name, *cells) in pairwise(rows):
            if name.startswith(idea):
                figures = zip(heading[1:], before, cells, strict=True)
                changed = [f"{what} {old} → {new}" for what, old, new in figures if old != new]
                said.append(f"{name}: " + ", ".join(changed))
    return "; ".join(said) or "not measured yet"


def settings_table() -> str:
    """Every setting with its default and what it accepts, in the words of its own refusal."""
    rows = ["| setting | default | must be |", "|---|---|---|"]
    for section in fields(Study):
        table = getattr(Study(), section.name)
        if not is_dataclass(table):
            continue
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
