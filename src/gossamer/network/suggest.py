"""Networks worth trying for an image size under a budget of parameters, by Eq. (1) and (2) alone.

The forms are those of small VGG networks (Simonyan and Zisserman 2015): blocks of one or two 3x3
convolutions and a pool, the channels doubling from block to block, then `dense`, or `gap dense` (Lin et al.
2014), which takes few parameters whatever the image's size.
"""

from itertools import product

from gossamer.errors import SettingError
from gossamer.network.architecture import Architecture
from gossamer.network.ops import Shape
from gossamer.network.words import MAX_CHANNELS

SMALLEST_MAP = 3
"""A 3x3 convolution after the last pool would see mostly padding on less."""

Form = tuple[int, int, bool]
"""Pools, convolutions before each, and whether the ending is a mean."""

LEAST_WIDTH = 4
"""Channels of the first block with which a network is worth a fit."""

WIDTHS = (2, 4, 6, *(8 * step for step in range(1, 33)))
"""Channels of the first block: from 8 on whole vectors of eight floats, so that none are idle."""

FAIR_SHARE = 1 / 3
"""Of the largest network's parameters, that any other takes at least: with less it is no rival."""


def suggest_networks(
    input_shape: Shape, classes: int, max_parameters: int, count: int = 8
) -> list[Architecture]:
    """At most `count` networks of at most `max_parameters`, the smallest first.

    Of every form (depth, convolutions a block, ending) there are the widest that fit; of all forms' widest
    those nearest to the budget are taken first, then the forms' next widths, down to FAIR_SHARE of the
    largest. Forms that see little of an image, and networks that begin with fewer than LEAST_WIDTH channels,
    are taken only where no other fits.

    Raises:
        SettingError: no network fits, or the shape or the classes make none.
    """
    forms = list(product(_depths(input_shape), (1, 2), (False, True)))
    networks = {form: _widths(*form, input_shape, classes) for form in forms}
    fitting = {
        form: [network for network in widths if network.parameters <= max_parameters]
        for form, widths in networks.items()
    }
    if not any(fitting.values()):
        least = min((widths[0] for widths in networks.values()), key=lambda network: network.parameters)
        raise SettingError(
            f"no network of at most {max_parameters:,} parameters; the smallest,"
            f" {least.words!r}, has {least.parameters:,}: allow that many"
        )
    chosen = _far_sighted({form: widths for form, widths in fitting.items() if widths})
    taken: list[Architecture] = []
    for back in range(1, len(WIDTHS) + 1):
        widest = [form[-back] for form in chosen if len(form) >= back]
        taken += sorted(widest, key=lambda network: (-network.parameters, network.words))
    taken = [network for network in taken if network.units[0].output_shape[2] >= LEAST_WIDTH] or taken
    least_share = max(network.parameters for network in taken) * FAIR_SHARE
    taken = [network for network in taken if network.parameters >= least_share]
    return sorted(
        taken[:count], key=lambda network: (network.parameters, network.multiply_adds, network.words)
    )


def _depths(shape: Shape) -> range:
    """How many pools leave a map of SMALLEST_MAP or more; none, where one would not."""
    deepest = 0
    while min(shape[:2]) >> (deepest + 1) >= SMALLEST_MAP:
        deepest += 1
    return range(min(1, deepest), deepest + 1)


def _far_sighted(fitting: dict[Form, list[Architecture]]) -> list[list[Architecture]]:
    """The networks of those forms whose ending gets what has been made of more than a few pixels, or of all.

    One pool less than the deepest has is enough; the mean of what a single convolution finds is not.
    """
    wide = {form: each for form, each in fitting.items() if not form[2] or max(form[0], 1) * form[1] >= 2}
    deepest = max((pools for pools, _, _ in wide), default=0)
    return [each for form, each in wide.items() if form[0] >= deepest - 1] or list(fitting.values())


def _widths(pools: int, convolutions: int, gap: bool, shape: Shape, classes: int) -> list[Architecture]:
    """The networks of one form, the narrowest first."""
    networks = []
    for width in WIDTHS:
        channels = [width << block for block in range(max(pools, 1))]
        if channels[-1] > MAX_CHANNELS:
            break
        blocks = [" ".join([f"conv{c}"] * convolutions + ["pool"] * (pools > 0)) for c in channels]
        networks.append(Architecture.parse(" ".join([*blocks, *["gap"] * gap, "dense"]), shape, classes))
    return networks
