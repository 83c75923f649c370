"""Named arrays as bytes: the safetensors form in which weights are kept everywhere."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None) -> bytes:
    """Named arrays as a safetensors file; equal values give equal bytes, however they lie in memory."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
