"""The codecs of sounds as modules, for graphs that are exported: tensors of the generator -> waves.

Spectra are products with matrices of cosines and sines, and complex numbers are pairs of real ones, since what runs a
graph knows no complex numbers. The steps are those of `signals.griffin_lim`, with the same phases.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ...signals import griffin_lim
from ...signals.stft import window
from .codec import FADE, AudioCodec, MelCodec
from .mel_scale import SMALLEST, STEPS, MelScale, filters_of

TINY = griffin_lim.SMALLEST


class Spectra(nn.Module):
    """The transform of `signals.stft` and its inverse, for waves of a fixed number of frames.

    A spectrum is N x C x T x 2 bins: real parts, then imaginary ones.
    """

    forward_basis: Tensor
    inverse_basis: Tensor
    squares: Tensor

    def __init__(self, size: int, hop: int, frames: int):
        super().__init__()
        self.size, self.hop, self.edge, self.parts = size, hop, (size - hop) // 2, size // hop
        weights, bins = window(size).double(), size // 2 + 1
        angles = 2 * torch.pi * torch.arange(size).double()[:, None] * torch.arange(bins).double() / size
        forward = weights[:, None] * torch.cat([angles.cos(), -angles.sin()], dim=1)
        twice = torch.full((bins,), 2.0, dtype=torch.float64)
        twice[0] = twice[-1] = 1.0  # the other bins stand for their mirrored ones too
        inverse = torch.cat([twice * angles.cos(), -twice * angles.sin()], dim=1).T * weights / size
        self.register_buffer("forward_basis", forward.float())
        self.register_buffer("inverse_basis", inverse.float())
        squares = self._overlapped(weights.square().expand(1, 1, frames, size))
        self.register_buffer("squares", self._inside(squares).float())

    def of(self, waves: Tensor) -> Tensor:
        """N x C x L waves -> spectra."""
        return pad(waves, (self.edge, self.edge)).unfold(-1, self.size, self.hop) @ self.forward_basis

    def waves(self, spectra: Tensor) -> Tensor:
        """The inverse by least squares."""
        return self._inside(self._overlapped(spectra @ self.inverse_basis)) / self.squares

    def _overlapped(self, frames: Tensor) -> Tensor:
        parts = frames.unflatten(-1, (self.parts, self.hop))
        moved = [pad(parts[..., each, :], (0, 0, each, self.parts - 1 - each)) for each in range(self.parts)]
        return torch.stack(moved).sum(dim=0).flatten(-2)

    def _inside(self, waves: Tensor) -> Tensor:
        return waves[..., self.edge : waves.shape[-1] - self.edge]


class _Decode(nn.Module):
    """What both representations share: the range, the end of each sound, and no sound beyond full scale."""

    def __init__(self, codec: AudioCodec):
        super().__init__()
        self.symmetric, self.end, self.hop, self.length = (
            codec.value_range == "symmetric",
            codec.end,
            codec.mel.hop,
            codec.length,
        )
        self.fade = max(1, round(FADE * codec.rate))

    def forward(self, tensor: Tensor) -> Tensor:
        waves, levels = self.waves((tensor if self.symmetric else tensor * 2 - 1).clamp(-1, 1))
        if self.end is not None:
            waves = waves * self._weights(levels, self.end)[:, None]
        return waves / waves.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1)

    def waves(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        """Waves N x channels x length, and the level of each step, N x T."""
        raise NotImplementedError

    def _weights(self, levels: Tensor, end: float) -> Tensor:
        """1 inside a sound, a fade to 0 at its end: N x length. Levels above `end` are inside."""
        numbers = torch.arange(1, levels.shape[1] + 1, dtype=torch.int64)
        lasting = self.hop * torch.where(levels > end, numbers, 0).amax(dim=1, keepdim=True)
        left = (lasting - torch.arange(self.length, dtype=torch.int64)).float() / self.fade
        return torch.where(lasting < self.length, left.clamp(0, 1), 1.0)


class DecodeWaveforms(_Decode):
    """N x channels x length in [-1, 1] -> waves."""

    def __init__(self, codec: AudioCodec):
        super().__init__(codec)
        self.peak = codec.peak

    def waves(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        waves = tensor * self.peak
        levels = waves.unflatten(2, (self.length // self.hop, self.hop)).square().mean(dim=3).sqrt().amax(dim=1)
        return waves, levels


class DecodeMels(_Decode):
    """N x channels x bands x frames in [-1, 1] -> waves, by the fast Griffin-Lim algorithm."""

    bands: Tensor
    inverse: Tensor
    cosines: Tensor
    sines: Tensor

    def __init__(self, codec: MelCodec):
        super().__init__(codec)
        scale: MelScale = codec.mel
        frames = codec.length // scale.hop
        self.low, self.range = scale.low, scale.high - scale.low
        self.spectra = Spectra(scale.size, scale.hop, frames)
        bands, inverse = filters_of(scale.rate, scale.bands)
        phases = griffin_lim.phases(scale.size // 2 + 1, frames).T
        for name, value in (
            ("bands", bands.T),
            ("inverse", inverse),
            ("cosines", phases.cos()),
            ("sines", phases.sin()),
        ):
            self.register_buffer(name, value.contiguous())

    def waves(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        wanted = 10 ** (((tensor + 1) / 2 * self.range + self.low) / 20)
        magnitudes = (self.inverse @ wanted).clamp(min=0).transpose(2, 3)  # N x C x T x bins
        moving = torch.cat([magnitudes * self.cosines, magnitudes * self.sines], dim=-1)
        before: Tensor | None = None
        for _ in range(STEPS):
            projected = self.spectra.of(self.spectra.waves(_with_magnitudes(moving, magnitudes)))
            moving = projected if before is None else projected + griffin_lim.MOMENTUM * (projected - before)
            before = projected
        wave = self.spectra.waves(_with_magnitudes(moving, magnitudes))
        has = (_magnitudes(self.spectra.of(wave)) @ self.bands).clamp(min=SMALLEST)
        factor = _norm(wanted) / _norm(has).clamp(min=SMALLEST)
        return wave * factor, tensor.amax(dim=(1, 2))


def decode_module(codec: AudioCodec) -> nn.Module:
    """What turns tensors into waves."""
    return DecodeMels(codec) if isinstance(codec, MelCodec) else DecodeWaveforms(codec)


def _magnitudes(spectra: Tensor) -> Tensor:
    real, imaginary = spectra.chunk(2, dim=-1)
    return (real * real + imaginary * imaginary).sqrt()


def _with_magnitudes(spectra: Tensor, magnitudes: Tensor) -> Tensor:
    factor = magnitudes / _magnitudes(spectra).clamp(min=TINY)
    return spectra * torch.cat([factor, factor], dim=-1)


def _norm(values: Tensor) -> Tensor:
    """Of each sound, N x 1 x 1."""
    return values.square().sum(dim=(1, 2, 3), keepdim=True).sqrt().squeeze(-1)
