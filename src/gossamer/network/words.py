"""Networks in words: "conv16 pool conv32 pool dense" as a graph, and the one spelling of it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from gossamer.errors import SettingError
from gossamer.network.graph import IMAGE, Graph
from gossamer.network.ops import AveragePool, Convolution, Dense, MaxPool, Mean, Op, Relu, Shape, by

MAX_CHANNELS = 4096
KERNELS = (1, 3, 5, 7)
MAX_WORDS = 64

_CONVOLUTION = re.compile(r"conv([1-9][0-9]{0,3})(?:k([0-9]))?")
_VOCABULARY = "convC, convCkK (K one of 1, 3, 5, 7), pool, avg, gap, dense"


@dataclass(frozen=True)
class Word:
    """A word of a network.

    Attributes:
        spelled: its one spelling: "conv16k3" is "conv16".
        unit: what its units' names begin with.
        ops: the chain of ops that it stands for, by their nodes' names in the unit; "" is the unit itself.
    """

    spelled: str
    unit: str
    ops: tuple[tuple[str, Op], ...]


def parse_words(text: str, classes: int) -> list[Word]:
    """The words of a network, left to right.

    Raises:
        SettingError: an unknown word, a missing or misplaced one.
    """
    names = text.split()
    if not 1 <= len(names) <= MAX_WORDS:
        raise SettingError(f"a network has 1 to {MAX_WORDS} words; got {len(names)} in {text[:80]!r}")
    words = [_word(name, place, text, classes) for place, name in enumerate(names, 1)]
    for place, word in enumerate(words, 1):
        last = place == len(words)
        if (word.spelled == "dense") != last:
            raise SettingError(
                f"network {text!r}: word {place} is {word.spelled!r};"
                f" {'the last word must be' if last else 'only the last word may be'} 'dense'"
            )
    return words


def graph_of(words: Iterable[Word], input_shape: Shape) -> Graph:
    """The graph that the words spell; units are numbered by kind: conv1, conv2, pool1, ... and dense."""
    seen, value = dict[str, int](), IMAGE
    ops: list[tuple[str, Op, tuple[str, ...]]] = []
    for word in words:
        seen[word.unit] = seen.get(word.unit, 0) + 1
        unit = word.unit if word.spelled == "dense" else f"{word.unit}{seen[word.unit]}"
        for part, op in word.ops:
            name = f"{unit}.{part}" if part else unit
            ops.append((name, op, (value,)))
            value = name
    return Graph.of(input_shape, ops)


def check_sizes(text: str, words: Iterable[Word], graph: Graph) -> None:
    """See that every word leaves something of the image.

    Raises:
        SettingError: one does not.
    """
    units = {node.unit: node for node in graph.nodes}
    for place, (word, last) in enumerate(zip(words, units.values(), strict=True), 1):
        if min(last.shape) < 1:
            raise SettingError(
                f"network {text!r}: word {place}, {word.spelled!r}, would leave nothing of"
                f" {by(last.input_shapes[0])}; use fewer pools or larger images"
            )


_SIMPLE: dict[str, Callable[[int], Op]] = {
    "pool": lambda _: MaxPool(),
    "avg": lambda _: AveragePool(),
    "gap": lambda _: Mean(),
    "dense": Dense,
}


def _word(name: str, place: int, text: str, classes: int) -> Word:
    if name in _SIMPLE:
        return Word(name, name, (("", _SIMPLE[name](classes)),))
    where = f"network {text!r}: word {place}, {name!r},"
    if match := _CONVOLUTION.fullmatch(name):
        channels, kernel = int(match[1]), int(match[2] or 3)
        if kernel not in KERNELS:
            raise SettingError(f"{where} has kernel {kernel}; expected one of {', '.join(map(str, KERNELS))}")
        if channels > MAX_CHANNELS:
            raise SettingError(f"{where} has {channels} channels; expected at most {MAX_CHANNELS}")
        spelled = f"conv{channels}" + (f"k{kernel}" if kernel != 3 else "")
        return Word(spelled, "conv", (("", Convolution(channels, kernel)), ("relu", Relu())))
    near = get_close_matches(name, [*_SIMPLE, "conv16"], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise SettingError(f"{where} is unknown{hint} Known words: {_VOCABULARY}")
