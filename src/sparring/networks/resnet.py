"""Residual players after SNGAN, with parts of their successors as options.

Miyato et al. 2018 (arXiv:1802.05957), tables 4 to 6. The three printed pairs are one rule here, see `stage_widths`.
SNGAN for CIFAR-10 is width 256 for the generator and 128 for the discriminator; ImageNet at 128 x 128 the same; STL-10
at 48 x 48 is 128 with lowest_resolution 6, and 64.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from ..errors import UserError
from . import register_network
from .attention import SelfAttention, attention_index
from .base import Condition, Discriminator, Generator, class_condition
from .conditional import ClassNorm, PlainNorm, VectorNorm
from .layers import ImageShape, JoinedLabel, ProjectionHead, Width, halved, halvings, spectrally_normalised
from .output import DiscriminatorOutput

MAX_FLAT_SIDE = 32  # pixels; up to here all stages are equally wide (table 4), beyond they double (tables 5 and 6)
EMBEDDING_WIDTH = 128  # values of the shared class embedding (Brock et al. 2019, appendix B)


def stage_widths(above: int, width: int, stages: int, doublings: int) -> list[int]:
    """Channels after 0, 1, ... `stages` halvings of a picture that comes to at most 32 pixels after `above` of them.

    `width` everywhere when `above` is 0. Otherwise `width` after `above` halvings, half as many for each halving less,
    and twice as many for each halving more, `doublings` times at most.
    """
    if above == 0:
        return [width] * (stages + 1)
    return [max(1, round(width * 2.0 ** min(stage - above, doublings))) for stage in range(stages + 1)]


class GrowingBlock(nn.Module):
    """norm, ReLU, doubling, 3x3, norm, ReLU, 3x3, plus the doubled input through a 1x1.

    N x inputs x h x w -> N x outputs x size.

    Args:
        inputs, outputs: Channels.
        size: Height and width of the output, about twice the input's.
        norm: Builds a normalisation of so many channels, called as norm(x, condition).
        spectral: Whether convolutions are spectrally normalised.
        attention: Whether self-attention follows.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: tuple[int, int],
        norm: Callable[[int], nn.Module],
        spectral: bool,
        attention: bool = False,
    ):
        super().__init__()
        self.size = size
        self.norm1, self.norm2 = norm(inputs), norm(outputs)
        self.conv1 = spectrally_normalised(nn.Conv2d(inputs, outputs, 3, padding=1), spectral)
        self.conv2 = spectrally_normalised(nn.Conv2d(outputs, outputs, 3, padding=1), spectral)
        self.skip = spectrally_normalised(nn.Conv2d(inputs, outputs, 1), spectral)
        self.attend = SelfAttention(outputs, spectral) if attention else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        y = self.conv1(interpolate(relu(self.norm1(x, condition)), self.size))  # nearest neighbour
        y = self.conv2(relu(self.norm2(y, condition)))
        return self.attend(y + interpolate(self.skip(x), self.size))  # doubling and 1x1 commute: a quarter of the work


