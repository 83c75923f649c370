"""Networks worth trying for an image size under a budget of parameters, by Eq. (1) and (2) alone.

The forms are those of small VGG networks (Simonyan and Zisserman 2015): blocks of one or two 3x3
convolutions and a pool, the channels doubling from block to block, then `dense`, or `gap dense` (Lin et al.
2014), which takes few parameters whatever the image's size.
"""

from itertools import product

from gossamer.errors import SettingError
from gossamer.network.architecture import MAX_CHANNELS, Architecture
from gossamer.network.layers import Convolution, Shape

SMALLEST_MAP = 3
"""A 3x3 convolution after the last pool would see mostly padding on less."""

LEAST_WIDTH = 4
"""Channels of the first block of a network worth a fit, where the budget allows them."""

WIDTHS = (2, 4, 6, *(8 * step for step in range(1, 33)))
"""Channels of the first block: from 8 on whole vectors of eight floats, so that none are idle."""


def suggest_networks(
    input_shape: Shape, classes: int, max_parameters: int, count: int = 8
) -> list[Architecture]:
    """At most `count` networks of at most `max_parameters`, the smallest first.

    Of every form (depth, convolutions a block, ending) there are the widest that fit; of all forms' widest
    those nearest to the budget are taken first, then the forms' next widths. Networks of one convolution, or
    of fewer than LEAST_WIDTH channels, are listed only where nothing else fits.

    Raises:
        SettingError: no network fits, or the shape or the classes make none.
    """
    forms = [
        _widths(*form, input_shape, classes) for form in product(_depths(input_shape), (1, 2), (False, True))
    ]
    fitting = [[network for network in form if network.parameters <= max_parameters] for form in forms]
    if any(serious := [[network for network in form if _is_serious(network)] for form in fitting]):
        fitting = serious
    if not any(fitting):
        least = min((form[0] for form in forms), key=lambda network: network.parameters)
        raise SettingError(
            f"no network of at most {max_parameters:,} parameters; the smallest,"
            f" {least.words!r}, has {least.parameters:,}: allow that many"
        )
    taken: list[Architecture] = []
    for back in range(1, len(WIDTHS) + 1):
        widest = [form[-back] for form in fitting if len(form) >= back]
        taken += sorted(widest, key=lambda network: (-network.parameters, network.words))
    return sorted(
        taken[:count], key=lambda network: (network.parameters, network.multiply_adds, network.words)
    )


def _is_serious(network: Architecture) -> bool:
    """Whether it has two convolutions, one of which sees more than edges, and channels to tell things by."""
    channels = [layer.channels for layer in network.layers if isinstance(layer, Convolution)]
    return len(channels) >= 2 and channels[0] >= LEAST_WIDTH


def _depths(shape: Shape) -> range:
    """How many pools leave a map of SMALLEST_MAP or more; none, where one would not."""
    deepest = 0
    while min(shape[:2]) >> (deepest + 1) >= SMALLEST_MAP:
        deepest += 1
    return range(min(1, deepest), deepest + 1)


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
