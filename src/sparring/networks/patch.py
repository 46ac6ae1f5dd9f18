"""Discriminators that judge every patch of a picture, beside what was given where something is."""

from __future__ import annotations

from math import log2
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

from . import DiscriminatorOutput, register
from .layers import Condition, HalvingConv, Width
from .translators import Count, InstanceNorm, Shape, enlarged

Norm = Literal["instance", "spectral", "none"]


def _beside(sample: Tensor, condition: Condition) -> Tensor:
    """The sample with the given picture beside it, channel-wise, at the sample's size."""
    assert condition is not None
    given = condition["input"]
    if given.shape[2:] != sample.shape[2:]:
        given = interpolate(given, sample.shape[2:], mode="nearest")
    return torch.cat([sample, given.to(sample.dtype)], dim=1)


def _layers(asked: int, side: int) -> int:
    """As many halvings as leave about four pixels: of a single one instance normalisation leaves nothing."""
    return max(1, min(asked, int(log2(max(1, side / 4)))))


class Patches(nn.Module):
    """`layers` halvings, two more convolutions of stride 1, a logit for each place. Returns the logits and what each layer saw."""

    def __init__(self, inputs: int, width: int, layers: int, norm: Norm):
        super().__init__()
        widths = [width * min(8, 2**layer) for layer in range(layers + 1)]
        convs: list[nn.Module] = [HalvingConv(before, after, 4) for before, after in zip([inputs, *widths], widths[:-1], strict=False)]
        convs += [nn.Conv2d(widths[-2], widths[-1], 3, padding=1), nn.Conv2d(widths[-1], 1, 3, padding=1)]
        self.convs = nn.ModuleList(spectral_norm(conv) for conv in convs) if norm == "spectral" else nn.ModuleList(convs)
        self.norm = InstanceNorm() if norm == "instance" else nn.Identity()

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        seen = []
        for number, conv in enumerate(self.convs[:-1]):
            x = conv(x)
            x = leaky_relu(self.norm(x) if number else x, 0.2)
            seen.append(x)
        return self.convs[-1](x), seen


@register("patch-discriminator")
class PatchDiscriminator(nn.Module):
    """Isola et al. 2017 (arXiv:1611.07004), appendix 6.1.2: C64-C128-C256-C512, a logit for each patch: 54 x 54 pixels with three
    halvings, where the paper's last two layers, of 4x4 kernels, make it 70 x 70.

    scales: so many of them, each looking at the picture at half the size of the one before (Wang et al. 2018, arXiv:1711.11585,
    section 3.2). conditional: it sees the given picture too. norm: instance normalisation of its layers but the first and the last, or
    spectral normalisation of all. Small pictures get fewer layers.
    """

    def __init__(
        self,
        shape: Shape,
        given: Shape,
        *,
        width: Width = 64,
        layers: Count = 3,
        scales: Count = 1,
        conditional: bool = True,
        norm: Norm = "instance",
    ):
        super().__init__()
        self.conditional = conditional
        inputs = shape[0] + (given[0] if conditional else 0)
        side = min(shape[1:])
        self.scales = nn.ModuleList(Patches(inputs, width, _layers(layers, side >> scale), norm) for scale in range(scales))

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = _beside(sample, condition) if self.conditional else sample
        logits, seen = list[Tensor](), list[Tensor]()
        for number, judge in enumerate(self.scales):
            if number:
                x = avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)
            found, layers = judge(x)
            finest = logits[0].shape[2:] if logits else found.shape[2:]
            logits.append(interpolate(found, finest, mode="nearest"))  # each judge's verdict counts as much
            seen += layers
        return DiscriminatorOutput(torch.cat(logits, dim=1).flatten(1), features=tuple(seen))


@register("unet-discriminator")
class UNetDiscriminator(nn.Module):
    """A verdict on every pixel, from a U-Net with spectral normalisation (Wang et al. 2021, arXiv:2107.10833, section 3.4;
    Schoenfeld et al. 2020, arXiv:2002.12655); one convolution before the last, where the authors' program has two."""

    def __init__(self, shape: Shape, given: Shape, *, width: Width = 32, conditional: bool = False):
        super().__init__()
        self.conditional = conditional
        inputs = shape[0] + (given[0] if conditional else 0)
        self.first = nn.Conv2d(inputs, width, 3, padding=1)
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.down = nn.ModuleList(
            spectral_norm(HalvingConv(before, after, 4, bias=False)) for before, after in zip(widths, widths[1:], strict=False)
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(after, before, 3, padding=1, bias=False))
            for before, after in reversed(list(zip(widths, widths[1:], strict=False)))
        )
        self.last = nn.Sequential(
            spectral_norm(nn.Conv2d(width, width, 3, padding=1, bias=False)), nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 3, padding=1)
        )

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = leaky_relu(self.first(_beside(sample, condition) if self.conditional else sample), 0.2)
        across = [x]
        for conv in self.down:
            x = leaky_relu(conv(x), 0.2)
            across.append(x)
        seen = tuple(across)
        across.pop()
        for conv in self.up:
            skipped = across.pop()
            x = leaky_relu(conv(enlarged(x, skipped.shape[2:])), 0.2) + skipped
        return DiscriminatorOutput(self.last(x).flatten(1), features=seen)
