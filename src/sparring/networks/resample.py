"""Doubling and halving pictures with a low-pass filter, so that no stride shows as a grid.

Zhang 2019 (arXiv:1904.11486). The default [1, 3, 3, 1], that of StyleGAN2's released program, is bilinear interpolation
between pixel centres: [1, 2, 1] over pixels doubled or averaged ([1, 1]), as R3GAN's paper puts it (arXiv:2501.05441,
appendix E). [1, 2, 1] alone is bilinear too, half a pixel off.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, pad

Taps = Sequence[float]  # of a symmetric filter along one axis; 3 or 4 of them, scaled to sum 1 here


def upsample(x: Tensor, size: tuple[int, int], taps: Taps = (1, 3, 3, 1)) -> Tensor:
    """Zeros between pixels, then the filter with gain 4. N x C x H x W -> N x C x size.

    size: 2H or 2H - 1 by 2W or 2W - 1.
    """
    kernel = _kernel(x, taps) * 4
    doubled = conv_transpose2d(x, kernel, stride=2, padding=1, output_padding=len(taps) % 2, groups=x.shape[1])
    return doubled[:, :, : size[0], : size[1]]


def downsample(x: Tensor, taps: Taps = (1, 3, 3, 1)) -> Tensor:
    """The filter, then every second pixel. N x C x H x W -> N x C x ceil(H/2) x ceil(W/2)."""
    if len(taps) % 2 == 0:
        x = pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
    return conv2d(x, _kernel(x, taps), stride=2, padding=1, groups=x.shape[1])


def _kernel(x: Tensor, taps: Taps) -> Tensor:
    line = torch.tensor(taps, dtype=x.dtype, device=x.device)
    line = line / line.sum()
    return torch.outer(line, line).expand(x.shape[1], 1, len(taps), len(taps))
