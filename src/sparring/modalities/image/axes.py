"""Which axis of an array of pictures holds what. What can be read in two ways is refused."""

from __future__ import annotations

import math

import numpy as np

from ...errors import UserError

CHANNELS = (1, 2, 3, 4)
FORMS = "N x H x W, N x H x W x C or N x C x H x W, C from 1 to 4"


def channels_last(values: np.ndarray, name: str) -> np.ndarray:
    """N x H x W as it is, N x H x W x C as it is, N x C x H x W as N x H x W x C: C is the axis that is 1 to 4 long.

    name: of the array, for messages. Raises UserError where two axes could be that of the channels, where the array
    looks like a single picture, and for other shapes.
    """
    shape = " x ".join(map(str, values.shape))
    if values.ndim == 3:
        first, second, last = values.shape
        if last in CHANNELS and second > max(CHANNELS) or first in CHANNELS and first < min(second, last):
            raise UserError(
                f"{name} of shape {shape} looks like a single picture: put many into one array, {FORMS}; for "
                f"{first} grey pictures write {shape} x 1."
            )
        return values
    last, second = values.ndim == 4 and values.shape[3] in CHANNELS, values.ndim == 4 and values.shape[1] in CHANNELS
    if last and second and not values.shape[1] == values.shape[2] == values.shape[3] == 1:
        raise UserError(
            f"{name} of shape {shape} may be N x H x W x C or N x C x H x W: give PIL pictures or files, or with one "
            "channel leave its axis out."
        )
    if not (last or second):
        side = math.isqrt(values.shape[1]) if values.ndim == 2 else 0
        square = side > 1 and side**2 == values.shape[1]
        flat = f"; {shape} may be flattened: reshape it to N x {side} x {side}" if square else ""
        raise UserError(f"{name} of shape {shape} holds no pictures: give {FORMS}{flat}.")
    return values if last else values.transpose(0, 2, 3, 1)
