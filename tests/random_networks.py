"""Random networks that make sense: all words, options and branches, odd sizes, few and many channels."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gossamer.network import Architecture, Model, Scaling, Shape, initial_weights
from gossamer.network.ops import Kernels, Pool

CHANNELS = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17])
KERNELS = st.sampled_from(["", "k1", "k5", "k7"])
SIDES = st.integers(8, 20)

Built = tuple[str, Shape]
"""Words, and the shape of what they make."""


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    """Any network for small images; maps keep at least one pixel."""
    shape = start = draw(st.tuples(SIDES, SIDES, st.integers(1, 4)))
    words = [*draw(st.sampled_from([[], ["bn"]])), *draw(st.sampled_from([[], ["relu6"], ["hswish"]]))]
    for _ in range(draw(st.integers(2, 5))):
        block, shape = draw(st.one_of(convolutions(shape), pools(shape), repeated(shape), branches(shape)))
        words.append(block)
    ending = draw(st.sampled_from([["dense"], ["gap", "dense"]]))
    return Architecture.parse(" ".join([*words, *ending]), start, draw(st.integers(2, 6)))


@st.composite
def convolutions(
    draw: st.DrawFn, shape: Shape, *, kinds: str = "conv dw sep inv", ends: bool = False
) -> Built:
    """One word; `ends` a branch, so that it adds nothing."""
    height, width, channels = shape
    kind = draw(st.sampled_from(kinds.split()))
    added = not ends and draw(st.booleans())
    stride = 1 if added else draw(st.sampled_from([1, 2, 3]))
    made = channels if added or kind == "dw" else draw(CHANNELS)
    word = kind + (str(made) if kind != "dw" else "")
    word += draw(st.sampled_from(["e1", "e2", "e3"])) if kind == "inv" else ""
    word += draw(KERNELS) + (f"s{stride}" if stride > 1 else "") + "+" * added
    return word, (-(-height // stride), -(-width // stride), made)


@st.composite
def pools(draw: st.DrawFn, shape: Shape) -> Built:
    """A pool; where a map is too small for one, a word that keeps its size."""
    height, width, channels = shape
    if min(height, width) < 2:
        return "conv3k1", (height, width, 3)
    return draw(st.sampled_from(["pool", "avg"])), (height // 2, width // 2, channels)


@st.composite
def repeated(draw: st.DrawFn, shape: Shape) -> Built:
    """Two or three times the same words, which keep the shape."""
    words = draw(st.lists(st.sampled_from(["dw", "conv{}", "sep{}k1+", "inv{}e2"]), min_size=1, max_size=2))
    block = " ".join(words).format(*[shape[2]] * len(words))
    return f"{draw(st.integers(2, 3))}*({block})", shape


@st.composite
def branches(draw: st.DrawFn, shape: Shape) -> Built:
    """Two branches of one shape, or one beside the input itself, at times within one another."""
    before = draw(st.sampled_from(["", "", "conv{} ", "dw ", "(conv5 conv{} |) ", "inv{}e2 "])).format(
        shape[2]
    )
    first, made = draw(convolutions(shape, kinds="conv sep", ends=True))
    if made == shape and draw(st.booleans()):
        return f"({before}{first} |)", made
    stride = re.search(r"s[0-9]|$", first)
    second = f"{draw(st.sampled_from(['conv', 'sep']))}{made[2]}k1{stride[0] if stride else ''}"
    return f"({before}{first} | {second})", made


@cache
def random_networks(count: int) -> tuple[Architecture, ...]:
    """So many networks, the same ones in every run; no two have the same set of words."""
    found: dict[frozenset[str], Architecture] = {}

    @seed(0)
    @settings(
        max_examples=5 * count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(network=architectures())
    def collect(network: Architecture) -> None:
        found.setdefault(frozenset(network.words.split()), network)

    collect()
    distinct = list(found.values())  # neighbours resemble each other, for hypothesis varies what it had
    return tuple(distinct[len(distinct) * at // count] for at in range(count))


def model_of(network: Architecture) -> Model:
    """An untrained model with norms' statistics, gains and biases that are not those of the start."""
    random = np.random.default_rng(0)
    weights = {
        name: array + random.uniform(-0.3, 0.5, array.shape).astype(np.float32) if array.ndim == 1 else array
        for name, array in initial_weights(network, "0" * 32).items()
    }
    names = tuple("abcdefghij"[: network.classes])
    return Model(network, weights, Scaling(20.0, 240.0), names, {})


def counts(networks: tuple[Architecture, ...]) -> Counter[str]:
    """How many networks have an op, a word, a kernel, a stride, a window that an odd map cuts short, ..."""
    return Counter(trait for network in networks for trait in set(_traits(network)))


def _traits(network: Architecture) -> Iterator[str]:
    yield f"{network.input_shape[2]} input channels"
    yield from {"bn", "relu6", "hswish"} & set(network.words.split())
    for unit in network.units:
        yield "word " + unit.name.rstrip("0123456789") + "+" * unit.word.endswith("+")
    if "(" in network.words:
        yield "branches within branches" if re.search(r"\([^)]*\(", network.words) else "branches"
    for node in network.graph.nodes:
        op, (height, width, _) = node.op, node.input_shapes[0]
        yield op.name
        if isinstance(op, Kernels):
            yield from (f"{op.name} {op.kernel} x {op.kernel}", f"{op.name} stride {op.stride}")
            if (height, width) == (1, 1):
                yield f"{op.name} of one pixel"
        if isinstance(op, Kernels | Pool) and op.stride > 1 and (height % op.stride or width % op.stride):
            yield f"{op.name} with a stride, of an odd map"
