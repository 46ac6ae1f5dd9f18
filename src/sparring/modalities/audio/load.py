"""One sound from a file of its own, as a trained model wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.folders import read_file
from ...errors import UserError
from ..image.unusable import Unusable
from . import windows
from .codec import AudioCodec
from .decode import decode, header_of
from .scan import alike


def read(path: Path, codec: AudioCodec) -> np.ndarray:
    """The beginning of a sound file, channels x length. Raises UserError where it cannot be read."""
    try:
        recording = decode(read_file(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except (Unusable, ValueError) as error:
        raise UserError(f"{path} is no usable sound ({error})") from None
    sound = alike(recording, codec.rate, codec.channels)
    return windows.cut(sound, codec.rate, windows.Cut(codec.length, False))[0]


def header_size(data: bytes) -> int:
    """Samples of all channels of a file, by its header. Raises UserError for a file that is no sound."""
    try:
        header = header_of(data)
    except Unusable as reason:
        raise UserError(f"the sound cannot be used: {reason}") from None
    return header.frames * header.channels
