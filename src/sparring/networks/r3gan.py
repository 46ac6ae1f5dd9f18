"""Symmetric residual players without normalisation: R3GAN (Huang et al. 2024, arXiv:2501.05441), section 3, configuration E.

Each resolution is one stage: a transition (bilinear resampling, a 1x1 convolution where the width changes) and residual blocks.
Which layers have no bias, and how wide the class embedding is, the paper's parameter counts decide (table 9; docs/architectures/r3gan.md).
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from . import DiscriminatorOutput, register
from .layers import Condition, JoinedLabel, Width, halved, halvings
from .resample import downsample, upsample

SLOPE = 0.2  # of the leaky ReLU, not printed; as in StyleGAN2 (Karras et al. 2020), from which the paper departs
BILINEAR = (1, 3, 3, 1)  # bilinear resampling by 2, which is [1, 2, 1] over pixels doubled, [1, 1] (appendix E)
COARSEST = 4  # pixels of the shorter side at which halving ends; the paper's coarsest stage is 4 x 4

Count = Annotated[int, Field(ge=1, le=64)]


class ResidualBlock(nn.Module):
    """x + conv1x1(lrelu(grouped conv3x3(lrelu(conv1x1(x))))), N x width x H x W; the middle is `expansion` times as wide.

    depth: the number L of residual blocks in the network. Fixup (Zhang et al. 2019, arXiv:1901.09321, with m = 3 layers) in the form of
    section 3: the last convolution begins at 0, so that the block begins as the identity, the other two at L^-0.25 of He et al. 2015.
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


@register("r3gan-generator")
class R3GANGenerator(nn.Module):
    """latent (N x latent_size) -> a learned basis, scaled channel by channel -> stages -> a picture (N x C x H x W), not bounded.

    width: channels of the `full_stages` coarsest stages; each finer one has half of its predecessor's. blocks: per stage.
    expansion: how much wider the grouped convolutions are, in groups of `group_size` channels (rounded up to whole groups).
    With classes the latent is joined by an embedding of the class (appendix D), which begins like the latent as N(0, 1).
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
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
        plan = plan_stages(shape, width, full_stages)
        self.join = JoinedLabel(latent_size, classes, embedding)
        self.modulate = linear(self.join.width, width)
        self.basis = nn.Parameter(torch.randn(width, *plan[0][1]))
        layers: list[nn.Module] = []
        before = width
        for number, (channels, size) in enumerate(plan):
            layers += [Grow(before, channels, size)] if number else []
            layers += [ResidualBlock(channels, expansion, group_size, blocks * len(plan)) for _ in range(blocks)]
            before = channels
        self.layers = nn.Sequential(*layers, pointwise(before, shape[0]))

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        strength = self.modulate(self.join(latent, condition))
        return self.layers(self.basis * strength[:, :, None, None])


@register("r3gan-discriminator")
class R3GANDiscriminator(nn.Module):
    """picture (N x C x H x W) -> stages, the generator's in reverse -> a global depthwise convolution -> linear -> logits (N).

    With classes the linear layer gives a vector instead, and the logit is its product with the class's embedding alone (appendix D;
    Miyato & Koyama 2018, arXiv:1802.05637, without its unconditional term). Options as of the generator.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        *,
        width: Width = 768,
        full_stages: Count = 4,
        blocks: Count = 2,
        expansion: Count = 2,
        group_size: Width = 16,
    ):
        super().__init__()
        plan = plan_stages(shape, width, full_stages)
        finest, coarsest = plan[-1][0], plan[0][1]
        layers: list[nn.Module] = [pointwise(shape[0], finest)]
        before = finest
        for number, (channels, _) in enumerate(reversed(plan)):
            layers += [Shrink(before, channels)] if number else []
            layers += [ResidualBlock(channels, expansion, group_size, blocks * len(plan)) for _ in range(blocks)]
            before = channels
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
        assert condition is not None, "this network was built for labels"
        return DiscriminatorOutput((features * self.embedding(condition["class"])).sum(dim=1))


def plan_stages(shape: tuple[int, int, int], width: int, full_stages: int) -> list[tuple[int, tuple[int, int]]]:
    """Channels and size of every stage, from the coarsest to the picture's own size."""
    _, height, picture_width = shape
    times = halvings(height, picture_width, COARSEST, least=0)
    return [
        (max(1, width // 2 ** max(0, stage + 1 - full_stages)), halved(height, picture_width, times - stage)) for stage in range(times + 1)
    ]


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
