"""Every random number of the program, addressed by what it is for.

A draw depends on its address alone (seed, attempt, images seen, purpose ...), never on what was drawn before it: that is what
makes a resumed training continue bit for bit, whatever happened in between.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def derive_seed(*address: int | str) -> int:
    """A 63-bit seed from an address such as (seed, attempt, images, "latent")."""
    text = "\x1f".join(str(part) for part in address)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def make_torch_rng(*address: int | str) -> torch.Generator:
    """A CPU generator for this address: draws are made on the CPU and moved, so that every device sees the same ones."""
    return torch.Generator().manual_seed(derive_seed(*address))


def make_rng(*address: int | str) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(derive_seed(*address)))
