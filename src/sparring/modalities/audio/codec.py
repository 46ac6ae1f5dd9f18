"""How sounds become tensors and come back, with their rate, their level and the lengths that were learned."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...signals.faults import sounding
from .mel_scale import BANDS, MelScale, decibels, fitted, hop_of

MAX_FITTED = 2000  # training sounds that levels and ends are taken from
CHUNK = 50  # sounds that are transformed at once
QUIET_SHARE = 0.05  # of real ends are quieter than what counts as one
LEAST_END = -0.95  # of mels: what is quieter is silence
END_FRAMES = 3  # before the end of a real sound, by which its last level is measured
FADE = 0.005  # seconds, where a sound is ended


@dataclass(frozen=True)
class AudioCodec:
    """Sounds N x channels x length, float32, full scale at -1 and 1 <-> tensors.

    Values that end before `length` have exact zeros from there on, both real and decoded ones.

    Attributes:
        rate: Samples a second.
        bits: Of written files, 16 or 24.
        peak: The largest sample of the training sounds.
        end: The level below which the rest of a sound is silence; None where all sounds fill the length.
        mel: The log-mel form of these sounds, also of previews.
    """

    channels: int
    length: int
    rate: int
    bits: int
    peak: float
    end: float | None
    mel: MelScale
    value_range: str = "symmetric"
    representation: ClassVar[str]
    input: ClassVar[None] = None
    layout: ClassVar[None] = None

    def encode(self, values: np.ndarray) -> Tensor:
        tensor = self._encode(torch.tensor(values, dtype=torch.float32))
        return tensor if self.value_range == "symmetric" else (tensor + 1) / 2

    def decode(self, tensor: Tensor) -> np.ndarray:
        """Sounds beyond full scale are made quieter as a whole. Numbers that are none become silence."""
        tensor = torch.nan_to_num(tensor.detach().to("cpu", torch.float32), nan=0.0, posinf=1.0, neginf=-1.0)
        decoded, lasting = self._decode((tensor if self.value_range == "symmetric" else tensor * 2 - 1).clamp(-1, 1))
        waves = ended(decoded.numpy(), lasting.numpy(), round(FADE * self.rate))
        loudest = np.abs(waves).max(axis=(1, 2), keepdims=True, initial=0)
        return waves / np.maximum(1, loudest)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {"modality": "audio", "representation": self.representation, **asdict(self), "decode": self.formula}

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of an encoded sound."""

    @property
    @abstractmethod
    def formula(self) -> str:
        """How a tensor becomes a sound, for people."""

    @abstractmethod
    def _encode(self, waves: Tensor) -> Tensor:
        """Tensors in [-1, 1]."""

    @abstractmethod
    def _decode(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        """Waves N x channels x length, and how many samples of each last (N)."""


@dataclass(frozen=True)
class MelCodec(AudioCodec):
    """As log-mel pictures, channels x 64 bands x frames; phases are found by the fast Griffin-Lim algorithm."""

    representation: ClassVar[str] = "mel"

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, BANDS, self.length // self.mel.hop

    @property
    def formula(self) -> str:
        return (
            f"dB = {self.mel.low:g} + (x + 1) / 2 * {self.mel.high - self.mel.low:g} of {BANDS} mel bands at "
            f"{self.rate} Hz, frames of {self.mel.size} every {self.mel.hop} samples; pseudo-inverse; fast Griffin-Lim"
        )

    def _encode(self, waves: Tensor) -> Tensor:
        return self.mel.of(waves)

    def _decode(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        waves = self.mel.waves(tensor)
        return waves, self.mel.hop * lasting(tensor.amax(dim=(1, 2)), self.end)


@dataclass(frozen=True)
class WaveformCodec(AudioCodec):
    """As waveforms, channels x length, divided by the largest training sample."""

    representation: ClassVar[str] = "waveform"

    @property
    def shape(self) -> tuple[int, int]:
        return self.channels, self.length

    @property
    def formula(self) -> str:
        return f"sample = x * {self.peak:g}, full scale at -1 and 1"

    def _encode(self, waves: Tensor) -> Tensor:
        return waves / self.peak

    def _decode(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        block = self.mel.hop
        return tensor * self.peak, block * lasting(block_levels(tensor * self.peak, block), self.end)


CODECS: dict[str, type[AudioCodec]] = {kind.representation: kind for kind in (MelCodec, WaveformCodec)}


def fit_codec(source: Any, value_range: str = "symmetric", representation: str | None = None) -> AudioCodec:
    """The codec for a source of sounds: levels and ends are measured on training sounds."""
    channels, length = source.shape
    some = np.arange(source.count("train"))[:: max(1, source.count("train") // MAX_FITTED)]
    parts = np.array_split(some, len(some) // CHUNK + 1)
    peak = max(float(np.abs(source.values(part)).max()) for part in parts)
    loudest = max(float(decibels(torch.from_numpy(source.values(part)), source.rate).max()) for part in parts)
    mel = fitted(loudest, source.rate)
    kind = CODECS[representation or "mel"]
    ends = [level for part in parts for level in _last_levels(source.values(part), mel, kind)]
    end = None
    if ends:
        quiet = float(np.quantile(ends, QUIET_SHARE))
        end = round(max(LEAST_END, (quiet - 1) / 2) if kind is MelCodec else max(1e-4 * peak, quiet / 2), 6)
    return kind(channels, length, source.rate, source.bits, round(max(peak, 1e-4), 6), end, mel, value_range)


def codec_from(description: dict[str, Any]) -> AudioCodec:
    """The inverse of AudioCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "audio" or description.get("representation") not in CODECS:
        raise UserError("codec.json is not a description of sounds: use the version of sparring that wrote it.")
    try:
        kind = CODECS[description["representation"]]
        names = ("channels", "length", "rate", "bits", "peak", "end", "value_range")
        codec = kind(**{name: description[name] for name in names}, mel=MelScale(**description["mel"]))
        _check(codec)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise UserError(
            "codec.json is damaged: its rate, length, channels or levels are missing or do not go together."
        ) from None
    return codec


def _check(codec: AudioCodec) -> None:
    """Raise ValueError or TypeError for a codec whose parts cannot be or do not go together."""
    whole = codec.length > 0 == codec.length % hop_of(codec.rate) and codec.mel.rate == codec.rate
    known = codec.channels in (1, 2) and codec.bits in (16, 24) and codec.value_range in ("symmetric", "unit")
    levels = codec.mel.low < codec.mel.high and codec.peak > 0 and (codec.end is None or codec.end > -1)
    if not (whole and known and levels):
        raise ValueError


def lasting(levels: Tensor, end: float | None) -> Tensor:
    """How many steps (frames or blocks) each sound lasts: up to the last level (N x T) above `end`."""
    if end is None:
        return torch.full((len(levels),), levels.shape[1])
    above = levels > end
    return torch.where(above.any(dim=1), levels.shape[1] - above.flip(1).int().argmax(dim=1), 0)


def block_levels(waves: Tensor, block: int) -> Tensor:
    """Root mean squares of blocks of waves, N x C x L -> N x L / block: the louder channel."""
    return waves.unflatten(2, (-1, block)).square().mean(dim=3).sqrt().amax(dim=1)


def ended(waves: np.ndarray, lasting: np.ndarray, fade: int) -> np.ndarray:
    """Waves with exact zeros after so many samples, and a short fade before, so that no end clicks."""
    left = lasting[:, None] - np.arange(waves.shape[2])
    inside = (lasting < waves.shape[2])[:, None]
    weights = np.where(inside, np.clip(left / max(1, fade), 0, 1), 1).astype(np.float32)
    return waves * weights[:, None]


def _last_levels(values: np.ndarray, mel: MelScale, kind: type[AudioCodec]) -> list[float]:
    """The loudest level of the last frames of each sound that ends before the length of a value."""
    waves = torch.from_numpy(values)
    levels = mel.of(waves).amax(dim=(1, 2)) if kind is MelCodec else block_levels(waves, mel.hop)
    found = []
    for row, last in zip(levels, -(-sounding(values) // mel.hop), strict=True):
        if 0 < last < levels.shape[1]:
            found.append(float(row[max(0, last - END_FRAMES) : last].max()))
    return found
