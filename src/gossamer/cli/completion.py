"""What a shell offers for a value after TAB; where nothing is offered, it offers files."""

from collections.abc import Iterable


def engines(incomplete: str) -> list[str]:
    """What computes."""
    from gossamer.engine import ENGINES

    return _beginning(incomplete, ENGINES)


def devices(incomplete: str) -> list[str]:
    """Where the torch engine computes."""
    from gossamer.engine import DEVICES

    return _beginning(incomplete, DEVICES)


def executors(incomplete: str) -> list[str]:
    """Where fits run."""
    from gossamer.search import EXECUTORS

    return _beginning(incomplete, EXECUTORS)


def exports(incomplete: str) -> list[str]:
    """The kinds of exports."""
    from gossamer.export import KINDS

    return _beginning(incomplete, KINDS)


def presets(incomplete: str) -> list[str]:
    """The studies that come with gossamer."""
    from gossamer.presets import PRESETS

    return _beginning(incomplete, PRESETS)


def models(incomplete: str) -> list[str]:
    """The models that come with gossamer; without a first letter, files are more likely meant."""
    from gossamer.models import model_names

    return _beginning(incomplete, model_names()) if incomplete else []


def sources(incomplete: str) -> list[str]:
    """The data sets with a name."""
    from gossamer.data import KNOWN_SOURCES

    return _beginning(incomplete, KNOWN_SOURCES) if incomplete else []


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
