"""Networks in words: "bn conv16 (conv16 conv16 |) gap dense" read into blocks, and the one spelling of them.

network = [option...] block... "dense"
option  = "bn" | "relu6" | "hswish"
block   = [N "*"] unit
unit    = word ["+"] | "(" block... ["|" [block...]] ")"
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from gossamer.errors import SettingError
from gossamer.network.ops import Activation, HardSwish, Relu, Relu6

MAX_CHANNELS = 4096
MAX_EXPANSION = 16
KERNELS = (1, 3, 5, 7)
STRIDES = (1, 2, 3, 4)
MAX_WORDS = 128
"""Of a network, its repetitions written out."""
MAX_DEPTH = 8
"""Parentheses within one another."""

ACTIVATIONS: dict[str, type[Activation]] = {"relu6": Relu6, "hswish": HardSwish}
VOCABULARY = "convC, dw, sepC, invC, pool, avg, gap, dense; C channels, and options as in inv16e4k5s2+"
_MEANT = ("conv16", "dw", "sep16", "inv16", "pool", "avg", "gap", "dense", "bn", *ACTIVATIONS)
_TOKEN = re.compile(r"[()|]|[0-9]+\*|[^\s()|]+")
_REPEAT = re.compile(r"[0-9]+\*")
_WORD = re.compile(
    r"(?P<kind>conv|dw|sep|inv|pool|avg|gap|dense)(?P<channels>[0-9]+)?"
    r"(?:e(?P<expansion>[0-9]+))?(?:k(?P<kernel>[0-9]+))?(?:s(?P<stride>[0-9]+))?(?P<added>\+)?"
)
_TAKES = {  # by kind, what a word may have behind it
    "conv": {"channels", "kernel", "stride", "added"},
    "dw": {"kernel", "stride", "added"},
    "sep": {"channels", "kernel", "stride", "added"},
    "inv": {"channels", "expansion", "kernel", "stride", "added"},
}
_MOST = {"channels": (MAX_CHANNELS, "channels"), "expansion": (MAX_EXPANSION, "times the channels")}


@dataclass(frozen=True)
class Word:
    """A word of a network, such as "sep36k5+".

    Attributes:
        kind: conv, dw, sep, inv, pool, avg, gap or dense.
        place: which word of the text it is, from 1.
        channels: that it makes, where it says so.
        added: whether its input is added to what it makes.
    """

    kind: str
    place: int
    channels: int = 0
    expansion: int = 6
    kernel: int = 3
    stride: int = 1
    added: bool = False

    def __str__(self) -> str:
        marks = [("e", self.expansion, 6), ("k", self.kernel, 3), ("s", self.stride, 1)]
        shown = "".join(f"{mark}{value}" for mark, value, default in marks if value != default)
        return self.kind + (str(self.channels) if self.channels else "") + shown + "+" * self.added


@dataclass(frozen=True)
class Branches:
    """Two sequences of blocks whose results are added; the second may be empty.

    Attributes:
        place: which word of the text is the first within.
    """

    place: int
    first: tuple["Block", ...]
    second: tuple["Block", ...]

    def __str__(self) -> str:
        second = f" {spelled(self.second)}" if self.second else ""
        return f"({spelled(self.first)} |{second})"


Block = Word | Branches


@dataclass(frozen=True)
class Spelling:
    """What the words of a network say.

    Attributes:
        text: as it was written.
        norm: whether every convolution is followed by a batch norm, and has no bias.
        activation: of the whole network.
        blocks: all but the options, repetitions written out.
    """

    text: str
    norm: bool
    activation: type[Activation]
    blocks: tuple[Block, ...]

    def __str__(self) -> str:
        activation = [name for name, op in ACTIVATIONS.items() if op is self.activation]
        return " ".join([*["bn"] * self.norm, *activation, spelled(self.blocks)])


def spelled(blocks: Sequence[Block]) -> str:
    """The one spelling of blocks."""
    return " ".join(map(str, blocks))


def parse_words(text: str) -> Spelling:
    """Read a network.

    Raises:
        SettingError: an unknown word, a missing or misplaced one, or too many.
    """
    return _Reader(text).network()


class _Reader:
    """Reads tokens left to right; a place counts words, not parentheses and bars."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at, self._place = text, _TOKEN.findall(text), 0, 0

    def network(self) -> Spelling:
        norm, activation = False, None
        while (token := self._next()) in {"bn", *ACTIVATIONS}:
            self._take()
            self._place += 1
            if (norm and token == "bn") or (activation and token != "bn"):  # noqa: S105 - no password
                raise self._refusal(f"word {self._place}, {token!r}, is one option too many")
            norm, activation = norm or token == "bn", ACTIVATIONS.get(token, activation)  # noqa: S105
        blocks = self._blocks(0)
        if self._next():
            raise self._refusal(f"{self._here}, {self._next()!r} has no '(' before it")
        self._check_ends(blocks)
        return Spelling(self._text, norm, activation or Relu, blocks)

    def _blocks(self, depth: int) -> tuple[Block, ...]:
        found: list[Block] = []
        while (token := self._next()) not in {"", ")", "|"}:
            times = 1
            if _REPEAT.fullmatch(token):
                times = _number(self._take()[:-1], MAX_WORDS)
                if not times:
                    raise self._refusal(
                        f"{self._here}, {token[:80]!r} repeats what follows; expected 1* to {MAX_WORDS}*"
                    )
            found += self._unit(depth) * times
            if count_words(found) > MAX_WORDS:
                raise self._refusal(f"more than {MAX_WORDS} words, repetitions written out")
        return tuple(found)

    def _unit(self, depth: int) -> list[Block]:
        token = self._take()
        if token in {"", ")", "|"} or _REPEAT.fullmatch(token):
            raise self._refusal(f"{self._here}, a word is missing before {_shown(token)}")
        if token != "(":  # noqa: S105
            self._place += 1
            return [_word(token, self._place, self._text)]
        if depth == MAX_DEPTH:
            raise self._refusal(f"more than {MAX_DEPTH} parentheses within one another")
        place = self._place + 1
        first, second = self._blocks(depth + 1), None
        if not first:
            raise self._refusal(f"{self._here}, '(' has no word before {_shown(self._next())}")
        if self._next() == "|":
            self._take()
            second = self._blocks(depth + 1)
        if self._next() != ")":
            raise self._refusal(f"the '(' before word {place} is not closed before {_shown(self._next())}")
        self._take()
        if second is None:
            return list(first)
        for branch in (first, second):
            self._check_branch(branch)
        match first, second:
            case (Word(kind="conv" | "dw" | "sep") as only,), ():
                return [replace(only, added=True)]
        return [Branches(place, first, second)]

    def _check_branch(self, blocks: Sequence[Block]) -> None:
        """See that the last activation can be taken from a branch, and that nothing in it ends a network."""
        for block in blocks:
            if isinstance(block, Word) and block.kind in {"gap", "dense"}:
                raise self._refusal(f"word {block.place}, {str(block)!r}, cannot stand within branches")
        match blocks:
            case [*_, Word(kind="conv" | "dw" | "sep", added=False)] | []:
                return
        last = blocks[-1]
        shown = str(last) if isinstance(last, Word) else "(...)"
        raise self._refusal(
            f"word {last.place}, {shown!r}, ends a branch; a branch ends in conv, dw or sep without '+'"
        )

    def _check_ends(self, blocks: Sequence[Block]) -> None:
        """See that the last word, and no other, is `dense`."""
        if not blocks:
            raise self._refusal(f"has no words; expected 1 to {MAX_WORDS}, the last 'dense'")
        for block in blocks[:-1]:
            if isinstance(block, Word) and block.kind == "dense":
                raise self._refusal(f"word {block.place} is 'dense'; only the last word may be 'dense'")
        match blocks[-1]:
            case Branches():
                raise self._refusal("ends with ')'; the last word must be 'dense'")
            case Word(kind=kind) as word if kind != "dense":
                raise self._refusal(f"word {word.place} is {str(word)!r}; the last word must be 'dense'")

    @property
    def _here(self) -> str:
        return f"after word {self._place}" if self._place else "at its start"

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self._at += 1
        return token

    def _refusal(self, fault: str) -> SettingError:
        return SettingError(f"network {shortened(self._text)}: {fault}")


