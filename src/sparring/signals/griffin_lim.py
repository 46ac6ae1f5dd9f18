"""A wave from the magnitudes of its spectra.

The fast Griffin-Lim algorithm: Perraudin, Balazs & Sondergaard 2013 (IEEE Workshop on Applications of Signal Processing
to Audio and Acoustics), algorithm 2; without momentum it is Griffin & Lim 1984.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from ..util.random import make_torch_rng
from .stft import istft, stft

MOMENTUM = 0.99  # alpha of the paper, section 4
SMALLEST = 1e-12  # of a magnitude that is divided by
PERIOD = 64  # frames after which the phases of the beginning repeat, where a wave is made in parts


def griffin_lim(magnitudes: Tensor, size: int, hop: int, steps: int, momentum: float = MOMENTUM) -> Tensor:
    """Waves, ... x (T hop), whose spectra have about these magnitudes, ... x (size / 2 + 1) x T.

    In each step, c is projected on the spectra with these magnitudes and then on those of a wave, t; then
    c_n = t_n + momentum (t_n - t_(n-1)). The phases begin at numbers that are drawn once for each place of a spectrum,
    so that equal magnitudes give equal waves.

    Args:
        magnitudes: Not negative.
        size, hop: As of `stft`.
        steps: How often it is projected; 0 keeps the phases of the beginning.
        momentum: alpha; 0: the algorithm of Griffin & Lim.
    """
    moving = torch.polar(magnitudes, phases(*magnitudes.shape[-2:]).expand_as(magnitudes))
    return istft(_with_magnitudes(_moved(moving, magnitudes, size, hop, steps, momentum), magnitudes), size, hop)


def griffin_lim_spectra(magnitudes: Tensor, size: int, hop: int, steps: int, momentum: float = MOMENTUM) -> Tensor:
    """As `griffin_lim`, but the complex spectra before they become a wave, ... x (size / 2 + 1) x T.

    The phases of the beginning repeat after PERIOD frames, so that the middle of a long sound is the same where only
    some frames around it are given, if those begin at a multiple of PERIOD.
    """
    bins, frames = magnitudes.shape[-2:]
    begun = phases(bins, PERIOD).repeat(1, -(-frames // PERIOD))[:, :frames].to(magnitudes)
    return _moved(torch.polar(magnitudes, begun.expand_as(magnitudes)), magnitudes, size, hop, steps, momentum)


def _moved(moving: Tensor, magnitudes: Tensor, size: int, hop: int, steps: int, momentum: float) -> Tensor:
    """The spectra after so many steps."""
    before: Tensor | None = None
    for _ in range(steps):
        projected = stft(istft(_with_magnitudes(moving, magnitudes), size, hop), size, hop)
        moving = projected if before is None else projected + momentum * (projected - before)
        before = projected
    return moving


def inconsistency(magnitudes: Tensor, waves: Tensor, size: int, hop: int) -> Tensor:
    """How far the spectra of waves are from magnitudes: ||  |stft(x)| - m || / || m || of each, which lies from 0.

    It is the spectral convergence of Sturmel & Daudet 2011 (Digital Audio Effects), as a ratio.
    """
    found = stft(waves, size, hop).abs()
    return (found - magnitudes).flatten(-2).norm(dim=-1) / magnitudes.flatten(-2).norm(dim=-1).clamp(min=SMALLEST)


def _with_magnitudes(spectra: Tensor, magnitudes: Tensor) -> Tensor:
    """The spectra with the phases that they have and these magnitudes."""
    return spectra * (magnitudes / spectra.abs().clamp(min=SMALLEST))


@functools.lru_cache(maxsize=8)
def phases(bins: int, frames: int) -> Tensor:
    """Angles from 0 to 2 pi, drawn once: with equal ones a wave would begin as a row of clicks."""
    return 2 * torch.pi * torch.rand(bins, frames, generator=make_torch_rng(0, "griffin-lim", "phases"))
