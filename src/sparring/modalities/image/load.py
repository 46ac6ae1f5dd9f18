"""One picture from a file, as a model wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError
from .codec import ImageCodec
from .decode import Unusable, decode, fitted, in_mode


def read(path: Path, codec: ImageCodec) -> np.ndarray:
    """uint8 C x H x W, brought to the size and mode of the codec. Raises UserError for a file that is no picture."""
    try:
        pixels = decode(path.read_bytes(), path.name).pixels
    except Unusable as reason:
        raise UserError(f"{path}: {reason}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    return in_mode(fitted(pixels, (codec.height, codec.width), codec.fit), codec.mode).transpose(2, 0, 1)
