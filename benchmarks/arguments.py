"""What both commands parse alike."""

import argparse
from collections.abc import Callable
from math import inf


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """A parser of numbers above 0, for `argparse`."""

    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < inf:
            raise argparse.ArgumentTypeError(f"expected a number above 0; got {text}")
        return value

    return parse
