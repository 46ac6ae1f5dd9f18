"""How far examples are from the class that is asked for: pure functions, computed in float32 at least."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import cross_entropy

from .precision import at_least_float32


def class_shortfall(class_logits: Tensor, classes: Tensor, confidence: float = 1.0) -> Tensor:
    """The mean of max(0, log c - log p), where p is the probability of the class and c the confidence.

    With c = 1 it is the cross-entropy. Below 1 an example whose class is seen with probability c or more is good
    enough: without a limit a generator makes of each class what a classifier knows best, which is one shape. The
    limit is this project's own: docs/experiments/2026-11-30.md, "A class that is seen well enough".

    Args:
        class_logits: N x classes.
        classes: N class numbers.
        confidence: From 0 (excluded) to 1.
    """
    losses = cross_entropy(at_least_float32(class_logits), classes, reduction="none")
    return (losses + math.log(confidence)).relu().mean()
