"""R3GAN: symmetric residual players without normalisation (Huang et al. 2024, arXiv:2501.05441).

Section 3, configuration E. Each resolution is one stage: a transition (bilinear resampling, a 1x1 convolution where the
width changes) and residual blocks. Which layers have no bias, and how wide the class embedding is, the paper's
parameter counts decide (table 9; docs/architectures/r3gan.md).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from . import register_network
from .base import Condition, Discriminator, Generator, class_condition
from .layers import Count, ImageShape, JoinedLabel, Width, halved, halvings
from .output import DiscriminatorOutput
from .resample import downsample, upsample

SLOPE = 0.2  # of the leaky ReLU, not printed; as in StyleGAN2 (Karras et al. 2020), from which the paper departs
BILINEAR = (1, 3, 3, 1)  # bilinear resampling by 2, which is [1, 2, 1] over pixels doubled, [1, 1] (appendix E)
LOWEST_RESOLUTION = 4  # pixels of the shorter side, at most, at the coarsest stage; the paper's is 4 x 4


class ResidualBlock(nn.Module):
    """x + conv1x1(lrelu(grouped conv3x3(lrelu(conv1x1(x))))), N x width x H x W -> N x width x H x W.

    It begins as Fixup has it (Zhang et al. 2019, arXiv:1901.09321, with m = 3 layers) in the form of section 3: the
    last convolution at 0, so that the block is the identity, the other two at L^-0.25 times He et al. 2015.

    Args:
        width: Channels of the input and the output.
        expansion: The middle is so many times as wide.
        group_size: Channels of each group of the 3x3 convolution.
        depth: The number L of residual blocks in the network.
    """

    def __init__(self, width: int, expansion: int, group_size: int, depth: int):
        super().__init__()
        groups = -(-width * expansion // group_size)
        inner = groups * group_size
        self.widen = nn.Conv2d(width, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=groups)
        self.narrow = nn.Conv2d(inner, width, 1, bias=False)
        self.activation = nn.LeakyReLU(SLOPE)
        for layer in (self.widen, self.mix):
            nn.init.kaiming_normal_(layer.weight, a=SLOPE)
            layer.weight.data *= depth**-0.25
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(self.activation(self.mix(self.activation(self.widen(x)))))


class Grow(nn.Module):
    """A transition to the next finer stage: N x inputs x H x W -> N x outputs x size, where size is about 2H x 2W."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int]):
        super().__init__()
        self.change = pointwise(inputs, outputs) if inputs != outputs else nn.Identity()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return upsample(self.change(x), self.size, BILINEAR)


class Shrink(nn.Module):
    """A transition to the next coarser stage: N x inputs x H x W -> N x outputs x ceil(H/2) x ceil(W/2)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.change = pointwise(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.change(downsample(x, BILINEAR))


@register_network("r3gan-generator")
class R3GANGenerator(Generator):
    """Makes pictures by residual stages from a learned basis.

    latent (N x latent_size) -> the basis, scaled channel by channel -> stages -> picture (N x C x H x W), not bounded.

    With classes the latent is joined by an embedding of the class (appendix D), which begins like the latent as N(0,
    1).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels of the `full_stages` coarsest stages; each finer stage has half of its predecessor's.
        full_stages: See width.
        blocks: Residual blocks of each stage.
        expansion: The grouped convolutions are so many times as wide, rounded up to whole groups.
        group_size: Channels of each group.
        embedding: Values of the class embedding.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 768,
        full_stages: Count = 4,
        blocks: Count = 2,
        expansion: Count = 2,
        group_size: Width = 16,
        embedding: Width = 64,
    ):
        super().__init__()
        stages = stage_sizes(shape, width, full_stages)
        self.join = JoinedLabel(latent_size, classes, embedding)
        self.modulate = linear(self.join.width, width)
        self.basis = nn.Parameter(torch.randn(width, *stages[0][1]))
        layers: list[nn.Module] = []
        inputs = width
        for number, (channels, size) in enumerate(stages):
            layers += [Grow(inputs, channels, size)] if number else []
            layers += [ResidualBlock(channels, expansion, group_size, blocks * len(stages)) for _ in range(blocks)]
            inputs = channels
        self.layers = nn.Sequential(*layers, pointwise(inputs, shape[0]))

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        scales = self.modulate(self.join(latent, condition))
        return self.layers(self.basis * scales[:, :, None, None])


@register_network("r3gan-discriminator")
class R3GANDiscriminator(Discriminator):
    """Scores pictures by the generator's stages in reverse.

    picture (N x C x H x W) -> stages -> a global depthwise convolution -> linear -> logits (N).

    With classes the linear layer gives a vector instead, and the logit is its product with the class's embedding alone
    (appendix D; Miyato & Koyama 2018, arXiv:1802.05637, without its unconditional term). Options as of the generator.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        *,
        width: Width = 768,
        full_stages: Count = 4,
        blocks: Count = 2,
        expansion: Count = 2,
        group_size: Width = 16,
    ):
        super().__init__()
        stages = stage_sizes(shape, width, full_stages)
        inputs, coarsest = stages[-1][0], stages[0][1]
        layers: list[nn.Module] = [pointwise(shape[0], inputs)]
        for number, (channels, _) in enumerate(reversed(stages)):
            layers += [Shrink(inputs, channels)] if number else []
            layers += [ResidualBlock(channels, expansion, group_size, blocks * len(stages)) for _ in range(blocks)]
            inputs = channels
        self.layers = nn.Sequential(*layers)
        self.basis = nn.Parameter(torch.randn(width, *coarsest) / (coarsest[0] * coarsest[1]) ** 0.5)
        self.last = linear(width, width if classes else 1)
        self.embedding = nn.Embedding(classes, width) if classes else None
        if self.embedding is not None:  # the product with a vector of N(0, 1) begins with variance 1
            nn.init.normal_(self.embedding.weight, 0.0, width**-0.5)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = self.last((self.layers(sample) * self.basis).sum(dim=(2, 3)))
        if self.embedding is None:
            return DiscriminatorOutput(features.squeeze(1))
        return DiscriminatorOutput((features * self.embedding(class_condition(condition))).sum(dim=1))


def stage_sizes(shape: ImageShape, width: int, full_stages: int) -> list[tuple[int, tuple[int, int]]]:
    """Channels and (height, width) of every stage, from the coarsest to the picture's own size."""
    _, height, picture_width = shape
    last = halvings(height, picture_width, LOWEST_RESOLUTION, min_halvings=0)
    channels = [max(1, width // 2 ** max(0, stage + 1 - full_stages)) for stage in range(last + 1)]
    return [(each, halved(height, picture_width, last - stage)) for stage, each in enumerate(channels)]


def pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    """A 1x1 convolution without bias that keeps the variance: N(0, 1 / inputs)."""
    layer = nn.Conv2d(inputs, outputs, 1, bias=False)
    nn.init.normal_(layer.weight, 0.0, inputs**-0.5)
    return layer


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer without bias that keeps the variance: N(0, 1 / inputs)."""
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, 0.0, inputs**-0.5)
    return layer