def count_words(blocks: Sequence[Block]) -> int:
    """How many words blocks have."""
    return sum(1 for _ in _words_of(blocks))


def _words_of(blocks: Sequence[Block]) -> Iterator[Word]:
    for block in blocks:
        if isinstance(block, Word):
            yield block
        else:
            yield from _words_of((*block.first, *block.second))


def shortened(text: str) -> str:
    """A network as a message quotes it."""
    return repr(text if len(text) <= 200 else text[:197] + "...")


def _word(name: str, place: int, text: str) -> Word:
    where = f"network {shortened(text)}: word {place}, {name[:80]!r},"
    match = _WORD.fullmatch(name)
    said = {key: value for key, value in match.groupdict().items() if value is not None} if match else {}
    kind = said.pop("kind", "")
    takes = _TAKES.get(kind, set())
    if name in {"bn", *ACTIVATIONS}:
        raise SettingError(f"{where} is an option of the whole network; put it first")
    if not match or not set(said) <= takes or ("channels" in takes) != ("channels" in said):
        near = get_close_matches(name[:80], _MEANT, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise SettingError(f"{where} is unknown{hint} Known words: {VOCABULARY}")
    for key, (high, what) in _MOST.items():
        if key in said and not _number(said[key], high):
            raise SettingError(f"{where} has {said[key][:20]} {what}; expected 1 to {high}")
    for key, allowed in {"kernel": KERNELS, "stride": STRIDES}.items():
        if key in said and said[key] not in map(str, allowed):
            raise SettingError(
                f"{where} has {key} {said[key][:20]}; expected one of {', '.join(map(str, allowed))}"
            )
    numbers = {key: int(value) for key, value in said.items() if key != "added"}
    return Word(kind, place, added="added" in said, **numbers)


def _number(digits: str, most: int) -> int:
    """The number that digits write without leading zeros, if it is from 1 to `most`; otherwise 0."""
    found = int(digits) if len(digits) <= len(str(most)) and not digits.startswith("0") else 0
    return found if found <= most else 0


def _shown(token: str) -> str:
    return repr(token) if token else "the end"
