"""Residual players after SNGAN (Miyato et al. 2018, arXiv:1802.05957, tables 4 to 6), with parts of their successors as options.

The three printed pairs are one rule here, see `stage_widths`. SNGAN for CIFAR-10 is width 256 for the generator and 128 for the
discriminator; ImageNet at 128 x 128 the same; STL-10 at 48 x 48 is 128 with start_side 6, and 64.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from ..errors import UserError
from . import DiscriminatorOutput, register
from .attention import SelfAttention, attended
from .conditional import ClassNorm, PlainNorm, VectorNorm
from .layers import Condition, JoinedLabel, ProjectionHead, Width, halved, halvings, normalised

FLAT = 32  # pixels; up to here all stages are equally wide (table 4), beyond they double (tables 5 and 6)
EMBEDDING = 128  # width of the shared class embedding (Brock et al. 2019, appendix B)


def stage_widths(above: int, width: int, stages: int, doublings: int) -> list[int]:
    """Channels after 0, 1, ... `stages` halvings of a picture that comes to at most 32 pixels after `above` of them.

    `width` everywhere when `above` is 0. Otherwise `width` after `above` halvings, half as many for each halving less, and twice as
    many for each halving more, `doublings` times at most.
    """
    if above == 0:
        return [width] * (stages + 1)
    return [max(1, round(width * 2.0 ** min(stage - above, doublings))) for stage in range(stages + 1)]


class GrowingBlock(nn.Module):
    """norm, ReLU, doubling, 3x3, norm, ReLU, 3x3, plus the doubled input through a 1x1. N x inputs -> N x outputs x size."""

    def __init__(
        self, inputs: int, outputs: int, size: tuple[int, int], norm: Callable[[int], nn.Module], spectral: bool, attention: bool = False
    ):
        super().__init__()
        self.size = size
        self.norm1, self.norm2 = norm(inputs), norm(outputs)
        self.conv1 = normalised(nn.Conv2d(inputs, outputs, 3, padding=1), spectral)
        self.conv2 = normalised(nn.Conv2d(outputs, outputs, 3, padding=1), spectral)
        self.skip = normalised(nn.Conv2d(inputs, outputs, 1), spectral)
        self.attend = SelfAttention(outputs, spectral) if attention else nn.Identity()

    def forward(self, x: Tensor, given: Tensor | None) -> Tensor:
        y = self.conv1(interpolate(relu(self.norm1(x, given)), self.size))  # nearest neighbour
        y = self.conv2(relu(self.norm2(y, given)))
        return self.attend(y + interpolate(self.skip(x), self.size))  # doubling and 1x1 commute: a quarter of the work


class HalvingBlock(nn.Module):
    """ReLU, 3x3, ReLU, 3x3, pooled, plus the pooled input through a 1x1. N x inputs x H x W -> N x outputs x ceil(H/2) x ceil(W/2).

    first: no ReLU before the picture itself. halve: False keeps the size, and a block that keeps its width too adds its input as it is.
    """

    def __init__(
        self, inputs: int, hidden: int, outputs: int, spectral: bool, *, first: bool = False, halve: bool = True, attention: bool = False
    ):
        super().__init__()
        self.first = first
        self.conv1 = normalised(nn.Conv2d(inputs, hidden, 3, padding=1), spectral)
        self.conv2 = normalised(nn.Conv2d(hidden, outputs, 3, padding=1), spectral)
        self.skip = normalised(nn.Conv2d(inputs, outputs, 1), spectral) if halve or inputs != outputs else nn.Identity()
        self.pool = nn.AvgPool2d(2, ceil_mode=True) if halve else nn.Identity()  # at an odd edge the mean of what is there
        self.attend = SelfAttention(outputs, spectral) if attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(relu(self.conv1(x if self.first else relu(x))))
        return self.attend(self.pool(y) + self.skip(self.pool(x)))  # pooling and 1x1 commute: a quarter of the work


@register("resnet-generator")
class ResNetGenerator(nn.Module):
    """latent (N x latent_size) -> dense start -> blocks that double -> norm, ReLU, 3x3, tanh -> a picture (N x C x H x W).

    condition: how a class enters: a gain and shift of every class in every block ("batchnorm", Miyato & Koyama 2018,
    arXiv:1802.05637), gains and shifts linear in one class embedding ("shared", Brock et al. 2019, arXiv:1809.11096, appendix B),
    or an embedding beside the latent ("join"). hierarchical: the latent is cut into equal parts, the first for the start and one
    for the normalisations of each block (ibid.; with "shared" the start does not see the class, though the tables there print it).
    attention: the side of the feature map that gets self-attention, see `attended`. spectral: spectral normalisation, as in Zhang
    et al. 2019 (arXiv:1805.08318), section 4.1.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        latent_size: int,
        *,
        width: Width = 256,
        start_side: Width = 4,
        condition: Literal["batchnorm", "shared", "join"] = "batchnorm",
        hierarchical: bool = False,
        attention: Width | None = None,
        spectral: bool = False,
    ):
        super().__init__()
        channels, height, picture_width = shape
        stages = halvings(height, picture_width, start_side, least=1)
        widths = stage_widths(halvings(height, picture_width, FLAT, least=0), width, stages, doublings=2)[::-1]
        sizes = [halved(height, picture_width, stages - stage) for stage in range(stages + 1)]
        self.parts = _parts(latent_size, stages + 1 if hierarchical else 1)
        self.join = JoinedLabel(self.parts[0], classes if condition == "join" else 0)
        self.embedding = nn.Embedding(classes, EMBEDDING) if classes and condition == "shared" else None
        self.by_class = bool(classes) and condition == "batchnorm"
        if hierarchical and condition == "batchnorm":
            raise UserError("network 'resnet-generator': hierarchical needs condition 'shared' or 'join'")

        def norm(stage: int, features: int) -> nn.Module:
            vector = (self.parts[stage] if hierarchical else 0) + (EMBEDDING if self.embedding is not None else 0)
            if vector:
                return VectorNorm(features, vector, spectral)
            return ClassNorm(features, classes) if self.by_class else PlainNorm(features)

        start = normalised(nn.Linear(self.join.width, widths[0] * sizes[0][0] * sizes[0][1]), spectral)
        self.start = nn.Sequential(start, nn.Unflatten(1, (widths[0], *sizes[0])))
        place = attended(sizes[1:], attention)
        self.blocks = nn.ModuleList()
        for number, (inputs, outputs, size) in enumerate(zip(widths, widths[1:], sizes[1:], strict=False)):
            self.blocks.append(GrowingBlock(inputs, outputs, size, partial(norm, number + 1), spectral, attention=number == place))
        last = normalised(nn.Conv2d(widths[-1], channels, 3, padding=1), spectral)
        self.finish = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), last, nn.Tanh())

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        first, *parts = latent.split(self.parts, dim=1)
        x = self.start(self.join(first, condition))
        label = self._label(condition)
        for number, block in enumerate(self.blocks):
            given = [each for each in (*parts[number : number + 1], label) if each is not None]
            x = block(x, torch.cat(given, dim=1) if len(given) > 1 else next(iter(given), None))
        return self.finish(x)

    def _label(self, condition: Condition) -> Tensor | None:
        """What the normalisations see of the class: its number (N), its embedding (N x 128) or nothing."""
        if self.embedding is None and not self.by_class:
            return None
        assert condition is not None, "this network was built for labels"
        return condition["class"] if self.embedding is None else self.embedding(condition["class"])


