"""Help as plain text: usage as manuals have it, values by short names, first sentences whole."""

import re
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

VALUES = {"path": "PATH", "str": "TEXT", "int": "N", "float": "NUMBER"}
"""What stands for a value of a type, unless an option has a name of its own for it."""


class Command(TyperCommand):
    """A command whose help shows no types of Python's."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words behind the command's name, `DIR...` for one or more."""
        pieces = (re.sub(r"[{}]", "", piece) for piece in super().collect_usage_pieces(ctx))
        return [re.sub(r"\.{3,}$", "...", piece) for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options with what each is for; an argument's name says what it is."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            name, meaning = parameter.get_help_record(ctx) or ("", "")
            if parameter.param_type_name == "argument":
                sections["Arguments"].append((name.partition(" <")[0], meaning))
            elif name:
                named = re.sub(r"<(\w+)[^>]*>", lambda kind: VALUES.get(kind[1], kind[1].upper()), name)
                sections["Options"].append((named, meaning))
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def get_short_help_str(self, limit: int = 0) -> str:
        """The first sentence, whole; the list of commands folds it."""
        del limit
        return " ".join((self.help or "").partition("\n\n")[0].split())


class App(typer.Typer):
    """A group of such commands."""

    def __init__(self, **settings: Any) -> None:
        plain: dict[str, Any] = {
            "no_args_is_help": True,
            "add_completion": False,
            "rich_markup_mode": None,
            "pretty_exceptions_enable": False,
        }
        super().__init__(**plain | settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Register a function as a command."""
        return super().command(name, cls=Command, **settings)
