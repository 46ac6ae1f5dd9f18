"""Sounds in one look, and in one hearing: a sheet of log-mel pictures, and some sounds one after another."""

from __future__ import annotations

import numpy as np
import torch

from ..drawing import png
from ..image.preview import sheet
from .codec import AudioCodec
from .encode import joined, sound_file

MAX_HEARD = 10  # sounds in the file that can be played
MAX_SECONDS = 12  # of that file
SMALL = 128  # pictures of fewer pixels a side are enlarged twice


def files(values: np.ndarray, codec: AudioCodec, columns: int = 8) -> dict[str, bytes]:
    """A sheet as .png, and as .wav the first sound of each row of it."""
    heard = values[:: max(1, columns)] if len(values) > columns else values
    most = max(1, min(MAX_HEARD, int(MAX_SECONDS * codec.rate / codec.length)))
    sound = sound_file(joined(list(heard[:most]), codec.rate), codec.rate, codec.bits, "WAV")
    return {".png": png(sheet(pictures(values, codec), columns)), ".wav": sound}


def pictures(values: np.ndarray, codec: AudioCodec) -> np.ndarray:
    """Log-mel pictures in colours, N x 3 x H x W uint8: time from left to right, low bands below.

    Channels stand one below another.
    """
    from matplotlib import colormaps

    mels = np.concatenate([codec.mel.of(torch.from_numpy(value[None])).numpy() for value in values])
    stacked = mels[:, :, ::-1].reshape(len(mels), -1, mels.shape[3])
    coloured = colormaps["magma"]((stacked + 1) / 2)[..., :3]
    times = 2 if max(stacked.shape[1:]) < SMALL else 1
    found = np.rint(255 * coloured).astype(np.uint8).transpose(0, 3, 1, 2)
    return found.repeat(times, axis=2).repeat(times, axis=3)
