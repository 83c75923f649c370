"""How much of a table's variance its rows and columns explain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class VarianceShares:
    """Shares of a table's sum of squares about its mean; they add up to 1."""

    rows: float
    columns: float
    interaction: float


def variance_shares(table: NDArray[np.float64]) -> VarianceShares | None:
    """Two-way analysis of variance of `table` (R, C) with one value per cell (Fisher 1925).

    The interaction is what the sum of row and column effects does not explain. None for a table that does
    not vary, holds a NaN, or has fewer than two rows or columns.
    """
    if min(table.shape) < 2 or not np.isfinite(table).all():
        return None
    if np.ptp(table) == 0:  # centred values may differ from 0 by rounding
        return None
    centred = table - table.mean()
    total = float((centred**2).sum())
    rows = float((centred.mean(axis=1) ** 2).sum() * table.shape[1]) / total
    columns = float((centred.mean(axis=0) ** 2).sum() * table.shape[0]) / total
    return VarianceShares(rows, columns, max(0.0, 1 - rows - columns))
