"""An inpainter: gated convolutions that fill holes of images (after Yu et al. 2019, arXiv:1806.03589)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, elu, pad

from ..errors import UserError
from . import register_network
from .base import ImageTranslator
from .image_layers import Activation, activate, enlarge, match_channels
from .layers import HalvingConv, ImageShape, Width, ZeroConv

SURROUNDING_RADII = (24, 8, 3)  # pixels, far to near, of the squares whose means fill a hole
MIN_KNOWN_SHARE = (
    0.05  # about this share of a square must be known for its mean to count more than that of the larger square
)
DILATIONS = (1, 2, 4, 8)


class GatedConv(nn.Module):
    """elu(conv(x)) * sigmoid(gate(x)), where the gate is a second convolution (Yu et al. 2019, eq. 2).

    N x inputs x H x W -> N x outputs x H x W, or half the size, rounded up, with `halve`.
    """

    def __init__(self, inputs: int, outputs: int, dilation: int = 1, halve: bool = False):
        super().__init__()
        self.conv: nn.Conv2d
        if halve:
            self.conv = HalvingConv(inputs, 2 * outputs, 3)
        else:
            self.conv = nn.Conv2d(inputs, 2 * outputs, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        features, gate = self.conv(x).chunk(2, dim=1)
        return elu(features) * torch.sigmoid(gate)


def surrounding_colour(colour: Tensor, known: Tensor) -> Tensor:
    """The mean of the known pixels in a square around each pixel, N x C x H x W.

    The smallest square that has enough known pixels counts most. colour: N x C x H x W. known: N x 1 x H x W, 1 or 0.
    """
    mean = torch.zeros_like(colour)
    for radius in SURROUNDING_RADII:
        blurred, side = torch.cat([colour * known, known], dim=1), 2 * radius + 1
        for size, edge in (((side, 1), (radius, 0)), ((1, side), (0, radius))):
            blurred = avg_pool2d(blurred, size, stride=1, padding=edge)
        mean = (blurred[:, :-1] + MIN_KNOWN_SHARE * mean) / (blurred[:, -1:] + MIN_KNOWN_SHARE)
    return mean


@register_network("inpainter")
class Inpainter(ImageTranslator):
    """input image with opacity (N x 2 or 4 x H x W) -> the image with its holes filled (N x channels x H x W).

    Gated convolutions, two halvings, dilated ones in the middle, after the coarse network of the paper. Ours, for small
    images: skip connections, which the paper has none of; fewer layers; dilations 1 to 8 where the paper has 2 to 16;
    and a start, in which holes are filled with the colour around them, so that the network learns the difference. The
    last channel of the input is its opacity: 1 where a pixel is known, -1 in holes. Known pixels come out as they went
    in.

    Args:
        shape: Channels, height and width of an output image in training; any size goes in afterwards.
        input_shape: The same of an input image.
        width: Channels at full resolution.
        output: The last activation.
    """

    receptive_radius = 120

    def __init__(self, shape: ImageShape, input_shape: ImageShape, *, width: Width = 32, output: Activation = "linear"):
        super().__init__()
        if input_shape[0] not in (2, 4):
            raise UserError(
                "the inpainter fills what is transparent: the input pictures need opacity (grey and alpha, or RGBA)"
            )
        self.output = output
        self.first = GatedConv(input_shape[0], width)
        self.down = nn.ModuleList(
            [GatedConv(width, 2 * width, halve=True), GatedConv(2 * width, 4 * width, halve=True)]
        )
        self.middle = nn.Sequential(*(GatedConv(4 * width, 4 * width, dilation) for dilation in DILATIONS))
        self.up = nn.ModuleList([GatedConv(6 * width, 2 * width), GatedConv(3 * width, width)])
        self.last = ZeroConv(width, shape[0])

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[2:]
        known = (image[:, -1:] > 0).to(image.dtype)
        colour = image[:, :-1]
        filled = known * colour + (1 - known) * surrounding_colour(colour, known)
        start = torch.cat([filled, 2 * known - 1], dim=1)
        x = self.first(pad(start, (0, -width % 4, 0, -height % 4), mode="replicate"))
        skips = [x]
        for conv in self.down:
            x = conv(x)
            skips.append(x)
        x = x + self.middle(x)
        for conv, skip in zip(self.up, (skips[1], skips[0]), strict=True):
            x = conv(torch.cat([enlarge(x, skip.shape[2:]), skip], dim=1))
        base = match_channels(torch.cat([filled, torch.ones_like(known)], dim=1), self.last.out_channels)
        return known * base + (1 - known) * activate(base + self.last(x)[:, :, :height, :width], self.output)