@register("resnet-discriminator")
class ResNetDiscriminator(nn.Module):
    """picture (N x C x H x W) -> blocks that halve -> blocks that keep the size -> ReLU, sum over pixels -> dense -> logits (N).

    Up to 32 pixels a side blocks halve to at most 8 (one at least does) and two keep that size (table 4); larger pictures are halved
    to at most 4, and one keeps that (tables 5 and 6). head: with classes, the inner product with a class embedding is added
    ("projection", Miyato & Koyama 2018, arXiv:1802.05637, eq. 3), or a second dense layer classifies ("auxiliary", Odena et al. 2017,
    arXiv:1610.09585), or classes are not looked at. wide: the first convolution of a block is as wide as its output (Brock et al.
    2019, appendix B), not as its input. attention: as in the generator.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        *,
        width: Width = 128,
        head: Literal["projection", "auxiliary", "none"] = "projection",
        wide: bool = False,
        attention: Width | None = None,
        spectral: bool = True,
    ):
        super().__init__()
        channels, height, picture_width = shape
        end_side, keeping = (8, 2) if min(height, picture_width) <= FLAT else (4, 1)
        stages = halvings(height, picture_width, end_side, least=1)
        above = halvings(height, picture_width, FLAT, least=0)
        # counted as one more halving, a block that keeps the size may still double (table 5), up to 16 times the first block's (both)
        widths = stage_widths(above, width, stages + keeping, doublings=5 - above)[1:]
        sizes = [halved(height, picture_width, min(stage, stages)) for stage in range(1, len(widths) + 1)]
        place = attended(sizes, attention)
        blocks = []
        for number, (inputs, outputs) in enumerate(zip([channels, *widths], widths, strict=False)):
            first, halve = number == 0, number < stages
            hidden = outputs if wide or first else inputs
            blocks.append(HalvingBlock(inputs, hidden, outputs, spectral, first=first, halve=halve, attention=number == place))
        self.blocks = nn.Sequential(*blocks)
        self.head = ProjectionHead(widths[-1], classes if head == "projection" else 0)
        normalised(self.head.linear, spectral)
        if self.head.embedding is not None:
            normalised(self.head.embedding, spectral)
        self.classifier = normalised(nn.Linear(widths[-1], classes), spectral) if classes and head == "auxiliary" else None

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = relu(self.blocks(sample)).sum(dim=(2, 3))
        return DiscriminatorOutput(self.head(features, condition), None if self.classifier is None else self.classifier(features))


def _parts(latent_size: int, count: int) -> list[int]:
    """The latent cut into `count` parts as equal as can be."""
    if latent_size < count:
        raise UserError(f"network 'resnet-generator': a hierarchical latent needs at least {count} values at this size, not {latent_size}")
    return [latent_size // count + (number < latent_size % count) for number in range(count)]
