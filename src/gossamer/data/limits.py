"""What is read at most, in memory and in how far packed bytes unfold."""

MAX_BYTES = 4 << 30
"""Of a data set's pixels together, and of any one file's elements."""
MAX_RATIO = 200
"""Of packed bytes that unfold to more than 64 MiB; images deflate to a tenth, zeros to a thousandth."""

_LARGE = 64 << 20


def is_bomb(packed: int, unfolded: int) -> bool:
    """Whether so many packed bytes claim to unfold to more than images do."""
    return unfolded > max(_LARGE, MAX_RATIO * packed)
