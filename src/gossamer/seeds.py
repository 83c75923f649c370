"""Derived randomness: one stream per name, the same on every machine.

A seed is the hash of the parts that name its purpose, so that no result depends on the order in which
streams are used.
"""

import json
from hashlib import sha256

import numpy as np

Part = str | int


def derive_seed(*parts: Part) -> str:
    """The seed named by `parts`, as 32 hexadecimal digits (128 bits)."""
    return sha256(json.dumps(parts).encode()).hexdigest()[:32]


def stream(seed: str) -> np.random.RandomState:
    """A new random stream for a seed from `derive_seed`.

    RandomState rather than Generator: NumPy guarantees that RandomState's streams never change, while
    Generator's may change with any release, and with them every fold and weight.
    """
    words = [int(seed[i : i + 8], 16) for i in range(0, len(seed), 8)]
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(words)))
