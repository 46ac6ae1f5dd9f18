"""Style-based players: StyleGAN2, configuration F, with classes as in ADA.

Karras et al. 2020 (arXiv:1912.04958); Karras et al. 2020 (arXiv:2006.06676). A mapping network turns the latent into a
style (Karras et al. 2019, arXiv:1812.04948, section 2), the style scales the inputs of every convolution of the
generator. Pictures of any size: `width` channels at full size, twice as many with each halving, `max_channels` at most,
until the shorter side is 4 or less. The papers' channel base is width times the resolution: 128 at 256 x 256 for
configuration F.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, one_hot, pad

from . import register_network
from .base import BatchCoupled, Condition, Discriminator, StyleGenerator, class_condition
from .equalised import GAIN, SLOPE, EqualConv, EqualDense, normalise
from .layers import ImageShape, Width, halved, halvings
from .output import DiscriminatorOutput
from .resample import downsample, upsample

Depth = Annotated[int, Field(ge=1, le=32)]  # layers
ClassDepth = Annotated[int, Field(ge=0, le=32)]  # layers
GroupSize = Annotated[int, Field(ge=1, le=1024)]  # examples

LOWEST_RESOLUTION = 4  # pixels of the shorter side, at most, where the generator starts and the discriminator ends
MEAN_STYLE_DECAY = 0.998  # share of the mean style kept at each forward pass in training; released program


class Mapping(nn.Module):
    """latent (N x latent_size) and class -> style (N x width): Karras et al. 2019, figure 1b.

    Its layers learn at a hundredth of the pace. The class is embedded, normalised and joined to the normalised latent
    (arXiv:2006.06676, appendix D). With latent_size 0 the input is the class alone; without layers the output is then
    the normalised embedding.
    """

    def __init__(self, latent_size: int, classes: int, width: int, layers: int):
        super().__init__()
        self.embedding = EqualDense(classes, width) if classes else None
        self.classes = classes
        widths = [latent_size + (width if classes else 0), *[width] * layers]
        self.layers = nn.Sequential(*(EqualDense(*pair, active=True, rate=0.01) for pair in pairwise(widths)))

    def forward(self, latent: Tensor | None, condition: Condition) -> Tensor:
        parts = [] if latent is None else [normalise(latent)]
        if self.embedding is not None:
            selected = one_hot(class_condition(condition), self.classes).to(self.embedding.weight.dtype)
            parts.append(normalise(self.embedding(selected)))
        return self.layers(torch.cat(parts, dim=1))


class StyledConv(nn.Module):
    """A modulated 3x3 convolution, noise, bias and leaky ReLU (arXiv:1912.04958, figure 2d).

    N x inputs x h x w -> N x outputs x size. Scaling inputs and outputs by sample equals scaling the weights by sample
    (eq. 1 and 3), and needs no weights of their own for each.

    Args:
        inputs, outputs: Channels.
        style_width: Values of a style.
        size: Height and width of the output.
        grows: Whether `size` is twice the input's: a transposed convolution of stride 2, then the low-pass filter.
    """

    def __init__(self, inputs: int, outputs: int, style_width: int, size: tuple[int, int], grows: bool):
        super().__init__()
        self.affine = EqualDense(style_width, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(()))  # of the noise; one a layer
        self.size, self.grows, self.scale = size, grows, 1 / sqrt(9 * inputs)

    def forward(self, x: Tensor, style: Tensor, noise: Tensor | float = 0.0) -> Tensor:
        """x: N x inputs x h x w. style: N x style_width. noise: N x 1 x size, or 0."""
        scales = self.affine(style)
        x = self.convolve(x * scales[:, :, None, None])
        gain = GAIN * self.demodulation(scales)[:, :, None, None]
        shift = GAIN * (self.bias[:, None, None] + self.strength * noise)
        return leaky_relu(torch.addcmul(shift.to(x.dtype), x, gain.to(x.dtype)), SLOPE)

    def convolve(self, x: Tensor) -> Tensor:
        if not self.grows:
            return conv2d(x, self.weight, padding=1)
        doubled = blur(conv_transpose2d(x, self.weight.transpose(0, 1), stride=2), padding=1, gain=4)
        return doubled[:, :, : self.size[0], : self.size[1]]

    def demodulation(self, scales: Tensor) -> Tensor:
        """Factors for the outputs of the convolution, N x outputs: eq. 3, times the weights' own scale."""
        energy = scales.square() @ (self.weight * self.scale).square().sum(dim=(2, 3)).T
        return self.scale * torch.rsqrt(energy + 1e-8)


