"""Principal component analysis of rows (Pearson 1901; Hotelling 1933), by a randomised singular value decomposition."""

from __future__ import annotations

import torch
from torch import Tensor

OVERSAMPLING = 8  # axes computed beyond those wanted, for accuracy (Halko et al. 2011, arXiv:0909.4061, section 4.2)


def principal_axes(centred: Tensor, rank: int, count: int) -> Tensor:
    """The principal axes of rows around 0, each as long as the rows' standard deviation along it.

    Args:
        centred: N x D rows of mean 0.
        rank: How many axes to find; no more than N and D.
        count: Rows of the result.

    Returns:
        count x D, the longest axis first; rows beyond `rank` are 0.
    """
    axes = centred.new_zeros(count, centred.shape[1])
    rank = min(rank, *centred.shape)
    _, lengths, directions = torch.svd_lowrank(centred, q=min(rank + OVERSAMPLING, *centred.shape), niter=4)
    axes[:rank] = (directions * lengths / len(centred) ** 0.5).T[:rank]
    return axes