class HalvingBlock(nn.Module):
    """ReLU, 3x3, ReLU, 3x3, pooled, plus the pooled input through a 1x1.

    N x inputs x H x W -> N x outputs x ceil(H/2) x ceil(W/2).

    Args:
        inputs, hidden, outputs: Channels.
        spectral: Whether convolutions are spectrally normalised.
        first: Whether this is the first block, which has no ReLU before the picture.
        halve: False keeps the size; a block that keeps its channels too adds its input unchanged.
        attention: Whether self-attention follows.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        spectral: bool,
        *,
        first: bool = False,
        halve: bool = True,
        attention: bool = False,
    ):
        super().__init__()
        self.first = first
        self.conv1 = spectrally_normalised(nn.Conv2d(inputs, hidden, 3, padding=1), spectral)
        self.conv2 = spectrally_normalised(nn.Conv2d(hidden, outputs, 3, padding=1), spectral)
        self.skip: nn.Module = nn.Identity()
        self.pool: nn.Module = nn.Identity()
        if halve or inputs != outputs:
            self.skip = spectrally_normalised(nn.Conv2d(inputs, outputs, 1), spectral)
        if halve:
            self.pool = nn.AvgPool2d(2, ceil_mode=True)  # at an odd edge the mean of the pixels inside
        self.attend = SelfAttention(outputs, spectral) if attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(relu(self.conv1(x if self.first else relu(x))))
        return self.attend(self.pool(y) + self.skip(self.pool(x)))  # pooling and 1x1 commute: a quarter of the work


@register_network("resnet-generator")
class ResNetGenerator(Generator):
    """Makes pictures by residual blocks.

    latent (N x latent_size) -> dense -> blocks that double -> norm, ReLU, 3x3, tanh -> picture (N x C x H x W).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels where the shorter side is 17 to 32 pixels, see `stage_widths`.
        lowest_resolution: The shorter side where the generator begins is at most this.
        condition: How the class enters. "batchnorm": a gain and a shift of every class in every block (Miyato & Koyama
            2018, arXiv:1802.05637). "shared": gains and shifts linear in one class embedding (Brock et al. 2019,
            arXiv:1809.11096, appendix B). "join": an embedding joined to the latent.
        hierarchical: Whether the latent is cut into equal parts, the first for the start and one for the normalisations
            of each block (ibid.; with "shared" the start does not see the class, though the tables there print it).
        attention: The side of the feature map that gets self-attention, see `attention_index`; None: none does.
        spectral: Spectral normalisation of all layers, as in Zhang et al. 2019 (arXiv:1805.08318), section 4.1.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 256,
        lowest_resolution: Width = 4,
        condition: Literal["batchnorm", "shared", "join"] = "batchnorm",
        hierarchical: bool = False,
        attention: Width | None = None,
        spectral: bool = False,
    ):
        super().__init__()
        channels, height, picture_width = shape
        stages = halvings(height, picture_width, lowest_resolution, min_halvings=1)
        above = halvings(height, picture_width, MAX_FLAT_SIDE, min_halvings=0)
        widths = stage_widths(above, width, stages, doublings=2)[::-1]
        sizes = [halved(height, picture_width, stages - stage) for stage in range(stages + 1)]
        self.latent_parts = _equal_parts(latent_size, stages + 1 if hierarchical else 1)
        self.join = JoinedLabel(self.latent_parts[0], classes if condition == "join" else 0)
        self.embedding = nn.Embedding(classes, EMBEDDING_WIDTH) if classes and condition == "shared" else None
        self.by_class = bool(classes) and condition == "batchnorm"
        if hierarchical and condition == "batchnorm":
            raise UserError("network 'resnet-generator': hierarchical needs condition 'shared' or 'join'")

        label_width = EMBEDDING_WIDTH if self.embedding is not None else 0

        def norm(stage: int, features: int) -> nn.Module:
            vector = label_width + (self.latent_parts[stage] if hierarchical else 0)
            if vector:
                return VectorNorm(features, vector, spectral)
            return ClassNorm(features, classes) if self.by_class else PlainNorm(features)

        start = spectrally_normalised(nn.Linear(self.join.width, widths[0] * sizes[0][0] * sizes[0][1]), spectral)
        self.start = nn.Sequential(start, nn.Unflatten(1, (widths[0], *sizes[0])))
        attention_at = attention_index(sizes[1:], attention)
        self.blocks = nn.ModuleList()
        for number, (inputs, outputs, size) in enumerate(zip(widths, widths[1:], sizes[1:], strict=False)):
            block_norm, attends = partial(norm, number + 1), number == attention_at
            self.blocks.append(GrowingBlock(inputs, outputs, size, block_norm, spectral, attends))
        last = spectrally_normalised(nn.Conv2d(widths[-1], channels, 3, padding=1), spectral)
        self.finish = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), last, nn.Tanh())

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        first, *parts = latent.split(self.latent_parts, dim=1)
        x = self.start(self.join(first, condition))
        label = self._label(condition)
        for number, block in enumerate(self.blocks):
            vectors = [each for each in (*parts[number : number + 1], label) if each is not None]
            x = block(x, torch.cat(vectors, dim=1) if len(vectors) > 1 else next(iter(vectors), None))
        return self.finish(x)

    def _label(self, condition: Condition) -> Tensor | None:
        """The class as the normalisations take it: its number (N), its embedding (N x EMBEDDING_WIDTH) or None."""
        if self.embedding is None and not self.by_class:
            return None
        label = class_condition(condition)
        return label if self.embedding is None else self.embedding(label)


