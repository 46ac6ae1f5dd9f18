"""How likely a generator makes examples, a chunk at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .sampling import device_of

CHUNK = 100  # examples in a forward pass


@torch.no_grad()
def log_likelihoods(generator: Any, encoded: Tensor, labels: Tensor | None = None) -> np.ndarray:
    """The log-likelihood of each of N examples, in nats, float64.

    Args:
        generator: A LanguageModel in eval mode.
        encoded: N x shape.
        labels: N class numbers; None without classes.
    """
    device, found = device_of(generator), list[Tensor]()
    for start in range(0, len(encoded), CHUNK):
        part = slice(start, start + CHUNK)
        condition = None if labels is None else {"class": labels[part].to(device)}
        found.append(generator.log_likelihood(encoded[part].to(device), condition).double().sum(dim=1).cpu())
    return torch.cat(found).numpy()
