"""Feature matching: differences between the discriminator's features of fakes and of real examples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def paired_feature_matching(fake_features: Sequence[Tensor], real_features: Sequence[Tensor]) -> Tensor:
    """The mean absolute difference of each layer's features of an output and of its target, summed over layers.

    Wang et al. 2018 (arXiv:1711.11585), eq. 4. With several discriminators (eq. 5), pass the layers of all of them.

    Args:
        fake_features: N x ... for each layer.
        real_features: The same shapes. No gradient flows into them.
    """
    pairs = zip(fake_features, real_features, strict=True)
    return torch.stack([l1_loss(fake, real.detach()) for fake, real in pairs]).sum()


def mean_feature_matching(fake_features: Sequence[Tensor], real_features: Sequence[Tensor]) -> Tensor:
    """The squared distance between the mean features of the fakes and of the reals, summed over layers.

    Salimans et al. 2016 (arXiv:1606.03498), section 3.1: |E f(x) - E f(G(z))|^2. The means are taken over the batch, so
    a batch must not be split.

    Args:
        fake_features: N x ... for each layer. They are taken in float32.
        real_features: M x ... for each layer. No gradient flows into them.
    """
    pairs = zip(fake_features, real_features, strict=True)
    distances = [(real.detach().float().mean(dim=0) - fake.float().mean(dim=0)).square().sum() for fake, real in pairs]
    return sum(distances, distances[0].new_zeros(()))