@register_network("resnet-discriminator")
class ResNetDiscriminator(Discriminator):
    """Scores pictures by residual blocks.

    picture (N x C x H x W) -> blocks that halve -> blocks that keep the size -> ReLU, sum over pixels -> dense ->
    logits (N).

    Pictures of up to 32 pixels a side are halved to at most 8, at least once, and two blocks keep that size (table 4).
    Larger pictures are halved to at most 4, and one block keeps that size (tables 5 and 6).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        width: Channels where the shorter side is 17 to 32 pixels, see `stage_widths`.
        head: With classes, "projection" adds the inner product with a class embedding (Miyato & Koyama 2018,
            arXiv:1802.05637, eq. 3), "auxiliary" has a second dense layer that classifies (Odena et al. 2017,
            arXiv:1610.09585), "none" ignores classes.
        wide: Whether the first convolution of a block is as wide as its output (Brock et al. 2019, appendix B), not as
            its input.
        attention: As of the generator.
        spectral: Spectral normalisation of all layers.
    """

    def __init__(
        self,
        shape: ImageShape,
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
        lowest_resolution, keeping = (8, 2) if min(height, picture_width) <= MAX_FLAT_SIDE else (4, 1)
        stages = halvings(height, picture_width, lowest_resolution, min_halvings=1)
        above = halvings(height, picture_width, MAX_FLAT_SIDE, min_halvings=0)
        # counted as one more halving, a block that keeps the size may still double (table 5), up to 16 times the first
        # block's (both)
        widths = stage_widths(above, width, stages + keeping, doublings=5 - above)[1:]
        sizes = [halved(height, picture_width, min(stage, stages)) for stage in range(1, len(widths) + 1)]
        attention_at = attention_index(sizes, attention)
        blocks = []
        for number, (inputs, outputs) in enumerate(zip([channels, *widths], widths, strict=False)):
            first, halve, attends = number == 0, number < stages, number == attention_at
            hidden = outputs if wide or first else inputs
            blocks.append(HalvingBlock(inputs, hidden, outputs, spectral, first=first, halve=halve, attention=attends))
        self.blocks = nn.Sequential(*blocks)
        self.head = ProjectionHead(widths[-1], classes if head == "projection" else 0)
        spectrally_normalised(self.head.linear, spectral)
        if self.head.embedding is not None:
            spectrally_normalised(self.head.embedding, spectral)
        self.classifier = (
            spectrally_normalised(nn.Linear(widths[-1], classes), spectral) if classes and head == "auxiliary" else None
        )

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        features = relu(self.blocks(sample)).sum(dim=(2, 3))
        class_logits = None if self.classifier is None else self.classifier(features)
        return DiscriminatorOutput(self.head(features, condition), class_logits)


def _equal_parts(latent_size: int, count: int) -> list[int]:
    """Sizes of `count` parts of the latent, as equal as can be."""
    if latent_size < count:
        raise UserError(
            f"network 'resnet-generator': a hierarchical latent needs at least {count} values at this size, "
            f"not {latent_size}"
        )
    return [latent_size // count + (number < latent_size % count) for number in range(count)]
