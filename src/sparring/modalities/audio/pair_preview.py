"""Inputs, outputs and targets of a translator of sounds in one look, and in one hearing."""

from __future__ import annotations

import numpy as np
import torch

from ...signals.stft import stft
from ..drawing import png
from ..image.preview import sheet
from .encode import joined, sound_file
from .pair_codec import SoundPairCodec

ROWS = 8  # sounds in the sheet
HEARD = 3  # sounds that can be played, each column of the sheet after the other
HEIGHT, WIDTH = 128, 256  # pixels of a picture, at least
RANGE = 80.0  # dB that the colours span


def files(
    codec: SoundPairCodec, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray | None
) -> dict[str, bytes]:
    """A sheet of spectra as .png, and as .wav some of the sounds: input (of restorers), output, target."""
    columns = [*([inputs] if codec.input.seen == "waveform" else []), outputs]
    columns += [] if targets is None else [targets]
    shown = np.stack([spectrograms(values[:ROWS], codec) for values in columns], axis=1)
    waves = [values[row] for row in range(min(HEARD, len(outputs))) for values in columns]
    data = sound_file(joined(waves, codec.rate), codec.rate, codec.output.bits, "WAV")
    return {".png": png(sheet(shown.reshape(-1, *shown.shape[2:]), len(columns))), ".wav": data}


def spectrograms(values: np.ndarray, codec: SoundPairCodec) -> np.ndarray:
    """Spectra in colours, N x 3 x H x W uint8: time from left to right, low frequencies below.

    Channels stand one below another. Frequencies are spaced evenly, so that one sees harmonics, and what is missing.
    """
    from matplotlib import colormaps

    mel = codec.output.mel
    loud = np.concatenate([stft(torch.from_numpy(value[None]), mel.size, mel.hop).abs().numpy() for value in values])
    decibels = 20 * np.log10(np.maximum(1e-9, loud))
    folded = decibels[:, :, :-1].reshape(*loud.shape[:2], min(HEIGHT, mel.size // 2), -1, loud.shape[3]).max(axis=3)
    shares = ((folded - mel.high + RANGE) / RANGE).clip(0, 1)[:, :, ::-1].reshape(len(values), -1, loud.shape[3])
    found = np.rint(255 * colormaps["magma"](shares)[..., :3]).astype(np.uint8).transpose(0, 3, 1, 2)
    return found.repeat(max(1, round(WIDTH / found.shape[3])), axis=3)
