"""Networks worth trying for an image size under budgets, by counting alone: nothing is trained.

There are four forms, in stages that begin with a pool; the channels double in all but the last form:

- convolutions, as in small VGG networks (Simonyan and Zisserman 2015): `conv16 conv16 pool dense`,
- separable convolutions with residual sums (Chollet 2017): `bn conv16 pool sep32 2*sep32+ gap dense`,
- inverted residual blocks (Sandler et al. 2018): `bn conv16 pool inv32e2 2*inv32e2+ gap dense`,
- separable convolutions that pool late, with 5x5 kernels in the middle: accuracy per parameter, paid in
  multiply-adds. `bn conv16 sep32 sep32+ pool sep48 2*sep48k5+ pool sep48 sep48+ gap dense`.

`gap dense` (Lin et al. 2014) takes few parameters whatever the image's size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product, takewhile

from gossamer.errors import SettingError
from gossamer.network.architecture import Architecture
from gossamer.network.ops import Shape
from gossamer.network.words import MAX_CHANNELS

SMALLEST_MAP = 3
"""A 3x3 convolution after the last pool would see mostly padding on less."""

LEAST_WIDTH = 4
"""Channels of the first convolution with which a network is worth a fit."""

WIDTHS = (2, 4, 6, *(8 * step for step in range(1, 33)))
"""Channels of the first convolution: from 8 on whole vectors of eight floats, so that none are idle."""

FAIR_SHARE = 1 / 3
"""Of a budget, relative to the network that uses most of it: one that uses less is no rival."""

LATE = "late"
"""The block of the last form."""


@dataclass(frozen=True)
class Budgets:
    """What a network may take at most; None sets no limit.

    Attributes:
        parameters: trained ones, those of norms included.
        multiply_adds: for one image.
        ram: bytes of activations in 8-bit integers, image included.
        flash: bytes of constants in 8-bit integers, and of code.
    """

    parameters: int | None = None
    multiply_adds: int | None = None
    ram: int | None = None
    flash: int | None = None

    def __post_init__(self) -> None:
        if not self._limits:
            raise SettingError("no budget; give a maximum of parameters, multiply-adds, RAM or flash")

    @property
    def _limits(self) -> dict[str, int]:
        return {name: limit for name, limit in vars(self).items() if limit is not None}

    def share(self, network: Architecture) -> float:
        """What the network uses of that budget of which it uses most; above 1 it does not fit."""
        return max(_taken(network, name) / limit for name, limit in self._limits.items())

    def __str__(self) -> str:
        return " and ".join(f"{limit:,} {_UNITS[name]}" for name, limit in self._limits.items())

    def taken(self, network: Architecture) -> str:
        """What the network takes of what is limited, as text."""
        return " and ".join(f"{_taken(network, name):,} {_UNITS[name]}" for name in self._limits)


_UNITS = {
    "parameters": "parameters",
    "multiply_adds": "multiply-adds",
    "ram": "bytes of RAM",
    "flash": "bytes of flash",
}
_PROPERTIES = {"ram": "activation_bytes", "flash": "flash_bytes"}
"""Of a network, for what is called otherwise there."""


def _taken(network: Architecture, name: str) -> int:
    return int(getattr(network, _PROPERTIES.get(name, name)))


@dataclass(frozen=True)
class Form:
    """A network without its width.

    Attributes:
        block: the word that its stages consist of, or LATE.
        pools: stages that begin, or for `conv` end, with a pool; with none there is one stage.
        repeats: how many blocks a stage has; of `sep` and `inv` those behind the first, with a sum.
        gap: whether the maps are averaged before `dense`.
    """

    block: str
    pools: int
    repeats: int
    gap: bool = True

    def words(self, width: int) -> str:
        """The network whose first convolution makes so many channels."""
        if self.block == LATE:
            return self._late_words(width)
        stages, pool = range(max(self.pools, 1)), ["pool"] * (self.pools > 0)
        if self.block == "conv":
            found = [each for s in stages for each in (*[f"conv{width << s}"] * self.repeats, *pool)]
        else:
            found = ["bn", f"conv{width}"]
            for stage in stages:
                word = self.block.format(width << (stage + 1))
                found += [*pool, word, f"{self.repeats}*{word}+"]
        return " ".join([*found, *["gap"] * self.gap, "dense"])

    def _late_words(self, width: int) -> str:
        found = ["bn", f"conv{width}", f"sep{2 * width}", f"{self.repeats - 1}*sep{2 * width}+"]
        for stage in range(1, self.pools):
            word = f"sep{3 * width * stage}"
            found += ["pool", word, f"{self.repeats}*{word}k5+"]
        return " ".join([*found, "pool", word, f"{word}+", "gap", "dense"])

    @property
    def looks_twice(self) -> bool:
        """Whether the ending gets more than what a single convolution finds, or the maps themselves."""
        return not self.gap or self.block != "conv" or max(self.pools, 1) * self.repeats >= 2


def suggest_networks(
    input_shape: Shape, classes: int, budgets: Budgets, count: int = 8
) -> list[Architecture]:
    """At most `count` networks within the budgets, the smallest first.

    Of every form (block, depth, repetitions, ending) there are the widest that fit; of all forms' widest
    those that use most of a budget are taken first, then the forms' next widths, down to FAIR_SHARE of the
    most. Forms that see little of an image, and networks that begin with fewer than LEAST_WIDTH channels, are
    taken only where no other fits.

    Raises:
        SettingError: no network fits, or the shape or the classes make none.
    """
    forms = list(_forms(input_shape))
    fitting = {form: list(_fitting(form, input_shape, classes, budgets)) for form in forms}
    if not any(fitting.values()):
        narrowest = (Architecture.parse(form.words(WIDTHS[0]), input_shape, classes) for form in forms)
        least = min(narrowest, key=budgets.share)
        raise SettingError(
            f"no network of at most {budgets}; the smallest, {least.words!r}, has {budgets.taken(least)}:"
            " allow that many"
        )
    chosen = _far_sighted({form: widths for form, widths in fitting.items() if widths})
    taken: list[Architecture] = []
    for back in range(1, len(WIDTHS) + 1):
        widest = [widths[-back] for widths in chosen if len(widths) >= back]
        taken += sorted(widest, key=lambda network: (-budgets.share(network), network.words))
    taken = [network for network in taken if network.units[0].output_shape[2] >= LEAST_WIDTH] or taken
    least_share = max(map(budgets.share, taken)) * FAIR_SHARE
    taken = [network for network in taken if budgets.share(network) >= least_share]
    return sorted(
        taken[:count], key=lambda network: (network.parameters, network.multiply_adds, network.words)
    )


def _forms(shape: Shape) -> Iterator[Form]:
    for pools in _depths(shape):
        for convolutions, gap in product((1, 2), (False, True)):
            yield Form("conv", pools, convolutions, gap)
        for block, repeats in product(("sep{}", "inv{}e2"), (1, 2, 4)):
            yield Form(block, pools, repeats)
        if pools >= 2:
            for repeats in (2, 3):
                yield Form(LATE, pools, repeats)


def _depths(shape: Shape) -> range:
    """How many pools leave a map of SMALLEST_MAP or more; none, where one would not."""
    deepest = 0
    while min(shape[:2]) >> (deepest + 1) >= SMALLEST_MAP:
        deepest += 1
    return range(min(1, deepest), deepest + 1)


def _fitting(form: Form, shape: Shape, classes: int, budgets: Budgets) -> Iterator[Architecture]:
    """The networks of a form that fit, the narrowest first; what a wider one takes is more."""
    widths = (width for width in WIDTHS if width << max(form.pools, 1) <= MAX_CHANNELS)
    networks = (Architecture.parse(form.words(width), shape, classes) for width in widths)
    return takewhile(lambda network: budgets.share(network) <= 1, networks)


def _far_sighted(fitting: dict[Form, list[Architecture]]) -> list[list[Architecture]]:
    """The networks of those forms whose ending gets what has been made of more than a few pixels, or of all.

    One pool less than the deepest has is enough.
    """
    wide = {form: each for form, each in fitting.items() if form.looks_twice}
    deepest = max((form.pools for form in wide), default=0)
    return [each for form, each in wide.items() if form.pools >= deepest - 1] or list(fitting.values())
