"""One picture from a file, as a model wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError
from .codec import ImageCodec
from .decode import decode_one
from .fit import fitted, in_mode
from .frames import header_pixels
from .matching_scale import scale_for
from .unusable import Unusable, quiet


def read(path: Path, codec: ImageCodec) -> np.ndarray:
    """Values C x H x W, brought to the size, mode and scale of the codec.

    Raises UserError for a file that is no single picture, or whose numbers do not fit the codec.
    """
    try:
        with quiet():
            found = decode_one(path.read_bytes(), path.name)
        pixels, scale = found.pixels, scale_for(found.pixels, found.kind, codec.scale)
    except Unusable as reason:
        raise UserError(f"{path}: {reason}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    values = in_mode(scale.scaled(fitted(pixels, (codec.height, codec.width), codec.fit)), codec.mode)
    return codec.scale.rounded(values).transpose(2, 0, 1)


def header_size(data: bytes) -> int:
    """Pixels of all frames of a file, by its header. Raises UserError for a file that is no picture."""
    try:
        with quiet():
            return header_pixels(data)
    except Unusable as reason:
        raise UserError(f"the picture cannot be used: {reason}") from None
