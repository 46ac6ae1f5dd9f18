"""Losses between a wave and its target, by their spectra at several resolutions. Each is a mean over the examples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..signals.stft import stft

SMALLEST = 1e-5  # of a magnitude whose logarithm is taken
OVERLAP = 4  # frames that cover a sample


def spectra_of(waves: Tensor, size: int) -> Tensor:
    """Complex spectra of waves, ... x L -> ... x (size / 2 + 1) x L / (size / 4)."""
    return stft(waves, size, size // OVERLAP)


def magnitudes_of(spectra: Tensor) -> Tensor:
    """Their absolute values, with a gradient that is finite at 0."""
    return (spectra.real.square() + spectra.imag.square() + SMALLEST**2).sqrt()


def spectral_convergence(found: Tensor, wanted: Tensor) -> Tensor:
    """|| |S| - |T| || / || |T| || of each example, as a mean: Yamamoto et al. 2020 (arXiv:1910.11480), eq. 5.

    Args:
        found: Magnitudes of the outputs, N x C x F x T.
        wanted: Those of the targets.
    """
    errors = (found - wanted).flatten(1).norm(dim=1)
    return (errors / wanted.flatten(1).norm(dim=1).clamp(min=1e-3)).mean()


def log_magnitude_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean absolute difference of the logarithms: Yamamoto et al. 2020, eq. 6."""
    return (found.clamp(min=SMALLEST).log() - wanted.clamp(min=SMALLEST).log()).abs().mean()


def multi_resolution(outputs: Tensor, targets: Tensor, sizes: Sequence[int]) -> Tensor:
    """Spectral convergence plus log-magnitude distance, as a mean over resolutions: Yamamoto et al. 2020, eq. 7.

    Args:
        outputs, targets: Waves, N x C x L, where L is a multiple of a quarter of each size.
        sizes: Samples of the frames of each resolution.
    """
    total = outputs.new_zeros(())
    for size in sizes:
        found, wanted = (magnitudes_of(spectra_of(waves, size)) for waves in (outputs, targets))
        total = total + spectral_convergence(found, wanted) + log_magnitude_distance(found, wanted)
    return total / len(sizes)


def mel_distance(outputs: Tensor, targets: Tensor, banks: Sequence[tuple[int, Tensor]]) -> Tensor:
    """The mean absolute difference of log-mel bands, as a mean over resolutions: Kong et al. 2020 (arXiv:2010.05646).

    Their eq. 4 has one resolution; several are those of Lee et al. 2024 (BigVGAN-v2).

    Args:
        outputs, targets: Waves, N x C x L.
        banks: Of each resolution, the samples of a frame and the filters, bands x (size / 2 + 1).
    """
    total = outputs.new_zeros(())
    for size, filters in banks:
        found, wanted = (
            (filters.to(waves) @ magnitudes_of(spectra_of(waves, size))).clamp(min=SMALLEST).log()
            for waves in (outputs, targets)
        )
        total = total + (found - wanted).abs().mean()
    return total / len(banks)


def compressed_distance(outputs: Tensor, targets: Tensor, sizes: Sequence[int], power: float = 0.3) -> Tensor:
    """The squared difference of spectra whose magnitudes are compressed, with their phases.

    Lu et al. 2023 (MP-SENet, arXiv:2308.08926), eq. 6 and 8, as one: half for magnitudes, half for complex values.

    Args:
        outputs, targets: Waves, N x C x L.
        sizes: Samples of the frames of each resolution.
        power: To which magnitudes are raised, so that quiet parts count.
    """
    total = outputs.new_zeros(())
    for size in sizes:
        found, wanted = (spectra_of(waves, size) for waves in (outputs, targets))
        loud, aim = magnitudes_of(found), magnitudes_of(wanted)
        by_loudness = (loud**power - aim**power).square().mean()
        moved = found * loud ** (power - 1) - wanted * aim ** (power - 1)
        by_phase = (moved.real.square() + moved.imag.square()).mean()
        total = total + (by_loudness + by_phase) / 2
    return total / len(sizes)


def cut(waves: Tensor, starts: Tensor, length: int) -> Tensor:
    """Parts of waves: N x C x L and N first samples -> N x C x length."""
    places = starts[:, None] + torch.arange(length, device=waves.device)
    return waves.gather(2, places[:, None].expand(-1, waves.shape[1], -1))
