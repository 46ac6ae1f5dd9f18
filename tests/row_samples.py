"""Coded rows of mixed columns, made from a seed."""

import numpy as np
import torch

from sparring.statistics.row_layout import Column

LAYOUT = [
    Column((3,), False, None),
    Column((2,), True, 0),
    Column((), True, None),
    Column((), False, None),
    Column((4, 5), False, None),
]


def rows(count, seed=0):
    """Two kinds of rows: choice and scores go together."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, count)
    found = np.zeros((count, 16), np.float32)
    found[np.arange(count), kind * 2] = 1
    number = rng.random(count) < 0.7
    found[np.arange(count), np.where(number, 3, 4)] = 1
    scores = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], count) * 0.3 + np.where(kind, 1.0, -1.0)[:, None]
    found[:, 5], found[:, 6] = scores[:, 0] * number, scores[:, 1]
    found[np.arange(count), 7 + kind] = 1
    found[np.arange(count), 11 + rng.integers(0, 5, count)] = 1
    return torch.from_numpy(found)
