"""The grammar of networks in words: one spelling, and errors that name a word and its place.

A refused network is a line in `REFUSED`: its words, and what is wrong with them.
"""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.errors import SettingError
from gossamer.network.words import MAX_DEPTH, MAX_WORDS, VOCABULARY, parse_words

KNOWN = f"Known words: {VOCABULARY}"
SPELLED: dict[str, str] = {
    "  conv4k5\n pool\tdense ": "conv4k5 pool dense",
    "conv16k3s1 dense": "conv16 dense",
    "inv16e6k3s1+ dwk3+ sep8k5s2 dense": "inv16+ dw+ sep8k5s2 dense",
    "relu6 bn conv4 dense": "bn relu6 conv4 dense",
    "3*conv4 dense": "conv4 conv4 conv4 dense",
    "2*(conv4 2*dw) 1*pool dense": "conv4 dw dw conv4 dw dw pool dense",
    "((conv4) (pool)) dense": "conv4 pool dense",
    "(conv4|) (dw |) (2*(sep4)|) dense": "conv4+ dw+ (sep4 sep4 |) dense",
    "(2*conv4|conv4k1) dense": "(conv4 conv4 | conv4k1) dense",
    "2*((conv4 |) conv4 |) dense": "(conv4+ conv4 |) (conv4+ conv4 |) dense",
    "dense": "dense",
    "hswish dense": "hswish dense",
}
REFUSED: list[tuple[str, str]] = [
    ("", "has no words; expected 1 to 128, the last 'dense'"),
    ("bn", "has no words; expected 1 to 128, the last 'dense'"),
    ("conv4 pol dense", f"word 2, 'pol', is unknown; did you mean 'pool'? {KNOWN}"),
    ("bn cnv4 dense", f"word 2, 'cnv4', is unknown; did you mean 'conv16'? {KNOWN}"),
    ("lstm dense", f"word 1, 'lstm', is unknown. {KNOWN}"),
    ("conv dense", f"word 1, 'conv', is unknown; did you mean 'conv16'? {KNOWN}"),
    ("dw16 dense", f"word 1, 'dw16', is unknown; did you mean 'dw'? {KNOWN}"),
    ("pools2 dense", f"word 1, 'pools2', is unknown; did you mean 'pool'? {KNOWN}"),
    ("sep16e2 dense", f"word 1, 'sep16e2', is unknown; did you mean 'sep16'? {KNOWN}"),
    ("conv16s2k5 dense", f"word 1, 'conv16s2k5', is unknown; did you mean 'conv16'? {KNOWN}"),
    ("conv16 + dense", f"word 2, '+', is unknown. {KNOWN}"),
    ("conv0 dense", "word 1, 'conv0', has 0 channels; expected 1 to 4096"),
    ("conv016 dense", "word 1, 'conv016', has 016 channels; expected 1 to 4096"),
    ("pool sep4097 dense", "word 2, 'sep4097', has 4097 channels; expected 1 to 4096"),
    ("inv4e17 dense", "word 1, 'inv4e17', has 17 times the channels; expected 1 to 16"),
    ("conv4k4 dense", "word 1, 'conv4k4', has kernel 4; expected one of 1, 3, 5, 7"),
    ("dws5 dense", "word 1, 'dws5', has stride 5; expected one of 1, 2, 3, 4"),
    ("conv4 bn dense", "word 2, 'bn', is an option of the whole network; put it first"),
    ("bn relu6 bn dense", "word 3, 'bn', is one option too many"),
    ("relu6 hswish dense", "word 2, 'hswish', is one option too many"),
    ("dense pool", "word 1 is 'dense'; only the last word may be 'dense'"),
    ("2*dense", "word 1 is 'dense'; only the last word may be 'dense'"),
    ("conv4 pool", "word 2 is 'pool'; the last word must be 'dense'"),
    ("conv4 (conv4 conv4 |)", "ends with ')'; the last word must be 'dense'"),
    (")", "at its start, ')' has no '(' before it"),
    ("conv4 | dense", "after word 1, '|' has no '(' before it"),
    ("conv4 () dense", "after word 1, '(' has no word before ')'"),
    ("( | conv4) dense", "at its start, '(' has no word before '|'"),
    ("pool (conv4 dense", "the '(' before word 2 is not closed before the end"),
    ("(conv4 | conv4 | conv4) dense", "the '(' before word 1 is not closed before '|'"),
    ("conv4 2*", "after word 1, a word is missing before the end"),
    ("2*3*conv4 dense", "at its start, a word is missing before '3*'"),
    ("pool 0*conv4 dense", "after word 1, '0*' repeats what follows; expected 1* to 128*"),
    ("00128*conv4 dense", "at its start, '00128*' repeats what follows; expected 1* to 128*"),
    ("99999*conv4 dense", "at its start, '99999*' repeats what follows; expected 1* to 128*"),
    ("128*conv4 dense", "more than 128 words, repetitions written out"),
    ("2*(2*(3*(11*(conv4)))) dense", "more than 128 words, repetitions written out"),
    ("(" * 9 + "conv4" + ")" * 9 + " dense", "more than 8 parentheses within one another"),
    ("(pool |) dense", "word 1, 'pool', ends a branch; a branch ends in conv, dw or sep without '+'"),
    ("(conv4 | inv4) dense", "word 2, 'inv4', ends a branch; a branch ends in conv, dw or sep without '+'"),
    ("(dw+ |) dense", "word 1, 'dw+', ends a branch; a branch ends in conv, dw or sep without '+'"),
    (
        "dw ((dw dw |) |) dense",
        "word 2, '(...)', ends a branch; a branch ends in conv, dw or sep without '+'",
    ),
    ("(gap conv4 |) dense", "word 1, 'gap', cannot stand within branches"),
    ("(conv4 | dense conv4) dense", "word 2, 'dense', cannot stand within branches"),
]


