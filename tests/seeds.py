"""The seed of every test."""

from __future__ import annotations

import os
import random

import numpy as np
import torch

SEED = int(os.environ.get("SPARRING_TEST_SEED", "0"))  # another one tries the whole suite with other draws


def seed_all() -> None:
    """Every global generator begins with the seed."""
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002  (libraries draw from the global generator too)
    torch.manual_seed(SEED)