class ToPicture(nn.Module):
    """Features -> channels of the picture: a modulated 1x1 convolution without demodulation, and a bias.

    arXiv:1912.04958, appendix B. N x inputs x H x W -> N x channels x H x W.
    """

    def __init__(self, inputs: int, channels: int, style_width: int):
        super().__init__()
        self.affine = EqualDense(style_width, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale = 1 / sqrt(inputs)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return conv2d(x * (self.affine(style) * self.scale)[:, :, None, None], self.weight, self.bias)


@register_network("stylegan2-generator")
class StyleGAN2Generator(StyleGenerator):
    """Makes pictures stage by stage, each convolution scaled by a style.

    latent (N x latent_size) -> mapping -> styles -> a learned start, doubled stage by stage -> picture (N x C x H x W),
    linear. The picture is the sum of the pictures of all stages, each doubled up to full size: skip connections, figure
    7b of arXiv:1912.04958. There is a style for each convolution and one for the last picture.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels at full resolution; they double with each halving.
        max_channels: At most so many.
        style_width: Values of a style.
        mapping_layers: Dense layers of the mapping network.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 32,
        max_channels: Width = 512,
        style_width: Width = 512,
        mapping_layers: Depth = 8,
    ):
        super().__init__()
        sizes, widths = _pyramid(shape, width, max_channels)
        self.sizes = [sizes[0], *(size for size in sizes[1:] for _ in range(2))]  # of each convolution's output
        self.num_layers, self.style_width = len(self.sizes) + 1, style_width
        self.noise_size = sum(height * width for height, width in self.sizes)
        self.mapping = Mapping(latent_size, classes, style_width, mapping_layers)
        self.register_buffer("mean_style", torch.zeros(style_width))
        self.start = nn.Parameter(torch.randn(widths[0], *sizes[0]))
        self.convs = nn.ModuleList([StyledConv(widths[0], widths[0], style_width, sizes[0], grows=False)])
        for size, (inputs, outputs) in zip(sizes[1:], pairwise(widths), strict=True):
            self.convs.append(StyledConv(inputs, outputs, style_width, size, grows=True))
            self.convs.append(StyledConv(outputs, outputs, style_width, size, grows=False))
        self.pictures = nn.ModuleList(ToPicture(features, shape[0], style_width) for features in widths)

    def map(self, latent: Tensor, condition: Condition = None) -> Tensor:
        """Styles, N x num_layers x style_width, the same for all layers; updates their mean in training."""
        style = self.mapping(latent, condition)
        if self.training:
            with torch.no_grad():
                self.mean_style.lerp_(style.mean(dim=0).to(self.mean_style.dtype), 1 - MEAN_STYLE_DECAY)
        return style.unsqueeze(1).expand(-1, self.num_layers, -1)

    def truncate(self, styles: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
        """Styles of the first `cutoff` layers (None: all) moved to the mean: mean + psi (style - mean).

        arXiv:1812.04948, appendix B.
        """
        end = self.num_layers if cutoff is None else cutoff
        moved = torch.lerp(self.mean_style.to(styles.dtype), styles[:, :end], psi)
        return torch.cat([moved, styles[:, end:]], dim=1)

    def synthesise(self, styles: Tensor, noise: Tensor | None = None) -> Tensor:
        """Pictures (N x C x H x W) of styles (N x num_layers x style_width) and noise (N x noise_size; None: none)."""
        noises = self._split(noise)
        x = self.start.expand(styles.shape[0], -1, -1, -1)
        picture: Tensor | None = None
        for layer, conv in enumerate(self.convs):
            x = conv(x, styles[:, layer], noises[layer])
            if layer % 2 == 0:  # the last convolution at its size
                added = self.pictures[layer // 2](x, styles[:, layer + 1])
                picture = added if picture is None else upsample(picture, self.sizes[layer]) + added
        assert picture is not None
        return picture

    def _split(self, noise: Tensor | None) -> Sequence[Tensor | float]:
        if noise is None:
            return [0.0] * len(self.sizes)
        parts = noise.split([height * width for height, width in self.sizes], dim=1)
        return [part.unflatten(1, (1, *size)) for part, size in zip(parts, self.sizes, strict=True)]


class Halving(nn.Module):
    """Two 3x3 convolutions, the second after the low-pass filter and of stride 2.

    N x inputs x H x W -> N x outputs x ceil(H/2) x ceil(W/2).

    Args:
        residual: Whether a halved 1x1 projection is added and the sum divided by sqrt 2 (arXiv:1912.04958, figure 7c).
    """

    def __init__(self, inputs: int, outputs: int, residual: bool):
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.second = EqualConv(inputs, outputs, 3, stride=2)
        self.skip = EqualConv(inputs, outputs, 1, active=False, bias=False) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        y = pad(self.first(x), (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        y = self.second(blur(y, padding=2))
        return y if self.skip is None else (y + self.skip(downsample(x))) * sqrt(0.5)


class MinibatchStddev(BatchCoupled):
    """Adds one channel, constant in a group of examples: the standard deviation within the group.

    arXiv:1710.10196, section 3. The deviation of each value is averaged over channels and pixels. The paper's group is
    the batch; groups of 4 came with the program (arXiv:2006.06676, appendix D, has 4 to 32). A group is a run of
    `group_size` examples of the batch, or of the largest smaller number that divides the batch. N x C x H x W -> N x (C
    + 1) x H x W.
    """

    def __init__(self, group_size: int):
        super().__init__()
        self.group_size = group_size

    def forward(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        size = max(number for number in range(1, min(self.group_size, count) + 1) if count % number == 0)
        groups = x.to(torch.promote_types(x.dtype, torch.float32)).unflatten(0, (count // size, size))
        deviation = (groups.var(dim=1, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        channel = deviation.to(x.dtype)[:, None].expand(-1, size).reshape(count, 1, 1, 1).expand(-1, -1, height, width)
        return torch.cat([x, channel], dim=1)


@register_network("stylegan2-discriminator")
class StyleGAN2Discriminator(Discriminator):
    """Scores pictures.

    picture (N x C x H x W) -> stages that halve it -> minibatch deviation -> convolution -> dense -> logits (N).

    With classes the logit is the inner product of the last features with the embedded and normalised class, divided by
    the root of their number (a projection head).

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        width: Channels at full resolution; they double with each halving.
        max_channels: At most so many.
        mapping_layers: Dense layers between class embedding and product; the paper has none, the program released for
            PyTorch has 8.
        residual: Whether stages have skip connections, the paper's choice. ADA has none for CIFAR-10 (arXiv:2006.06676,
            appendix D).
        mbstd_group_size: Examples whose standard deviation is measured together, see MinibatchStddev.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        *,
        width: Width = 32,
        max_channels: Width = 512,
        mapping_layers: ClassDepth = 8,
        residual: bool = True,
        mbstd_group_size: GroupSize = 4,
    ):
        super().__init__()
        sizes, widths = _pyramid(shape, width, max_channels)
        channels, (height, picture_width) = widths[0], sizes[0]
        self.from_picture = EqualConv(shape[0], widths[-1], 1)
        self.stages = nn.Sequential(*(Halving(*pair, residual) for pair in pairwise(widths[::-1])))
        self.minibatch_stddev = MinibatchStddev(mbstd_group_size)
        self.last = EqualConv(channels + 1, channels, 3)
        self.dense = EqualDense(channels * height * picture_width, channels, active=True)
        self.head = EqualDense(channels, channels if classes else 1)
        self.mapping = Mapping(0, classes, channels, mapping_layers) if classes else None

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = self.stages(self.from_picture(sample))
        features = self.head(self.dense(self.last(self.minibatch_stddev(x)).flatten(1)))
        if self.mapping is None:
            return DiscriminatorOutput(features.squeeze(1))
        return DiscriminatorOutput((features * self.mapping(None, condition)).sum(dim=1) / sqrt(features.shape[1]))


def blur(x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """The filter [1, 3, 3, 1] along both axes at stride 1, with `padding` zeros on every side. N x C x H x W.

    It is the released program's. The papers filter bilinearly: [1, 2, 1] (arXiv:1812.04948, appendix C; 1912.04958,
    appendix B).
    """
    line = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype, device=x.device) / 8
    kernel = torch.outer(line, line) * gain
    return conv2d(x, kernel.expand(x.shape[1], 1, 4, 4), padding=padding, groups=x.shape[1])


def _pyramid(shape: ImageShape, width: int, max_channels: int) -> tuple[list[tuple[int, int]], list[int]]:
    """(height, width) and channels at each resolution, from the lowest to the full one."""
    _, height, picture_width = shape
    stages = halvings(height, picture_width, LOWEST_RESOLUTION, min_halvings=0)
    sizes = [halved(height, picture_width, times) for times in reversed(range(stages + 1))]
    return sizes, [min(max_channels, width * 2**times) for times in reversed(range(stages + 1))]
