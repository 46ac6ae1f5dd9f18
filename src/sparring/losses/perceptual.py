"""The perceptual distance: how unlike two batches of pictures look to the layers of a trained network."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def activations(body: nn.Sequential, pictures: Tensor) -> list[Tensor]:
    """What the convolutional layers at the head of a network see after their activation: N x C x H x W each."""
    seen, x = list[Tensor](), pictures
    for layer in body:
        if not isinstance(layer, nn.Conv2d | nn.ReLU):
            break
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            seen.append(x)
    return seen


def perceptual(body: nn.Sequential, pictures: Tensor, truth: Tensor) -> Tensor:
    """N distances between what the layers of `body` see in two batches of pictures: squared differences of channel vectors of length 1,
    averaged over places, summed over layers (Zhang et al. 2018, arXiv:1801.03924, eq. 1, all weights 1)."""
    total = torch.zeros(len(pictures), device=pictures.device)
    for mine, theirs in zip(activations(body, pictures), activations(body, truth), strict=True):
        difference = nn.functional.normalize(mine, dim=1, eps=1e-6) - nn.functional.normalize(theirs, dim=1, eps=1e-6)
        total = total + difference.square().sum(dim=1).mean(dim=(1, 2))
    return total
