"""Affine maps of pictures, in one resampling.

Karras et al. 2020 (arXiv:2006.06676), appendix B: double the picture with a wavelet's low-pass filter, look up bilinearly, at twice the
density, where the pixels come from, and halve with the filter's dual. The paper's wavelet is sym6; here it is the biorthogonal 9/7 of
Cohen, Daubechies & Feauveau 1992 (JPEG 2000's), for its filters are symmetric: a mirrored picture is filtered as well as an upright one.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from .pixels import gather

# From the middle tap outwards. Halving what was doubled gives back the picture.
DOUBLING = (1.115087052456994, 0.5912717631142470, -0.05754352622849957, -0.09127176311424948)
HALVING = (0.6029490182363579, 0.2668641184428723, -0.07822326652898785, -0.01686411844287495, 0.02674875741080976)
MARGIN = len(HALVING) - 1  # half-pixels that the halving filter sees beyond the picture


def warp(x: Tensor, source: Tensor) -> Tensor:
    """N x C x H x W -> the same; N x 2 x 3 `source` maps (column, row, 1) of a pixel to the place (column, row) that it shows.

    The picture goes on beyond its border as in a mirror, the border pixels not repeated. Where every pixel shows a pixel (mirrored,
    turned by 90 degrees, shifted by whole pixels) the values are exact, and only the other samples are resampled; to find
    out which those are a GPU is waited for once.
    """
    between = (source != source.round()).flatten(1).any(1).nonzero().flatten()
    moved = _shuffled(x, source.round().to(x.device))
    if len(between) == 0:
        return moved
    chosen = between.to(x.device)
    return moved.index_copy(0, chosen, _resampled(x.index_select(0, chosen), source[between].to(x.device)))


def _shuffled(x: Tensor, source: Tensor) -> Tensor:
    height, width = x.shape[2:]
    rows, columns = _places(source, torch.arange(height, device=x.device), torch.arange(width, device=x.device))
    return gather(x, _mirrored(rows, height).long() * width + _mirrored(columns, width).long())


def _resampled(x: Tensor, source: Tensor) -> Tensor:
    height, width = x.shape[2:]
    double = _doubling(height).to(x) @ x @ _doubling(width).to(x).T
    if 1 in (height, width):
        double = double.repeat(1, 1, 1 + (height == 1), 1 + (width == 1))  # a neighbour to look up
    rows, columns = (torch.arange(-MARGIN, 2 * size - 1 + MARGIN, device=x.device) / 2 for size in (height, width))
    rows, columns = _places(source, rows, columns)
    double = _bilinear(double, 2 * rows, 2 * columns)
    return _halving(height).to(x) @ double @ _halving(width).to(x).T


def _places(source: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """The places (rows, columns), each N x h x w, that the crossings of h rows and w columns show."""
    a = source[:, :, :, None, None]
    column, row = (a[:, axis, 0] * columns + a[:, axis, 1] * rows[:, None] + a[:, axis, 2] for axis in (0, 1))
    return row, column


def _bilinear(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """N x C x H x W looked up at N x h x w places between the pixels."""
    height, width = x.shape[2:]
    rows, columns = _mirrored(rows, height), _mirrored(columns, width)
    top, left = rows.floor().clamp(max=height - 2), columns.floor().clamp(max=width - 2)
    down, right = (rows - top).to(x)[:, None], (columns - left).to(x)[:, None]
    place = top.long() * width + left.long()
    y = x.new_zeros(())
    for below, vertical in enumerate((1 - down, down)):
        for beside, horizontal in enumerate((1 - right, right)):
            y = torch.addcmul(y, vertical * horizontal, gather(x, place + below * width + beside))
    return y


def _mirrored(place: Tensor, size: int) -> Tensor:
    """Any place, folded into [0, size - 1] by mirrors at both ends."""
    if size == 1:
        return torch.zeros_like(place)
    period = 2 * (size - 1)
    place = place.remainder(period)
    return torch.minimum(place, period - place)


@lru_cache
def _doubling(size: int) -> Tensor:
    """(2 size - 1) x size: zeros between the pixels, then the filter; beyond its ends the line is mirrored, before and after."""
    matrix = torch.zeros(2 * size - 1, size, dtype=torch.float64)
    for reach in range(1 - len(DOUBLING), len(DOUBLING)):
        to = torch.arange(2 * size - 1)
        to = to[(to - reach) % 2 == 0]
        source = _mirrored((to - reach) // 2, size)
        matrix[to, source] += DOUBLING[abs(reach)]
    return matrix


@lru_cache
def _halving(size: int) -> Tensor:
    """size x (2 size - 1 + 2 MARGIN): the filter at every second place."""
    matrix = torch.zeros(size, 2 * size - 1 + 2 * MARGIN, dtype=torch.float64)
    pixels = torch.arange(size)
    for reach in range(-MARGIN, MARGIN + 1):
        matrix[pixels, 2 * pixels + MARGIN + reach] = HALVING[abs(reach)]
    return matrix
