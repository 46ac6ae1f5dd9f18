"""Random number generators that are addressed by what their numbers are for.

Numbers depend on the address alone, for example (seed, attempt, images seen, purpose), and not on what was drawn
before. So a resumed training continues bit for bit.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch

MAX_ORDER = 10_000_000  # numbers whose order is held in memory
FEISTEL_ROUNDS = 6


def derive_seed(*address: int | str) -> int:
    """A 63-bit seed from an address such as (seed, attempt, images seen, "latent")."""
    text = "\x1f".join(str(part) for part in address)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def make_rng(*address: int | str) -> np.random.Generator:
    """A NumPy generator for this address."""
    return np.random.Generator(np.random.Philox(derive_seed(*address)))


def mixed(bits: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser (Steele et al. 2014, doi:10.1145/2660193.2660195). bits: uint64."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def shuffled(places: np.ndarray, count: int, *address: int | str) -> np.ndarray:
    """The numbers at these places in a random order of the numbers below `count`.

    An order of many numbers is not held in memory: each number is worked out (a Feistel network, Luby & Rackoff 1988,
    doi:10.1137/0217022, applied again while it leaves the range).
    """
    if count <= MAX_ORDER:
        return make_rng(*address).permutation(count)[places]
    half = np.uint64(((count - 1).bit_length() + 1) // 2)
    mask = (np.uint64(1) << half) - np.uint64(1)
    keys = make_rng(*address).integers(2**63, size=FEISTEL_ROUNDS, dtype=np.uint64)
    found = np.asarray(places, np.uint64)
    outside = np.ones(len(found), bool)
    while outside.any():
        left, right = found[outside] >> half, found[outside] & mask
        for key in keys:
            left, right = right, left ^ (mixed(right + key) & mask)
        found[outside] = (left << half) | right
        outside = found >= count
    return found.astype(np.int64)


def make_torch_rng(*address: int | str) -> torch.Generator:
    """A torch generator for this address. It is on the CPU, so that every device gets the same numbers."""
    return torch.Generator().manual_seed(derive_seed(*address))
