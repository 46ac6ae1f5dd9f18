"""Batch normalisation whose gain and shift depend on a condition. All are called as `norm(x, condition)`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from .layers import spectrally_normalised


class PlainNorm(nn.BatchNorm2d):
    """Batch normalisation that ignores the condition. N x C x H x W -> N x C x H x W."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        return super().forward(x)


class ClassNorm(nn.Module):
    """A gain and a shift for each class and channel. condition: N class numbers.

    Dumoulin et al. 2017 (arXiv:1610.07629), eq. 5; de Vries et al. 2017 (arXiv:1707.00683); so used by Miyato & Koyama
    2018 (arXiv:1802.05637).

    Attributes:
        gain: classes x channels, less 1; begins at 0.
        shift: classes x channels; begins at 0.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.zeros(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _scaled(self.norm(x), 1 + embedding(condition, self.gain), embedding(condition, self.shift))


class VectorNorm(nn.Module):
    """Gain and shift are linear in a vector, the gain centred at 1. condition: N x width.

    Brock et al. 2019 (arXiv:1809.11096), appendix B.
    """

    def __init__(self, channels: int, width: int, spectral: bool = False):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = spectrally_normalised(nn.Linear(width, channels, bias=False), spectral)
        self.shift = spectrally_normalised(nn.Linear(width, channels, bias=False), spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return _scaled(self.norm(x), 1 + self.gain(condition), self.shift(condition))


def _scaled(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """x: N x C x H x W. gain and shift: N x C."""
    return torch.addcmul(shift.to(x.dtype)[:, :, None, None], x, gain.to(x.dtype)[:, :, None, None])
