"""Named arrays as bytes in the safetensors format, in which all weights are stored."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None) -> bytes:
    """Named arrays as a safetensors file; equal values give equal bytes, whatever their memory layout."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
