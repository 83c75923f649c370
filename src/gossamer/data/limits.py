"""Limits for untrusted files: their size in memory, and how much compressed bytes may expand."""

MAX_BYTES = 4 << 30
"""Bytes of all pixels of a data set, and of the elements of any one file."""
MAX_RATIO = 200
"""Largest ratio above 64 MiB of expanded data. Images compress to a tenth, zeros to a thousandth."""

_LARGE = 64 << 20


def is_bomb(packed: int, unfolded: int) -> bool:
    """Whether compressed bytes declare that they expand to more than images do."""
    return unfolded > max(_LARGE, MAX_RATIO * packed)
