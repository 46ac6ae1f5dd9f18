"""Pictures as published networks need them: three channels and a fixed size. Fingerprints name each step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ...errors import UserError

CHANNELS = "grey repeated to three, alpha composed on white"
ANTIALIASED = "bilinear with antialiasing, pixel centres aligned, aspect ratio not kept"
TENSORFLOW = "bilinear as TensorFlow 1 (no antialiasing, first pixels aligned), aspect ratio not kept"


def check(shape: tuple[int, ...], kind: np.dtype, name: str) -> None:
    """Raises UserError where values of this shape (of one value) and type are not pictures with 1 to 4 channels."""
    if len(shape) != 3 or kind not in (np.uint8, np.float32):
        raise UserError(
            f"The features '{name}' are for pictures (channels x height x width, from 0 to 255), "
            f"not for {kind} values of shape {'x'.join(map(str, shape)) or '()'}: use classifier or raw."
        )
    if not 1 <= shape[0] <= 4:
        raise UserError(
            f"The features '{name}' are for grey or colour pictures, with or without alpha, "
            f"not {shape[0]} channels: use classifier or raw."
        )


def rgb(values: np.ndarray, name: str, device: str = "cpu") -> Tensor:
    """N x C x H x W, from 0 to 255 -> float32 N x 3 x H x W in [0, 255].

    Grey is repeated to three channels, and alpha is composed on white. Raises UserError for anything else.
    """
    check(values.shape[1:], values.dtype, name)
    pictures = torch.from_numpy(np.ascontiguousarray(values)).to(device).float()
    colours = pictures[:, : 3 if values.shape[1] >= 3 else 1]
    if values.shape[1] in (2, 4):
        alpha = pictures[:, -1:] / 255
        colours = colours * alpha + 255 * (1 - alpha)
    return colours.expand(-1, 3, -1, -1)


def resize(pictures: Tensor, height: int, width: int) -> Tensor:
    """Resize as ANTIALIASED says. Pictures that have the size already are not changed."""
    if tuple(pictures.shape[2:]) == (height, width):
        return pictures
    return interpolate(pictures, (height, width), mode="bilinear", align_corners=False, antialias=True)


def resize_as_tensorflow(pictures: Tensor, height: int, width: int) -> Tensor:
    """Resize as TENSORFLOW says: as `tf.image.resize_bilinear` of version 1 does by default.

    Target pixel i reads the source at i * (old / new). Only the first pixels are aligned, so the picture moves by
    half the difference of the pixel sizes. Below and right of the last source pixel its value is repeated.
    """
    (top, bottom, down), (left, right, across) = (
        _taps(old, new, pictures.device) for old, new in zip(pictures.shape[2:], (height, width), strict=True)
    )
    rows = pictures[:, :, top] + (pictures[:, :, bottom] - pictures[:, :, top]) * down[:, None]
    return rows[..., left] + (rows[..., right] - rows[..., left]) * across


def _taps(old: int, new: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """For each target pixel the two source pixels around it, and the weight of the second, in float32."""
    position = (
        torch.arange(new, dtype=torch.float32, device=device) * (torch.tensor(old, dtype=torch.float32) / new).item()
    )
    first = position.floor().long().clamp(max=old - 1)
    return first, (first + 1).clamp(max=old - 1), position - first
