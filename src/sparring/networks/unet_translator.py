"""A U-Net that translates images.

Isola et al. 2017 (arXiv:1611.07004), appendix 6.1.1; Ronneberger et al. 2015 (arXiv:1505.04597).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from ..errors import UserError
from . import register_network
from .base import ImageTranslator
from .image_layers import Activation, InstanceNorm, activate, enlarge, match_channels
from .layers import HalvingConv, ImageShape, Width, ZeroConv, halvings

MAX_WIDTH_FACTOR = 8  # of the first width; Isola et al. 2017 stop doubling there


@register_network("unet-translator")
class UNetTranslator(ImageTranslator):
    """Translates images by halvings and enlargements with skip connections.

    input image (N x input channels x H x W) -> output image (N x channels x H x W). Instance normalisation where the
    paper has batch normalisation, which at batch 1 is the same; no dropout.

    Args:
        shape: Channels, height and width of an output image in training; any size goes in afterwards.
        input_shape: The same of an input image.
        width: Channels after the first halving; they double with each one, up to eight times.
        lowest_resolution: Images of the training's size are halved until the shorter side is at most this.
        global_residual: Whether the network learns the difference to the input image, 0 to begin with, so that detail
            need not pass through it.
        output: The last activation.
    """

    def __init__(
        self,
        shape: ImageShape,
        input_shape: ImageShape,
        *,
        width: Width = 64,
        lowest_resolution: Width = 4,
        global_residual: bool = False,
        output: Activation = "tanh",
    ):
        super().__init__()
        if global_residual and (output != "linear" or max(shape[0], input_shape[0]) > 4):
            raise UserError(
                "global_residual adds to the input picture: set output to linear, "
                "and leave global_residual out for label maps"
            )
        self.output, self.global_residual = output, global_residual
        stages = halvings(*input_shape[1:], lowest_resolution, min_halvings=2)
        widths = [width * min(MAX_WIDTH_FACTOR, 2**stage) for stage in range(stages)]
        self.down = nn.ModuleList(HalvingConv(*pair, 4) for pair in pairwise([input_shape[0], *widths]))
        inputs = [widths[-1], *(2 * each for each in reversed(widths[:-1]))]  # below, joined with the skip connection
        outputs = [*reversed(widths[:-1]), width]
        self.up = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in zip(inputs, outputs, strict=True))
        self.norm = InstanceNorm()
        last_inputs = width + input_shape[0]
        self.last = (
            ZeroConv(last_inputs, shape[0]) if global_residual else nn.Conv2d(last_inputs, shape[0], 3, padding=1)
        )

    def forward(self, image: Tensor) -> Tensor:
        x, skips = image, [image]
        for stage, conv in enumerate(self.down):
            x = conv(x if stage == 0 else leaky_relu(x, 0.2))
            if 0 < stage < len(self.down) - 1:
                x = self.norm(x)
            skips.append(x)
        skips.pop()
        for conv in self.up:
            skip = skips.pop()
            x = self.norm(conv(enlarge(relu(x), skip.shape[2:])))
            x = torch.cat([x if skips else relu(x), skip], dim=1)  # the last skip is the input image itself
        x = self.last(x)
        return activate(x + match_channels(image, x.shape[1]) if self.global_residual else x, self.output)
