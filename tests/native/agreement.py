"""What the tests of kernels share: the tables that run here, and when all of them agree with PyTorch.

What a kernel writes begins as NaN, and so does the border that it must not read:
native/kernel_bindings/layout.h sees to it, and to borders and padding being left alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from gossamer.engine._native import runnable

Floats = NDArray[np.float32]

TABLES = runnable()

EXAMPLES = 1000  # a kernel
WORK = 200_000  # multiply-adds of a random convolution, about

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70)

TOLERANCE = 1e-6
"""Of the same sums with every term's absolute value, in L2 norm over the array.

Each addition is rounded by at most 2^-24 = 6e-8 of what has been added up so far. These errors have random
signs: whatever the number of terms, they come to about one such rounding of the sum of absolute values, and
to a few where Winograd transforms its inputs first. The most that was seen is 1e-7, and 3e-7 in Adam. A
single term forgotten out of the 4,000 of the longest sum here would be 2.5e-4. Relative to the sum itself,
even faultless arithmetic would fail wherever terms cancel.
"""

LARGE_TILES_TOLERANCE = 5e-6
"""The same for Winograd's F(4x4, 3x3), whose transforms multiply roundings by up to 8 in each dimension.

Most of these cancel where many channels are summed; 1.3e-6 was seen with one channel, in 37,000 random cases.
"""


def takes_large_tiles(height: int, width: int) -> bool:
    """Whether a 3x3 convolution to so many outputs goes by F(4x4, 3x3), whose thirds no float holds."""
    large, small = (-(-height // side) * -(-width // side) * (side + 2) ** 2 for side in (4, 2))
    return 4 * large <= 3 * small


def agree(
    found: dict[str, Floats],
    expected: Tensor,
    magnitude: Tensor | None,
    *,
    against_reference: bool = True,
    rounded: bool = False,
) -> None:
    """See that all tables found `expected`: exactly if `magnitude` is None, else to a tolerance of it.

    What large tiles gave is `rounded`: exactly then means to the nearest whole number.
    """
    tolerance = LARGE_TILES_TOLERANCE if rounded else TOLERANCE
    wanted, nearest = expected.detach().numpy(), np.rint if rounded else np.asarray
    for table, array in found.items():
        for other in [wanted, found["reference"]] if against_reference else [wanted]:
            assert array.shape == other.shape
            if magnitude is None:
                np.testing.assert_array_equal(nearest(array), nearest(other), err_msg=table)
            else:
                error = np.linalg.norm(array.astype(np.float64) - other)
                assert error <= tolerance * np.linalg.norm(magnitude.detach().numpy()), table


def double(array: NDArray[Any]) -> Tensor:
    return from_numpy(np.asarray(array, np.float64)).requires_grad_()
