"""A generator of waves from log-mel bands, in the line of Vocos (Siuzdak 2023, arXiv:2306.00814).

It computes whole spectra, and the inverse transform makes the wave, so that nothing runs at the rate of the samples.
It begins at what signal processing knows without learning: magnitudes by the pseudo-inverse of the mel filters (as
FreeV: Lv et al. 2024, arXiv:2406.08196), phases by a few steps of the fast Griffin-Lim algorithm. The network turns and
scales each complex value of that spectrum, so that an untrained one is as good as the algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from ..signals.griffin_lim import PERIOD, griffin_lim_spectra
from ..signals.mel import mel_filters, mel_inverse
from ..signals.stft import istft
from . import register_network
from .base import WaveTranslator
from .convnext import ConvNeXtBody
from .layers import Count, Width

OVERLAP = 4  # frames that cover a sample
BELOW_LOW = 20.0  # dB under the quietest band, where the magnitudes of the start end
LOG_SCALE = 0.25  # of natural logarithms of magnitudes, as the network sees them
START = 1e-3  # standard deviation of the weights of the last layer
SMALLEST = 1e-5  # of a magnitude that is divided by: phases of silence are none
BandShape = tuple[int, int, int]  # channels, bands, frames
WaveShape = tuple[int, int]  # channels, samples
Factor = Annotated[int, Field(ge=1, le=8)]
Steps = Annotated[int, Field(ge=0, le=64)]


@dataclass(frozen=True)
class WaveLayout:
    """What encoded sounds mean: a band's (x + 1) / 2 goes from `low` to `high` dB; a wave's 1 is `peak` of full scale.

    rate: Hz. size, hop: of the spectra, in samples.
    """

    rate: int
    bands: int
    size: int
    hop: int
    low: float
    high: float
    peak: float


def phase_steps(spectra: Tensor) -> Tensor:
    """How phases change from frame to frame and from frequency to frequency: N x F x T complex -> N x 4 F x T.

    Real and imaginary parts of numbers with absolute value 1 (0 where there is nothing). A frequency that lies in the
    middle of its bin does not turn. What an earlier or later start of the wave changes of the phases does not show, so
    that the network need not learn to ignore it.
    """
    bins = torch.arange(spectra.shape[1], device=spectra.device)
    expected = torch.polar(torch.ones_like(spectra.real[0, :, :1]), -2 * torch.pi / OVERLAP * bins[:, None])
    before = torch.cat([torch.zeros_like(spectra[..., :1]), spectra[..., :-1]], dim=2)
    below = torch.cat([torch.zeros_like(spectra[:, :1]), spectra[:, :-1]], dim=1)
    parts = [unit(spectra * before.conj() * expected), unit(spectra * below.conj())]
    return torch.cat([side for part in parts for side in (part.real, part.imag)], dim=1)


def unit(values: Tensor) -> Tensor:
    """Complex numbers with absolute value 1, or less where they are next to nothing."""
    return values / (values.abs() + SMALLEST)


class SpectrumBody(nn.Module):
    """What a network sees of a spectrum, the body, and a complex factor for each of its values.

    Args:
        layout: Its `size` is that of the spectrum.
        inputs: Values of each frame that the body sees in addition.
        outputs: Real numbers that come out for each frequency.
        width, factor, blocks: See Vocoder.
    """

    def __init__(self, layout: WaveLayout, inputs: int, outputs: int, width: int, factor: int, blocks: int):
        super().__init__()
        bins = layout.size // 2 + 1
        self.outputs, self.inputs = outputs, inputs
        self.join = nn.Conv1d(5 * bins + inputs, width, 1)
        self.body = ConvNeXtBody(width, width, factor * width, blocks)
        self.head = nn.Conv1d(width, outputs * bins, 1)
        nn.init.normal_(self.head.weight, 0.0, START)
        nn.init.constant_(self.head.bias, 0.0)  # type: ignore[arg-type]

    def forward(self, spectra: Tensor, loud: Tensor, more: Tensor | None = None) -> tuple[Tensor, ...]:
        """N x F x T complex, N x F x T magnitudes and N x inputs x T -> `outputs` times N x F x T."""
        seen = [LOG_SCALE * loud.clamp(min=SMALLEST).log(), phase_steps(spectra)]
        seen += [] if more is None else [more]
        found = self.head(self.body(self.join(torch.cat(seen, dim=1))))
        return found.float().chunk(self.outputs, dim=1)


@register_network("vocoder")
class Vocoder(WaveTranslator):
    """log-mel bands (N x C x bands x T) -> wave (N x C x T hop). Each channel is made by itself.

    Args:
        shape: Channels and samples of a wave in training; any number of frames goes in afterwards.
        input_shape: Channels, bands and frames of the input.
        layout: What the bands mean.
        width: Channels of the body.
        factor: Units of a block's hidden layer, in widths.
        blocks: ConvNeXt blocks.
        start_steps: Of the fast Griffin-Lim algorithm.
    """

    def __init__(
        self,
        shape: WaveShape,
        input_shape: BandShape,
        layout: WaveLayout,
        *,
        width: Width = 256,
        factor: Factor = 3,
        blocks: Count = 6,
        start_steps: Steps = 8,
    ):
        super().__init__()
        self.layout, self.start_steps = layout, start_steps
        inverse = mel_inverse(mel_filters(layout.bands, layout.size, layout.rate))
        self.register_buffer("inverse", torch.from_numpy(inverse).float(), persistent=False)
        self.spectrum = SpectrumBody(layout, layout.bands, 2, width, factor, blocks)
        self.steps_in, self.steps_out, self.multiple = 1, layout.hop, PERIOD
        steps = OVERLAP * (start_steps + 1)  # each sees the frames that cover the same samples
        self.receptive_radius = self.spectrum.body.receptive_radius + steps + 1

    def forward(self, sound: Tensor) -> Tensor:
        bands = sound.flatten(0, 1)
        with torch.no_grad():
            start, loud = self.start(bands.float())
        real, imaginary = self.spectrum(start, loud, bands)
        spectra = start * torch.complex(1 + real, imaginary)
        return istft(spectra, self.layout.size, self.layout.hop).unflatten(0, sound.shape[:2])

    def start(self, bands: Tensor) -> tuple[Tensor, Tensor]:
        """N x bands x T -> the spectrum without learning, N x F x T, and its magnitudes, of a wave whose peak is 1."""
        layout = self.layout
        decibels = (bands + 1) / 2 * (layout.high - layout.low) + layout.low
        floor = 10 ** ((layout.low - BELOW_LOW) / 20)
        loud = (self.inverse.to(bands) @ 10 ** (decibels / 20)).clamp(min=floor) / layout.peak
        found = griffin_lim_spectra(loud, layout.size, layout.hop, self.start_steps)
        return unit(found) * loud, loud
