"""Generators that turn a given picture into another: picture (N x given channels x H x W) -> picture (N x channels x sH x sW).

They are convolutional throughout: any height and width go in, whatever they were trained at, and a batch's examples know nothing of one
another (instance normalisation, or none). Enlarging is by interpolation and a convolution, which leaves no grid of the stride (Odena et
al. 2016, doi:10.23915/distill.00003), where the papers have transposed convolutions.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, pad, pixel_unshuffle, relu

from ..errors import UserError
from . import register
from .layers import HalvingConv, Width, halvings

Shape = tuple[int, int, int]  # channels, height, width
Output = Literal["tanh", "linear"]
Count = Annotated[int, Field(ge=1, le=64)]
Units = Annotated[int, Field(ge=0, le=4096)]
WIDEST_TIMES = 8  # the first width: Isola et al. 2017 and Johnson et al. 2016 stop doubling there


class InstanceNorm(nn.Module):
    """Mean 0 and variance 1 over the pixels of each channel of each example (Ulyanov et al. 2016, arXiv:1607.08022), without weights;
    a single pixel becomes 0."""

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
        return (x - mean) * (variance + 1e-5).rsqrt()


class ReflectedConv(nn.Conv2d):
    """A convolution of stride 1 whose input is mirrored at its edges, or repeated where it is too small for that."""

    def __init__(self, inputs: int, outputs: int, kernel: int):
        super().__init__(inputs, outputs, kernel)
        self.edge = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        mode = "reflect" if min(x.shape[2:]) > self.edge else "replicate"
        return super().forward(pad(x, (self.edge,) * 4, mode=mode))


class ResidualBlock(nn.Module):
    """Two convolutions of mirrored edges, normalised, added to what they see (Zhu et al. 2017, appendix 7.2: R256)."""

    def __init__(self, width: int):
        super().__init__()
        self.one, self.other, self.norm = ReflectedConv(width, width, 3), ReflectedConv(width, width, 3), InstanceNorm()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm(self.other(relu(self.norm(self.one(x)))))


def enlarged(x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    return interpolate(x, tuple(size), mode="bilinear", align_corners=False)


def activated(x: Tensor, output: Output) -> Tensor:
    return torch.tanh(x) if output == "tanh" else x


def _silence(layer: nn.Module) -> None:
    """It begins with saying nothing, however the others are initialised."""
    layer.silent = True  # type: ignore[assignment]
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def as_given(picture: Tensor, channels: int) -> Tensor:
    """The given picture with the channels of the result: grey becomes colour, what has no opacity is opaque."""
    colour, wanted = picture[:, : 1 if picture.shape[1] < 3 else 3], 1 if channels < 3 else 3
    if colour.shape[1] != wanted:
        colour = colour.mean(dim=1, keepdim=True).expand(-1, wanted, -1, -1)
    if channels in (2, 4):
        opacity = picture[:, -1:] if picture.shape[1] in (2, 4) else torch.ones_like(colour[:, :1])
        colour = torch.cat([colour, opacity], dim=1)
    return colour


@register("unet-translator")
class UNetTranslator(nn.Module):
    """Halvings down to about `end_side` pixels and back, with connections across (Isola et al. 2017, arXiv:1611.07004, appendix 6.1.1;
    Ronneberger et al. 2015). Instance normalisation in the place of batch normalisation, which at batch 1 it is; no dropout.

    difference: what is learned is the difference to the given picture, none to begin with, so that detail need not find its way through.
    """

    def __init__(
        self, shape: Shape, given: Shape, *, width: Width = 64, end_side: Width = 4, difference: bool = False, output: Output = "tanh"
    ):
        super().__init__()
        if difference and (output != "linear" or max(shape[0], given[0]) > 4):
            raise UserError("difference adds to the given picture: set output to linear, and leave difference out for label maps")
        self.output, self.difference = output, difference
        stages = halvings(*given[1:], end_side, least=2)
        widths = [width * min(WIDEST_TIMES, 2**stage) for stage in range(stages)]
        self.down = nn.ModuleList(HalvingConv(inputs, outputs, 4) for inputs, outputs in zip([given[0], *widths], widths, strict=False))
        below = [widths[-1], *(2 * wide for wide in reversed(widths[:-1]))]  # what comes up, joined with what went down
        above = [*reversed(widths[:-1]), width]
        self.up = nn.ModuleList(nn.Conv2d(inputs, outputs, 3, padding=1) for inputs, outputs in zip(below, above, strict=True))
        self.norm = InstanceNorm()
        self.last = nn.Conv2d(width + given[0], shape[0], 3, padding=1)
        if difference:
            _silence(self.last)

    def forward(self, picture: Tensor) -> Tensor:
        x, seen = picture, [picture]
        for stage, conv in enumerate(self.down):
            x = conv(x if stage == 0 else leaky_relu(x, 0.2))
            if 0 < stage < len(self.down) - 1:
                x = self.norm(x)
            seen.append(x)
        seen.pop()
        for conv in self.up:
            across = seen.pop()
            x = self.norm(conv(enlarged(relu(x), across.shape[2:])))
            x = torch.cat([x if seen else relu(x), across], dim=1)  # the last is joined with the given picture, which stays as it is
        made = self.last(x)
        return activated(made + as_given(picture, made.shape[1]) if self.difference else made, self.output)


@register("resnet-translator")
class ResNetTranslator(nn.Module):
    """Two halvings, residual blocks, back up (Johnson et al. 2016, arXiv:1603.08155; Zhu et al. 2017, arXiv:1703.10593, appendix 7.2:
    c7s1-64, d128, d256, R256 x 6 or 9, u128, u64, c7s1-3), mirrored edges, instance normalisation.

    heads: units of small networks beside it that compare patches (Park et al. 2020, arXiv:2007.15651, section 3.2); 0: none.
    """

    def __init__(self, shape: Shape, given: Shape, *, width: Width = 64, blocks: Count = 6, heads: Units = 0, output: Output = "tanh"):
        super().__init__()
        self.output, self.norm = output, InstanceNorm()
        seen = [width, 2 * width, 4 * width, 4 * width]  # by the first convolution, the two halvings, and half of the blocks
        self.heads = nn.ModuleList(nn.Sequential(nn.Linear(inputs, heads), nn.ReLU(), nn.Linear(heads, heads)) for inputs in seen if heads)
        self.first = ReflectedConv(given[0], width, 7)
        self.down = nn.ModuleList([HalvingConv(width, 2 * width, 3), HalvingConv(2 * width, 4 * width, 3)])
        self.blocks = nn.ModuleList(ResidualBlock(4 * width) for _ in range(blocks))
        self.up = nn.ModuleList([ReflectedConv(4 * width, 2 * width, 3), ReflectedConv(2 * width, width, 3)])
        self.last = ReflectedConv(width, shape[0], 7)

    def patches(self, picture: Tensor) -> list[Tensor]:
        """What the layers that have heads see of a picture (Park et al. 2020, arXiv:2007.15651, appendix C.1)."""
        seen = self.encode(picture)
        return [*seen[:3], seen[2 + (len(self.blocks) + 1) // 2]]

    def encode(self, picture: Tensor) -> list[Tensor]:
        """What the halvings and the blocks make of a picture, one after the other."""
        x = relu(self.norm(self.first(picture)))
        seen = [x]
        for conv in self.down:
            x = relu(self.norm(conv(x)))
            seen.append(x)
        for block in self.blocks:
            x = block(x)
            seen.append(x)
        return seen

    def forward(self, picture: Tensor) -> Tensor:
        seen = self.encode(picture)
        x = seen[-1]
        for conv, across in zip(self.up, (seen[1], seen[0]), strict=True):
            x = relu(self.norm(conv(enlarged(x, across.shape[2:]))))
        return activated(self.last(x), self.output)


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees all before it; what they find is added at a fifth (Wang et al. 2018, arXiv:1809.00219)."""

    def __init__(self, width: int, growth: int):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(width + step * growth, growth if step < 4 else width, 3, padding=1) for step in range(5))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for conv in self.convs[:-1]:
            seen.append(leaky_relu(conv(torch.cat(seen, dim=1)), 0.2))
        return x + 0.2 * self.convs[-1](torch.cat(seen, dim=1))


