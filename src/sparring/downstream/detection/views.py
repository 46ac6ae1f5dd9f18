"""Classic augmentation of pictures with boxes: random views of the same scene."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

# Whether a mirrored scene is a scene nobody can know (a film from below is none), so validation examples choose.
CLASSIC = {
    "none": "no augmentation",
    "moved scenes": "classic augmentation: shifts, scalings and light",
    "mirrored scenes": "classic augmentation: shifts, scalings and light, mirrored left to right",
    "turned scenes": "classic augmentation: shifts, scalings and light, mirrored both ways",
}
SHIFT, SCALE, LIGHT, CONTRAST = 0.12, 1.25, 0.15, 1.25  # shares of a side, factors, share of the range of values
LEAST_VISIBLE = 0.3  # share of a box that has to be in the view


class Boxed(NamedTuple):
    """The boxes of a batch. boxes: M x 4 in pixels. labels, pictures: M numbers. crowd: M bool."""

    boxes: Tensor
    labels: Tensor
    pictures: Tensor
    crowd: Tensor


def shown(pictures: Tensor, boxed: Boxed, classic: str, rng: torch.Generator) -> tuple[Tensor, Boxed]:
    """A random view of each picture, with the boxes where they are in it.

    Args:
        pictures: N x C x H x W in [-1, 1].
        boxed: Boxes in pixels.
        classic: A key of CLASSIC.
        rng: Of the views.
    """
    if classic == "none":
        return pictures, boxed
    count, _, height, width = pictures.shape
    sides = torch.tensor([width, height], dtype=torch.float32)
    uniform = torch.rand(count, 7, generator=rng)
    scale = SCALE ** (2 * uniform[:, :1] - 1)
    shift = SHIFT * (2 * uniform[:, 1:3] - 1)
    flips = torch.zeros(count, 2, dtype=torch.bool)
    if classic != "moved scenes":
        flips[:, 0] = uniform[:, 3] < 0.5
    if classic == "turned scenes":
        flips[:, 1] = uniform[:, 4] < 0.5
    signs = torch.where(flips, -1.0, 1.0)
    # a place p of the picture, from the middle in half sides, is seen at signs * scale * p + 2 * shift
    inverse = torch.zeros(count, 2, 3)
    inverse[:, [0, 1], [0, 1]] = signs / scale
    inverse[:, :, 2] = -2 * shift * signs / scale
    grid = affine_grid(inverse, list(pictures.shape), align_corners=False)
    seen = grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    contrast = CONTRAST ** (2 * uniform[:, 5] - 1)
    light = 2 * LIGHT * (2 * uniform[:, 6] - 1)
    seen = (seen * contrast[:, None, None, None] + light[:, None, None, None]).clamp(-1, 1)
    at = boxed.pictures
    middle = (boxed.boxes[:, :2] + boxed.boxes[:, 2:] / 2) / sides - 0.5
    middle = (signs[at] * scale[at] * middle + shift[at] + 0.5) * sides
    size = boxed.boxes[:, 2:] * scale[at]
    start, end = (middle - size / 2).clamp(min=0), torch.minimum(middle + size / 2, sides)
    inside = (end - start).clamp(min=0)
    kept = (inside.prod(dim=1) >= LEAST_VISIBLE * size.prod(dim=1)) & (inside.amin(dim=1) > 0)
    boxes = torch.cat([start, inside], dim=1)
    return seen, Boxed(boxes[kept], boxed.labels[kept], at[kept], boxed.crowd[kept])
