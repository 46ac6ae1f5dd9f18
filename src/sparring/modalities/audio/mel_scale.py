"""The log-mel form of sounds: from waves to pictures of some bands a frame, and back to waves."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...signals.griffin_lim import griffin_lim
from ...signals.mel import mel_filters, mel_inverse
from ...signals.stft import stft

BANDS = 64
FRAMES_A_SECOND = 62.5  # about; the hop is the power of two that comes nearest
OVERLAP = 4  # frames that cover a sample
RANGE = 80.0  # dB below the loudest band of the data, where silence begins
SMALLEST = 1e-10
STEPS = 16  # of the fast Griffin-Lim algorithm: docs/experiments/2026-11-30.md, "Sounds"


def hop_of(rate: int) -> int:
    """Samples from one frame to the next: the power of two nearest to rate / 62.5, so that a second has about 62."""
    return 2 ** round(math.log2(rate / FRAMES_A_SECOND))


@dataclass(frozen=True)
class MelScale:
    """The recipe of log-mel values: it follows from the sample rate, and from the loudest band of the data.

    rate: Hz. high: dB of the loudest mel band, which becomes 1; low: dB of what becomes -1, silence. bands: how many.
    """

    rate: int
    high: float
    low: float
    bands: int = BANDS

    @property
    def hop(self) -> int:
        return hop_of(self.rate)

    @property
    def size(self) -> int:
        return OVERLAP * self.hop

    def of(self, waves: Tensor) -> Tensor:
        """Waves, N x C x L, as N x C x bands x L / hop in [-1, 1]: 20 log10 of the bands of the magnitudes."""
        return self.unbounded(waves).clamp(max=1)

    def unbounded(self, waves: Tensor) -> Tensor:
        """As `of`, with values above 1 for sounds that are louder than those of the data."""
        shares = (decibels(waves, self.rate, self.bands) - self.low) / (self.high - self.low)
        return (2 * shares - 1).clamp(min=-1)

    def magnitudes(self, mels: Tensor) -> Tensor:
        """Magnitudes of spectra, N x C x (size / 2 + 1) x T, by the pseudo-inverse of the filters, not below 0."""
        return (filters_of(self.rate, self.bands)[1] @ 10 ** (self._decibels(mels) / 20)).clamp(min=0)

    def waves(self, mels: Tensor, steps: int = STEPS) -> Tensor:
        """Waves, N x C x (T hop), of N x C x bands x T in [-1, 1], as loud as these. steps: of the algorithm.

        Each is computed alone, since a product of matrices may round differently beside others.
        """
        found = [self._wave(mel, steps) for mel in mels]
        return torch.stack(found) if found else mels.new_zeros(0, mels.shape[1], mels.shape[3] * self.hop)

    def _wave(self, mel: Tensor, steps: int) -> Tensor:
        """C x (T hop): by the algorithm, then at the level that the bands say (it makes waves a little quieter)."""
        wave = griffin_lim(self.magnitudes(mel), self.size, self.hop, steps)
        wanted, has = (10 ** (each / 20) for each in (self._decibels(mel), decibels(wave, self.rate, self.bands)))
        return wave * (wanted.norm() / has.norm().clamp(min=SMALLEST))

    def _decibels(self, mels: Tensor) -> Tensor:
        return (mels + 1) / 2 * (self.high - self.low) + self.low


def fitted(loudest: float, rate: int) -> MelScale:
    """The scale for data whose loudest mel band has so many dB."""
    return MelScale(rate, round(loudest, 3), round(loudest - RANGE, 3))


def decibels(waves: Tensor, rate: int, bands: int = BANDS) -> Tensor:
    """The mel bands of waves, N x C x L, in dB: N x C x bands x L / hop."""
    hop = hop_of(rate)
    magnitudes = stft(waves, OVERLAP * hop, hop).abs()
    return 20 * (filters_of(rate, bands)[0] @ magnitudes).clamp(min=SMALLEST).log10()


@functools.lru_cache(maxsize=8)
def filters_of(rate: int, bands: int) -> tuple[Tensor, Tensor]:
    """The filter bank of a rate and its pseudo-inverse, float32."""
    filters = mel_filters(bands, OVERLAP * hop_of(rate), rate)
    return torch.from_numpy(filters).float(), torch.from_numpy(mel_inverse(filters)).float()