@register("restorer")
class Restorer(nn.Module):
    """Residual-in-residual dense blocks without any normalisation (Wang et al. 2018, arXiv:1809.00219, figures 3 and 4), so that a tile of
    a picture with enough around it becomes what it becomes in the whole; what is learned is the difference to the given picture.

    The scale follows from the two shapes: 1, 2, 3, 4 ... Where it is 1, work is done at half the resolution (Wang et al. 2021,
    arXiv:2107.10833, section 3.4, for scales 1 and 2: their program at a quarter and at half). dense: dense blocks of a residual block, 3 in the paper; 1 is a light net.
    """

    def __init__(
        self,
        shape: Shape,
        given: Shape,
        *,
        width: Width = 32,
        growth: Width = 16,
        blocks: Count = 3,
        dense: Annotated[int, Field(ge=1, le=8)] = 3,
        output: Output = "linear",
    ):
        super().__init__()
        self.output, self.dense = output, dense
        self.channels, self.scale = shape[0], round(shape[1] / given[1])
        self.fold = 2 if self.scale == 1 else 1
        self.first = nn.Conv2d(given[0] * self.fold**2, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Sequential(*(DenseBlock(width, growth) for _ in range(dense))) for _ in range(blocks))
        self.middle = nn.Conv2d(width, width, 3, padding=1)
        steps = _factors(self.scale * self.fold)
        self.steps = steps
        self.up = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in steps)
        self.last = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(width, shape[0], 3, padding=1))

    @property
    def reach(self) -> int:
        """How many pixels of the given picture, at most, a pixel of the result looks away from its place."""
        folded = 2 + 5 * self.dense * len(self.blocks)  # convolutions at the given resolution, or at half of it
        return self.fold * (folded + 1) + len(self.steps) + 4

    def forward(self, picture: Tensor) -> Tensor:
        height, across = picture.shape[2:]
        x = pad(picture, (0, -across % self.fold, 0, -height % self.fold), mode="replicate")
        x = first = self.first(pixel_unshuffle(x, self.fold))
        for block in self.blocks:
            x = x + 0.2 * block(x)
        x = first + self.middle(x)
        for factor, conv in zip(self.steps, self.up, strict=True):
            x = leaky_relu(conv(interpolate(x, scale_factor=factor, mode="nearest")), 0.2)
        found = self.last(x)[:, :, : height * self.scale, : across * self.scale]
        given = as_given(picture, self.channels)
        if self.scale > 1:
            given = interpolate(given, scale_factor=self.scale, mode="bicubic", align_corners=False)
        return activated(given + found, self.output)


