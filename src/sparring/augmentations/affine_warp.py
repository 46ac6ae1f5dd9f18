"""Affine maps of images, resampled once with little aliasing.

Karras et al. 2020 (arXiv:2006.06676), appendix B: upsample the image by two with the low-pass filter of a wavelet, look
pixels up bilinearly at twice the density, and downsample by two with the dual filter. The paper's wavelet is sym6. Here
it is the biorthogonal 9/7 of Cohen, Daubechies & Feauveau 1992 (also used by JPEG 2000). Its filters are symmetric, so
that a mirrored image is filtered as the upright one is.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from .pixels import gather_pixels

# From the middle tap outwards. Downsampling undoes upsampling.
UPSAMPLING_FILTER = (1.115087052456994, 0.5912717631142470, -0.05754352622849957, -0.09127176311424948)
DOWNSAMPLING_FILTER = (
    0.6029490182363579,
    0.2668641184428723,
    -0.07822326652898785,
    -0.01686411844287495,
    0.02674875741080976,
)
MARGIN = len(DOWNSAMPLING_FILTER) - 1  # half-pixels beyond the image that the downsampling filter needs


def warp_affine(images: Tensor, inverse_maps: Tensor) -> Tensor:
    """Map each image, given the inverse of its map.

    Beyond its border an image is mirrored without end; border pixels are not repeated. An image of which every new
    pixel is an old one (flipped, rotated by 90 degrees, translated by whole pixels) is copied exactly, and only the
    others are resampled. Finding those waits for the GPU once.

    Args:
        images: N x C x H x W.
        inverse_maps: N x 2 x 3. Each maps (column, row, 1) of a new pixel to (column, row) of the place that it shows.

    Returns:
        N x C x H x W.
    """
    to_resample = (inverse_maps != inverse_maps.round()).flatten(1).any(1).nonzero().flatten()
    warped = _copy_pixels(images, inverse_maps.round().to(images.device))
    if len(to_resample) == 0:
        return warped
    chosen = to_resample.to(images.device)
    resampled = _resample(images.index_select(0, chosen), inverse_maps[to_resample].to(images.device))
    return warped.index_copy(0, chosen, resampled)


def _copy_pixels(images: Tensor, inverse_maps: Tensor) -> Tensor:
    height, width = images.shape[2:]
    rows, columns = _map_grid(
        inverse_maps, torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    )
    return gather_pixels(images, _reflect(rows, height).long() * width + _reflect(columns, width).long())


def _resample(images: Tensor, inverse_maps: Tensor) -> Tensor:
    height, width = images.shape[2:]
    upsampled = _upsampling(height).to(images) @ images @ _upsampling(width).to(images).T
    if 1 in (height, width):  # bilinear interpolation needs a second pixel
        upsampled = upsampled.repeat(1, 1, 1 + (height == 1), 1 + (width == 1))
    rows, columns = (torch.arange(-MARGIN, 2 * size - 1 + MARGIN, device=images.device) / 2 for size in (height, width))
    rows, columns = _map_grid(inverse_maps, rows, columns)
    warped = _interpolate_bilinearly(upsampled, 2 * rows, 2 * columns)
    return _downsampling(height).to(images) @ warped @ _downsampling(width).to(images).T


def _map_grid(maps: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Map every point of a grid of h rows and w columns: the new rows and columns, N x h x w each."""
    a = maps[:, :, :, None, None]
    column, row = (a[:, axis, 0] * columns + a[:, axis, 1] * rows[:, None] + a[:, axis, 2] for axis in (0, 1))
    return row, column


def _interpolate_bilinearly(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """N x C x H x W images at N x h x w places between the pixels: N x C x h x w."""
    height, width = images.shape[2:]
    rows, columns = _reflect(rows, height), _reflect(columns, width)
    top, left = rows.floor().clamp(max=height - 2), columns.floor().clamp(max=width - 2)
    down, right = (rows - top).to(images)[:, None], (columns - left).to(images)[:, None]
    top_left = top.long() * width + left.long()
    y = images.new_zeros(())
    for below, row_weight in enumerate((1 - down, down)):
        for beside, column_weight in enumerate((1 - right, right)):
            neighbours = gather_pixels(images, top_left + below * width + beside)
            y = torch.addcmul(y, row_weight * column_weight, neighbours)
    return y


def _reflect(positions: Tensor, size: int) -> Tensor:
    """Positions anywhere on a line, reflected at both ends into [0, size - 1]."""
    if size == 1:
        return torch.zeros_like(positions)
    period = 2 * (size - 1)
    positions = positions.remainder(period)
    return torch.minimum(positions, period - positions)


@lru_cache
def _upsampling(size: int) -> Tensor:
    """A matrix, (2 size - 1) x size: insert zeros between the pixels and filter. The line is mirrored at its ends."""
    matrix = torch.zeros(2 * size - 1, size, dtype=torch.float64)
    for offset in range(1 - len(UPSAMPLING_FILTER), len(UPSAMPLING_FILTER)):
        outputs = torch.arange(2 * size - 1)
        outputs = outputs[(outputs - offset) % 2 == 0]
        inputs = _reflect((outputs - offset) // 2, size)
        matrix[outputs, inputs] += UPSAMPLING_FILTER[abs(offset)]
    return matrix


@lru_cache
def _downsampling(size: int) -> Tensor:
    """A matrix, size x (2 size - 1 + 2 MARGIN): filter at every second place."""
    matrix = torch.zeros(size, 2 * size - 1 + 2 * MARGIN, dtype=torch.float64)
    pixels = torch.arange(size)
    for offset in range(-MARGIN, MARGIN + 1):
        matrix[pixels, 2 * pixels + MARGIN + offset] = DOWNSAMPLING_FILTER[abs(offset)]
    return matrix
