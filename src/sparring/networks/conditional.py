"""Batch normalisation whose gain and shift depend on what is given beside the sample. All are called as norm(x, given)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from .layers import normalised


class PlainNorm(nn.BatchNorm2d):
    """Nothing is given: batch normalisation as it is."""

    def forward(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        return super().forward(x)


class ClassNorm(nn.Module):
    """A gain (at first 1; what is learned is its distance from 1) and a shift (0) for each class and channel; given: N class numbers.

    Dumoulin et al. 2017 (arXiv:1610.07629), eq. 5; de Vries et al. 2017 (arXiv:1707.00683); so used by Miyato & Koyama 2018.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.zeros(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        return _scaled(self.norm(x), 1 + embedding(given, self.gain), embedding(given, self.shift))


class VectorNorm(nn.Module):
    """Gain and shift are linear in a vector (N x D), the gain centred at 1 (Brock et al. 2019, arXiv:1809.11096, appendix B)."""

    def __init__(self, channels: int, width: int, spectral: bool = False):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = normalised(nn.Linear(width, channels, bias=False), spectral)
        self.shift = normalised(nn.Linear(width, channels, bias=False), spectral)

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        return _scaled(self.norm(x), 1 + self.gain(given), self.shift(given))


def _scaled(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """x: N x C x H x W; gain and shift: N x C."""
    return torch.addcmul(shift.to(x.dtype)[:, :, None, None], x, gain.to(x.dtype)[:, :, None, None])