def _factors(scale: int) -> list[int]:
    """Into which enlargements a scale falls: 4 -> [2, 2], 3 -> [3], 6 -> [2, 3], 1 -> []."""
    found, factor = [], 2
    while scale > 1:
        while scale % factor == 0:
            found.append(factor)
            scale //= factor
        factor += 1
    return found


class GatedConv(nn.Module):
    """A convolution and a second one that says, pixel by pixel, how much of the first counts (Yu et al. 2019, arXiv:1806.03589, eq. 2)."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1, halve: bool = False):
        super().__init__()
        self.conv: nn.Conv2d
        if halve:
            self.conv = HalvingConv(inputs, 2 * outputs, 3)
        else:
            self.conv = nn.Conv2d(inputs, 2 * outputs, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        features, gate = self.conv(x).chunk(2, dim=1)
        return nn.functional.elu(features) * torch.sigmoid(gate)


NEAR, FAINT = (24, 8, 3), 0.05  # pixels, far to near; how little of what is near must be known for it to count more than what is farther


def surroundings(colour: Tensor, known: Tensor) -> Tensor:
    """What lies around each pixel: means of what is known in squares around it, the nearest that know enough. colour: N x C x H x W; known: N x 1 x
    H x W, 1 or 0."""
    found = torch.zeros_like(colour)
    for reach in NEAR:
        blurred = torch.cat([colour * known, known], dim=1)
        for size, edge in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
            blurred = avg_pool2d(blurred, size, stride=1, padding=edge)
        found = (blurred[:, :-1] + FAINT * found) / (blurred[:, -1:] + FAINT)
    return found


@register("inpainter")
class Inpainter(nn.Module):
    """Gated convolutions, two halvings, dilated ones in the middle (after the coarse network of Yu et al. 2019, arXiv:1806.03589). Connections
    across, which the paper has none of, fewer layers, dilations 1 to 8 where the paper has 2 to 16, and a beginning: holes are filled with what
    is near, and what is learned is the difference. All ours, for small pictures.

    The last channel of the given picture is its opacity: 1 where it is known, -1 in holes. What is known comes out as it went in.
    """

    reach = 120  # pixels of the given picture, at most, that a pixel of the result looks away from its place

    def __init__(self, shape: Shape, given: Shape, *, width: Width = 32, output: Output = "linear"):
        super().__init__()
        if given[0] not in (2, 4):
            raise UserError("the inpainter fills what is transparent: the given pictures need opacity (grey and alpha, or RGBA)")
        self.output = output
        self.first = GatedConv(given[0], width)
        self.down = nn.ModuleList([GatedConv(width, 2 * width, halve=True), GatedConv(2 * width, 4 * width, halve=True)])
        self.middle = nn.Sequential(*(GatedConv(4 * width, 4 * width, dilation) for dilation in (1, 2, 4, 8)))
        self.up = nn.ModuleList([GatedConv(6 * width, 2 * width), GatedConv(3 * width, width)])
        self.added = nn.Conv2d(width, shape[0], 3, padding=1)
        _silence(self.added)

    def forward(self, picture: Tensor) -> Tensor:
        height, side = picture.shape[2:]
        known = (picture[:, -1:] > 0).to(picture.dtype)
        colour = picture[:, :-1]
        filled = torch.cat([known * colour + (1 - known) * surroundings(colour, known), torch.ones_like(known)], dim=1)
        begun = torch.cat([filled[:, :-1], 2 * known - 1], dim=1)
        x = self.first(pad(begun, (0, -side % 4, 0, -height % 4), mode="replicate"))
        seen = [x]
        for conv in self.down:
            x = conv(x)
            seen.append(x)
        x = x + self.middle(x)
        for conv, across in zip(self.up, (seen[1], seen[0]), strict=True):
            x = conv(torch.cat([enlarged(x, across.shape[2:]), across], dim=1))
        near = as_given(filled, self.added.out_channels)
        return known * near + (1 - known) * activated(near + self.added(x)[:, :, :height, :side], self.output)
