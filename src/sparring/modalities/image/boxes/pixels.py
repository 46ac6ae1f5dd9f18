"""The pixels of an annotated picture."""

from __future__ import annotations

import numpy as np
from PIL import ImageOps

from ....errors import UserError
from ..frames import is_wide, opened
from ..profiles import in_srgb
from ..unusable import Unusable, quiet
from .scenes import Scene


def decoded(scene: Scene) -> np.ndarray:
    """H x W x 3 uint8, turned as the annotations have it. Raises UserError for a damaged or deep picture."""
    try:
        with quiet(), opened(scene.read(), scene.name) as picture:
            if is_wide(picture) or picture.mode.startswith(("I", "F")):
                raise Unusable("it holds more than 8 bits, and boxes are learned on pictures of 8 bits; convert it")
            picture.load()
            turned = picture if picture.size == (scene.width, scene.height) else ImageOps.exif_transpose(picture)
            return np.array(in_srgb(turned)[0].convert("RGB"))
    except (Unusable, OSError, ValueError, SyntaxError, MemoryError) as reason:
        raise UserError(f"{scene.name} cannot be used: {reason}; replace it, or remove its annotations") from None
