"""The short-time Fourier transform and its inverse.

Allen & Rabiner 1977 (Proceedings of the IEEE 65, 1558-1564); the inverse is the least-squares one of Griffin & Lim 1984
(IEEE Transactions on Acoustics, Speech and Signal Processing 32, 236-243), eq. 6. Both are built of `unfold`, `rfft`
and sums of shifted frames, which every version of torch has.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def window(size: int) -> Tensor:
    """The periodic Hann window, float32: w[n] = 1/2 - 1/2 cos(2 pi n / size)."""
    return torch.hann_window(size, periodic=True, dtype=torch.float64).float()


def stft(waves: Tensor, size: int, hop: int) -> Tensor:
    """Waves, ... x L, as complex spectra, ... x (size / 2 + 1) x (L / hop).

    Frame t is the Fourier transform of w[n] x[n + t hop - (size - hop) / 2], with zeros beyond the ends, so that a wave
    of a whole number of hops has exactly one frame a hop.

    Args:
        waves: Real numbers. L is a multiple of `hop`.
        size: Samples of a frame, a multiple of `hop`.
        hop: Samples from one frame to the next, even where size / hop is even.
    """
    _check(size, hop)
    if waves.shape[-1] % hop:
        raise ValueError(f"{waves.shape[-1]} samples are no whole number of hops of {hop}")
    edge = (size - hop) // 2
    frames = pad(waves, (edge, edge)).unfold(-1, size, hop)
    return torch.fft.rfft(frames * window(size).to(waves), dim=-1).transpose(-1, -2)


def istft(spectra: Tensor, size: int, hop: int) -> Tensor:
    """The waves, ... x L, whose spectra are nearest to these by least squares.

    x[n] = sum_t w[n - t hop] y_t[n - t hop] / sum_t w[n - t hop]^2, where y_t is the inverse transform of frame t. So
    istft(stft(x)) = x.
    """
    _check(size, hop)
    weights = window(size).to(spectra.real)
    frames = torch.fft.irfft(spectra.transpose(-1, -2), n=size, dim=-1) * weights
    count, edge = frames.shape[-2], (size - hop) // 2
    total = _overlapped(frames, hop)
    squares = _overlapped(weights.square().expand(count, size), hop)
    inside = slice(edge, edge + count * hop)
    return total[..., inside] / squares[inside]


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """Frames, ... x T x size, added with `hop` samples from one to the next: ... x ((T - 1) hop + size)."""
    *rest, count, size = frames.shape
    parts = frames.unflatten(-1, (size // hop, hop))
    total = frames.new_zeros(*rest, count + size // hop - 1, hop)
    for number in range(size // hop):
        total[..., number : number + count, :] += parts[..., number, :]
    return total.flatten(-2)


def _check(size: int, hop: int) -> None:
    if size % hop or (size - hop) % 2 or size < 2 * hop:
        raise ValueError(f"frames of {size} samples do not go with hops of {hop}")
