"""Self-attention between the pixels of a feature map (Zhang et al. 2019, arXiv:1805.08318)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .layers import spectrally_normalised


class SelfAttention(nn.Module):
    """x + gamma * v(sum over i of beta_ji h(x_i)): Zhang et al. 2019, eq. 1 to 3. N x C x H x W -> N x C x H x W.

    gamma begins at 0, so that a fresh layer passes x through. C / 8 channels inside, as in all of their experiments.
    """

    def __init__(self, channels: int, spectral: bool = False):
        super().__init__()
        inner = max(1, channels // 8)
        self.query, self.key, self.value = (  # the paper's g, f and h
            spectrally_normalised(nn.Conv2d(channels, inner, 1, bias=False), spectral) for _ in range(3)
        )
        self.out = spectrally_normalised(nn.Conv2d(inner, channels, 1, bias=False), spectral)  # v
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))  # N x inner x HW
        # Written out: the fused kernels have no second derivative, which gradient penalties need.
        beta = (query.transpose(1, 2) @ key).softmax(dim=2)  # N x HW (j) x HW (i), eq. 1
        attended = (value @ beta.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gamma * self.out(attended)


def attention_index(sizes: Sequence[tuple[int, int]], side: int | None) -> int | None:
    """The index of the feature map (height, width) that gets attention; None where `side` is None.

    It is the largest map of at most side x side pixels, or the smallest of all where each is larger.
    """
    if side is None:
        return None
    areas = [height * width for height, width in sizes]
    return areas.index(max([area for area in areas if area <= side * side], default=min(areas)))
