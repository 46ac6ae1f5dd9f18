"""The perceptual distance: how differently a trained network responds to two batches of images."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def layer_activations(network: nn.Sequential, images: Tensor) -> list[Tensor]:
    """The activations, N x C x H x W each, after every ReLU of the convolutional layers that a network begins with."""
    activations, x = list[Tensor](), images
    for layer in network:
        if not isinstance(layer, nn.Conv2d | nn.ReLU):
            break
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            activations.append(x)
    return activations


def perceptual_distance(network: nn.Sequential, images: Tensor, targets: Tensor) -> Tensor:
    """The squared difference of normalised activations of two batches of images.

    Zhang et al. 2018 (arXiv:1801.03924), eq. 1, with all weights 1.

    Args:
        network: Starts with convolutions and ReLUs; only those layers are used.
        images: N x C x H x W, encoded as the network expects.
        targets: N x C x H x W.

    Returns:
        N distances. Channel vectors have unit length; squares are averaged over locations and summed over layers.
    """
    total = torch.zeros(len(images), device=images.device)
    layers = zip(layer_activations(network, images), layer_activations(network, targets), strict=True)
    for of_image, of_target in layers:
        difference = nn.functional.normalize(of_image, dim=1, eps=1e-6) - nn.functional.normalize(
            of_target, dim=1, eps=1e-6
        )
        total = total + difference.square().sum(dim=1).mean(dim=(1, 2))
    return total
