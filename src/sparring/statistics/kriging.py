"""Conditioning of normal draws on known values by Matheron's rule.

Journel & Huijbregts 1978, "Mining Geostatistics", section VII.A. A draw (x, y) of a joint normal distribution becomes a
draw of y given x = k by the shift

    y + C_yx C_xx^-1 (k - x).

It costs one solve, and the conditional covariance never appears.
"""

from __future__ import annotations

import torch
from torch import Tensor


def shared_shift(residual: Tensor, covariance: Tensor, cross_covariance: Tensor) -> Tensor:
    """The shift for N draws of one distribution.

    Args:
        residual: N x K, known values less drawn ones.
        covariance: K x K, of the known values.
        cross_covariance: K x M, of the known values with the others.

    Returns:
        N x M, what is added to the other values.
    """
    return torch.linalg.solve(covariance, residual.T).T @ cross_covariance


def batched_shift(residual: Tensor, covariance: Tensor, cross_covariance: Tensor) -> Tensor:
    """The shift for N draws, each of a distribution of its own.

    Args:
        residual: N x K, known values less drawn ones.
        covariance: N x K x K, of the known values.
        cross_covariance: N x M x K, of the others with the known values.

    Returns:
        N x M, what is added to the other values.
    """
    return (cross_covariance @ torch.linalg.solve(covariance, residual[:, :, None]))[:, :, 0]
