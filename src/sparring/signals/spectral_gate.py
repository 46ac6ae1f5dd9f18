"""A spectral gate: the oldest way to remove noise, which learns nothing. What learns has to beat it.

Boll 1979 (IEEE Transactions on Acoustics, Speech and Signal Processing 27, 113-120), with the noise estimated from the
quietest frames of each frequency.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .stft import istft, stft

QUIET = 0.1  # of the frames of a frequency are taken as noise
ABOVE = 5.0  # times that, as the quietest frames of noise are far below its mean
FLOOR = 0.1  # of its magnitude is left of noise: with nothing left one hears holes


def spectral_gate(waves: Tensor, size: int, hop: int) -> Tensor:
    """Waves, ... x L, with their constant noise made quieter. size, hop: as of `stft`; L is a multiple of `hop`."""
    spectra = stft(waves, size, hop)
    loud = spectra.abs()
    noise = torch.quantile(loud, QUIET, dim=-1, keepdim=True)
    gain = (1 - (ABOVE * noise / loud.clamp(min=1e-9)) ** 2).clamp(min=0).sqrt().clamp(min=FLOOR)
    return istft(spectra * gain, size, hop)
