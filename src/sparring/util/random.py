"""Random number generators that are addressed by what their numbers are for.

Numbers depend on the address alone, for example (seed, attempt, images seen, purpose), and not on what was drawn
before. So a resumed training continues bit for bit.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def derive_seed(*address: int | str) -> int:
    """A 63-bit seed from an address such as (seed, attempt, images seen, "latent")."""
    text = "\x1f".join(str(part) for part in address)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def make_rng(*address: int | str) -> np.random.Generator:
    """A NumPy generator for this address."""
    return np.random.Generator(np.random.Philox(derive_seed(*address)))


def make_torch_rng(*address: int | str) -> torch.Generator:
    """A torch generator for this address. It is on the CPU, so that every device gets the same numbers."""
    return torch.Generator().manual_seed(derive_seed(*address))
