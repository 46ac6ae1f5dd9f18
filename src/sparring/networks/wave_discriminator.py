"""Discriminators of waves: by periods (HiFi-GAN) and by spectra of several resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad

from ..signals.stft import stft
from . import register_network
from .base import Condition, Discriminator
from .layers import Width
from .output import DiscriminatorOutput

SLOPE = 0.1  # of leaky ReLU, as in both papers
COMPRESSION = 0.3  # power of magnitudes, so that quiet frequencies are seen
SMALLEST = 1e-5
GROWTH = (1, 4, 16, 32, 32)  # channels of the layers for periods, in widths: 32, 128, 512, 1024, 1024 in the paper
OVERLAP = 4  # frames that cover a sample
WaveShape = tuple[int, int]  # channels, samples
Periods = Annotated[tuple[Annotated[int, Field(ge=1, le=97)], ...], Field(max_length=8)]


class PeriodScorer(nn.Module):
    """Looks at every p-th sample: Kong et al. 2020 (arXiv:2010.05646), section 2.3 and figure 2.

    N x 1 x L -> logits, N x places, and the features of each layer. The wave is folded into rows of p samples;
    convolutions go along the columns, so that a sample meets those a whole number of periods away.
    """

    def __init__(self, period: int, width: int):
        super().__init__()
        self.period = period
        widths = [1, *(width * growth for growth in GROWTH)]
        strides = [3] * (len(GROWTH) - 1) + [1]
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, (5, 1), (stride, 1), padding=(2, 0))
            for (before, after), stride in zip(pairwise(widths), strides, strict=True)
        )
        self.last = nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0))

    def forward(self, waves: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = pad(waves, (0, -waves.shape[2] % self.period)).unflatten(2, (-1, self.period))
        return _scored(x, self.convs, self.last)


class SpectrumScorer(nn.Module):
    """Looks at complex spectra: N x 1 x L -> logits, N x places, and the features of each layer.

    Defossez et al. 2022 (arXiv:2210.13438), section 3.4: real and imaginary parts as channels. Here magnitudes are
    compressed, and the layers are few: three halve the frequencies.
    """

    def __init__(self, size: int, width: int):
        super().__init__()
        self.size = size
        widths = [2, width, width, width]
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, (9, 3), (2, 1), padding=(4, 1)) for before, after in pairwise(widths)
        )
        self.convs.append(nn.Conv2d(width, width, 3, padding=1))
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, waves: Tensor) -> tuple[Tensor, list[Tensor]]:
        hop = self.size // OVERLAP
        spectra = stft(pad(waves[:, 0], (0, -waves.shape[2] % hop)).float(), self.size, hop)
        parts = torch.stack([spectra.real, spectra.imag], dim=1)
        loud = (parts.square().sum(dim=1, keepdim=True) + SMALLEST**2).sqrt()
        return _scored(parts * loud ** (COMPRESSION - 1), self.convs, self.last)


def _scored(x: Tensor, convs: nn.ModuleList, last: nn.Module) -> tuple[Tensor, list[Tensor]]:
    features = []
    for conv in convs:
        x = leaky_relu(conv(x), SLOPE)
        features.append(x)
    return last(x).flatten(1), features


@register_network("wave-discriminator")
class WaveDiscriminator(Discriminator):
    """wave (N x C x L) -> logits (N x C places) of several scorers, each of which counts alike; channels one by one.

    Args:
        shape: Channels and samples of a wave in training; any number of samples can be scored.
        layout: What is known of the waves; its `size` is that of the middle one of the spectra.
        periods: Of the scorers of Kong et al. 2020; theirs are 2, 3, 5, 7 and 11.
        width: Channels of their first layer; theirs are 32.
        sizes: Frames of the scorers by spectra, as shares of the layout's size.
        spectrum_width: Channels of their layers.
    """

    def __init__(
        self,
        shape: WaveShape,
        layout: object,
        *,
        periods: Periods = (2, 5, 11),
        width: Width = 8,
        sizes: Annotated[tuple[float, ...], Field(max_length=8)] = (0.25, 0.5, 1.0),
        spectrum_width: Width = 16,
    ):
        super().__init__()
        frames = [_whole_size(share, layout.size) for share in sizes]  # type: ignore[attr-defined]
        scorers: Sequence[nn.Module] = [PeriodScorer(period, width) for period in periods]
        self.scorers = nn.ModuleList([*scorers, *(SpectrumScorer(size, spectrum_width) for size in frames)])
        if not len(self.scorers):
            raise ValueError("give at least one period or one size")

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        logits, features = list[Tensor](), list[Tensor]()
        for scorer in self.scorers:
            scores, own = scorer(sample.flatten(0, 1)[:, None])
            logits.append(scores)
            features += own
        most = max(each.shape[1] for each in logits)
        alike = [interpolate(each[:, None], most, mode="nearest") for each in logits]
        together = torch.cat(alike, dim=1).unflatten(0, sample.shape[:2]).flatten(1)
        return DiscriminatorOutput(together, features=tuple(features))


def _whole_size(share: float, size: int) -> int:
    """A share of the size of a frame, as a multiple of 16 samples."""
    return max(16, round(share * size / 16) * 16)