@pytest.mark.parametrize("written", SPELLED)
def test_a_network_is_spelled_one_way(written: str) -> None:
    assert str(parse_words(written)) == SPELLED[written]
    assert str(parse_words(SPELLED[written])) == SPELLED[written]


@pytest.mark.parametrize(("words", "fault"), REFUSED)
def test_bad_words_are_refused_in_one_line(words: str, fault: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_words(words)
    assert str(caught.value) == f"network {words!r}: {fault}"


def test_the_largest_network_is_read() -> None:
    assert str(parse_words(f"{MAX_WORDS - 1}*pool dense")).count("pool") == MAX_WORDS - 1
    assert str(parse_words("(" * MAX_DEPTH + "conv4" + ")" * MAX_DEPTH + " dense")) == "conv4 dense"


@pytest.mark.parametrize(
    "words",
    [
        "(" * 10_000,
        "(conv4 " * 10_000 + "|)" * 10_000 + "dense",
        "conv4 | " * 10_000,
        "128*(" * 8 + "conv4" + ")" * 8,
        "9" * 100_000 + "*conv4 dense",
        "9" * 100_000,
        "conv" + "9" * 100_000 + " dense",
        "conv4 " * 100_000,
    ],
)
def test_hostile_words_are_refused_at_once_and_shortly(words: str) -> None:
    started = perf_counter()
    with pytest.raises(SettingError) as caught:
        parse_words(words)
    assert perf_counter() - started < 1
    assert len(str(caught.value)) < 500


PIECES = ["conv", "16", "k", "s2", "³", "dense", "dw", "+", " ", "(", ")", "|", "3*", "bn", "pool", "inv4"]


@given(words=st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_text_breaks_the_parser(words: str) -> None:
    try:
        spelling = str(parse_words(words))
    except SettingError as error:
        assert "\n" not in str(error)  # noqa: PT017 - the error is one of two right answers
    else:
        assert str(parse_words(spelling)) == spelling
        assert spelling.rsplit(maxsplit=1)[-1] == "dense"
