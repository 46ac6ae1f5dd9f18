"""One sound from a file of its own, as a trained model wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.folders import read_file
from ...errors import UserError
from ..image.unusable import Unusable
from . import windows
from .codec import AudioCodec
from .decode import decode
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
