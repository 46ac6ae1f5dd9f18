"""How the sounds that a translator sees and those that it makes become tensors and come back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...networks.vocoder import WaveLayout
from ...signals.levels import active_level
from .codec import CHUNK, WaveformCodec, codec_from, fit_codec
from .mel_scale import MelScale

BANDS = 80  # that a vocoder sees, at every rate
RANGE = 100.0  # dB below the loudest band of the data
MAX_MEASURED = 200  # training inputs that the level is taken from
Seen = Literal["mel", "waveform"]


@dataclass(frozen=True)
class SoundInput:
    """Sounds N x C x L as what a translator sees: log-mel bands, N x C x 80 x T, or waves, N x C x L.

    Attributes:
        seen: Which of the two.
        output: The codec of the waves that are made.
        level: Of the training inputs, see signals.levels. Sounds are brought to it before they are translated.
    """

    seen: Seen
    output: WaveformCodec
    level: float

    @property
    def shape(self) -> tuple[int, ...]:
        if self.seen == "waveform":
            return self.output.shape
        return self.output.channels, self.output.mel.bands, self.output.length // self.output.mel.hop

    def encode(self, values: np.ndarray) -> Tensor:
        """Waves whose length is a multiple of the hop; any level and any length will do."""
        waves = torch.tensor(values, dtype=torch.float32)
        return self.output.mel.unbounded(waves) if self.seen == "mel" else waves / self.output.peak


@dataclass(frozen=True)
class SoundPairCodec:
    """The codecs of both sides. `shape`, `encode` and `decode` are those of the waves that are made."""

    input: SoundInput
    output: WaveformCodec
    representation: ClassVar[str] = "pair"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.output.shape

    @property
    def rate(self) -> int:
        return self.output.rate

    @property
    def layout(self) -> WaveLayout:
        mel = self.output.mel
        return WaveLayout(mel.rate, mel.bands, mel.size, mel.hop, mel.low, mel.high, self.output.peak)

    def encode(self, values: np.ndarray) -> Tensor:
        return self.output.encode(values)

    def decode(self, tensor: Tensor) -> np.ndarray:
        return self.output.decode(tensor)

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        seen = {"seen": self.input.seen, "level": self.input.level}
        return {"modality": "audio", "representation": "pair", **seen, "output": self.output.describe()}


def fit_pair_codec(source: Any, seen: Seen) -> SoundPairCodec:
    """The codec for pairs of sounds: levels are measured on training inputs and targets."""
    plain = fit_codec(source, representation="waveform")
    assert isinstance(plain, WaveformCodec)
    mel = MelScale(source.rate, plain.mel.high, round(plain.mel.high - RANGE, 3), BANDS)
    output = replace(plain, end=None, mel=mel)
    some = np.arange(source.count("train"))[:: max(1, source.count("train") // MAX_MEASURED)]
    parts = np.array_split(some, len(some) // CHUNK + 1)
    levels = [active_level(source.input_values(part).reshape(-1, source.shape[1]), source.rate) for part in parts]
    level = round(max(1e-4, float(np.median(levels))), 6)
    return SoundPairCodec(SoundInput(seen, output, level), output)


def pair_codec_from(description: dict[str, Any]) -> SoundPairCodec:
    """The inverse of SoundPairCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    try:
        output, seen, level = codec_from(description["output"]), description["seen"], description["level"]
        expected = MelScale(output.rate, output.mel.high, round(output.mel.high - RANGE, 3), BANDS)
        if not isinstance(output, WaveformCodec) or seen not in ("mel", "waveform") or not level > 0:
            raise ValueError
        if asdict(output.mel) != asdict(expected):
            raise UserError(
                f"codec.json has log-mel bands of another kind than this version at {output.rate:,} Hz ({BANDS} bands, "
                f"{RANGE:g} dB): use the version of sparring that wrote it"
            )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UserError("codec.json is damaged: it does not say what goes in and what comes out.") from None
    return SoundPairCodec(SoundInput(seen, output, level), output)
