"""A residual network that translates images.

Johnson et al. 2016 (arXiv:1603.08155); Zhu et al. 2017 (arXiv:1703.10593), appendix 7.2.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import relu

from . import register_network
from .base import ImageTranslator
from .image_layers import Activation, InstanceNorm, ReflectedConv, activate, enlarge
from .layers import Count, HalvingConv, ImageShape, Width

OptionalWidth = Annotated[int, Field(ge=0, le=4096)]


class ResidualBlock(nn.Module):
    """x + norm(conv(ReLU(norm(conv(x))))), mirrored at the edges (Zhu et al. 2017: R256), N x width x H x W."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = ReflectedConv(width, width, 3), ReflectedConv(width, width, 3)
        self.norm = InstanceNorm()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm(self.second(relu(self.norm(self.first(x)))))


@register_network("resnet-translator")
class ResNetTranslator(ImageTranslator):
    """input image -> two halvings, residual blocks, back up -> output image (N x channels x H x W).

    Zhu et al. 2017: c7s1-64, d128, d256, R256 x 6 or 9, u128, u64, c7s1-3, with mirrored edges and instance
    normalisation.

    Args:
        shape: Channels, height and width of an output image in training; any size goes in afterwards.
        input_shape: The same of an input image.
        width: Channels at full resolution.
        blocks: Residual blocks.
        patch_head_width: Units of the patch heads (Park et al. 2020, arXiv:2007.15651, section 3.2); 0: none.
        output: The last activation.
    """

    def __init__(
        self,
        shape: ImageShape,
        input_shape: ImageShape,
        *,
        width: Width = 64,
        blocks: Count = 6,
        patch_head_width: OptionalWidth = 0,
        output: Activation = "tanh",
    ):
        super().__init__()
        self.output, self.norm, units = output, InstanceNorm(), patch_head_width
        if units:  # one for each layer of `patch_features`
            features = [width, 2 * width, 4 * width, 4 * width]
            heads = (nn.Sequential(nn.Linear(each, units), nn.ReLU(), nn.Linear(units, units)) for each in features)
            self.patch_heads = nn.ModuleList(heads)
        self.first = ReflectedConv(input_shape[0], width, 7)
        self.down = nn.ModuleList([HalvingConv(width, 2 * width, 3), HalvingConv(2 * width, 4 * width, 3)])
        self.blocks = nn.ModuleList(ResidualBlock(4 * width) for _ in range(blocks))
        self.up = nn.ModuleList([ReflectedConv(4 * width, 2 * width, 3), ReflectedConv(2 * width, width, 3)])
        self.last = ReflectedConv(width, shape[0], 7)

    def patch_features(self, image: Tensor) -> list[Tensor]:
        """Outputs of the first convolution, of both halvings and of the middle block; after Park et al. 2020, C.1."""
        features = self.encode(image)
        return [*features[:3], features[2 + (len(self.blocks) + 1) // 2]]

    def encode(self, image: Tensor) -> list[Tensor]:
        """Outputs of the first convolution, of each halving and of each block, in this order."""
        x = relu(self.norm(self.first(image)))
        features = [x]
        for conv in self.down:
            x = relu(self.norm(conv(x)))
            features.append(x)
        for block in self.blocks:
            x = block(x)
            features.append(x)
        return features

    def forward(self, image: Tensor) -> Tensor:
        features = self.encode(image)
        x = features[-1]
        for conv, finer in zip(self.up, (features[1], features[0]), strict=True):
            x = relu(self.norm(conv(enlarge(x, finer.shape[2:]))))
        return activate(self.last(x), self.output)
