"""Regularisers: pure functions whose value is added to a player's loss."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def weights(module: nn.Module) -> list[Tensor]:
    """The tensors that weight regularisation means: matrices and kernels, not biases and not normalisation gains."""
    return [parameter for parameter in module.parameters() if parameter.ndim > 1]


def l1(tensors: Iterable[Tensor]) -> Tensor:
    """The sum of absolute values (Tibshirani 1996; Keras' `l1`): add weight * l1(...) to a loss."""
    return torch.stack([tensor.float().abs().sum() for tensor in tensors]).sum()


def l2(tensors: Iterable[Tensor]) -> Tensor:
    """The sum of squares, without a factor of one half (Keras' `l2`): add weight * l2(...) to a loss."""
    return torch.stack([tensor.float().square().sum() for tensor in tensors]).sum()


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float) -> None:
    """Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, line 7: every parameter into [-bound, bound]."""
    for parameter in module.parameters():
        parameter.clamp_(-bound, bound)
