"""A discriminator that looks at pictures through a frozen network that knows pictures.

Sauer et al. 2021 (arXiv:2111.01007), "Projected GANs": features of a pretrained network at several scales, mixed by
fixed random convolutions across channels and across scales, and a small discriminator on each of the four mixtures.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, layer_norm, leaky_relu

from ..errors import UserError
from . import register_network
from .base import Condition, Discriminator, class_condition
from .efficientnet_lite0 import TAPPED_CHANNELS, TAPPED_DEVIATIONS, TAPPED_STRIDES, EfficientNetLite0, packaged_weights
from .layers import ImageShape, Width, halvings, spectrally_normalised
from .output import DiscriminatorOutput
from .stylegan2 import MinibatchStddev

MIN_SIDE = 64  # pixels of the pictures that the frozen network sees; smaller ones are enlarged
MULTIPLE = 32  # the frozen network halves pictures five times
LOWEST = 4  # pixels a side of the feature maps on which the small discriminators decide
MAX_CHANNELS = 512
SLOPE = 0.2  # of leaky ReLU


class RandomMixing(nn.Module):
    """Fixed random convolutions: 1x1 across channels, and 3x3 from coarse scales to fine ones (ibid., section 3.2).

    They begin as He et al. 2015 (arXiv:1502.01852) draw weights, and stay so: no parameters, but part of the state.

    Args:
        inputs: Channels of each scale, from fine to coarse.
        outputs: Channels of each scale after mixing.
    """

    def __init__(self, inputs: tuple[int, ...], outputs: tuple[int, ...]):
        super().__init__()
        for number, (before, after) in enumerate(zip(inputs, outputs, strict=True)):
            self.register_buffer(f"across_channels{number}", _random_kernel(after, before, 1))
        for number, (finer, coarser) in enumerate(zip(outputs, outputs[1:], strict=False)):
            self.register_buffer(f"across_scales{number}", _random_kernel(finer, coarser, 3))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """N x inputs x h x w for each scale -> N x outputs x h x w."""
        mixed = [conv2d(each, getattr(self, f"across_channels{number}")) for number, each in enumerate(features)]
        for number in reversed(range(len(mixed) - 1)):
            coarser = interpolate(mixed[number + 1], mixed[number].shape[2:], mode="bilinear", align_corners=False)
            mixed[number] = mixed[number] + conv2d(coarser, getattr(self, f"across_scales{number}"), padding=1)
        return mixed


class ScaleDiscriminator(nn.Module):
    """Feature maps of one scale -> convolutions of stride 2 with leaky ReLU -> a logit for each of few places.

    With classes a projection head at each place (Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        channels: Of its input.
        stages: How often it halves; none: one convolution that keeps the size.
        width: Channels after the first convolution; they double with each one.
        classes: Number of classes, 0 without labels.
        spectral: Whether its layers are spectrally normalised.
        group_size: Examples whose deviation it sees (Karras et al. 2018, arXiv:1710.10196, section 3); 0: none.
    """

    def __init__(
        self, channels: int, stages: int, width: int, classes: int, *, spectral: bool = True, group_size: int = 0
    ):
        super().__init__()
        self.stddev = MinibatchStddev(group_size) if group_size else nn.Identity()
        channels += bool(group_size)
        widths = [min(MAX_CHANNELS, width * 2**power) for power in range(max(1, stages))]
        kernel, stride = (4, 2) if stages else (3, 1)
        self.convs = nn.ModuleList(
            spectrally_normalised(nn.Conv2d(before, after, kernel, stride, padding=1), spectral)
            for before, after in zip([channels, *widths], widths, strict=False)
        )
        self.decide = spectrally_normalised(nn.Conv2d(widths[-1], 1, 1), spectral)
        self.embedding = spectrally_normalised(nn.Embedding(classes, widths[-1]), spectral) if classes else None

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """N x channels x h x w -> N x places."""
        x = self.stddev(x)
        for conv in self.convs:
            x = leaky_relu(conv(x), SLOPE)
        logits = self.decide(x).flatten(1)
        if self.embedding is None:
            return logits
        label = self.embedding(class_condition(condition))
        return logits + torch.einsum("nc,nchw->nhw", label.to(x.dtype), x).flatten(1)


@register_network("projected-discriminator")
class ProjectedDiscriminator(Discriminator):
    """Scores features that a frozen network sees in pictures, at four scales, and the pictures themselves.

    picture (N x C x H x W) -> enlarged to at least 64 pixels -> EfficientNet-Lite0, frozen -> random mixing -> a small
    discriminator for each scale -> logits (N x places). Every scale weighs the same, whatever its places.

    Args:
        shape: Channels (1 to 4), height and width of a picture.
        classes: Number of classes, 0 without labels.
        width: Channels of the mixture of the finest scale; coarser ones have up to four times as many.
        pixel_width: Channels of the first convolution of one more discriminator, of the picture itself; 0: none.
        side: The longer side of the pictures that the frozen network sees is about this; None: that of the pictures, at
            least 64.
        mbstd_group_size: Examples whose deviation each discriminator sees, so that samples stay varied; 0: none.
        classifier: Whether a linear classifier of the frozen features gives `class_logits`, for `class_loss`.
    """

    def __init__(
        self,
        shape: ImageShape,
        classes: int,
        *,
        width: Width = 32,
        pixel_width: int = 32,
        side: Width | None = None,
        mbstd_group_size: int = 0,
        classifier: bool = False,
    ):
        super().__init__()
        channels, height, picture_width = shape
        if channels > 4:
            raise UserError(
                f"network 'projected-discriminator' sees grey or colour pictures, not {channels} channels; "
                "use --mode RGB"
            )
        enlarged = max(MIN_SIDE, side or max(height, picture_width)) / max(height, picture_width)
        self.size = tuple(max(1, round(each * enlarged / MULTIPLE)) * MULTIPLE for each in (height, picture_width))
        self.eyes = EfficientNetLite0(packaged_weights())
        outputs = (width, 2 * width, 4 * width, 4 * width)
        self.mixing = RandomMixing(TAPPED_CHANNELS, outputs)
        sizes = [(self.size[0] // stride, self.size[1] // stride) for stride in TAPPED_STRIDES]
        self.scales = nn.ModuleList(
            ScaleDiscriminator(
                mixed, halvings(*size, LOWEST, min_halvings=0), 2 * mixed, classes, group_size=mbstd_group_size
            )
            for mixed, size in zip(outputs, sizes, strict=True)
        )
        self.pixels = None
        if pixel_width:
            stages = halvings(height, picture_width, LOWEST, min_halvings=0)
            # Spectral normalisation would make its gradient hundreds of times weaker than those of the features.
            self.pixels = ScaleDiscriminator(
                channels, stages, pixel_width, classes, spectral=False, group_size=mbstd_group_size
            )
        self.classifier = nn.Linear(sum(TAPPED_CHANNELS[-2:]), classes) if classifier and classes else None

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        pictures = _on_white(sample)
        if tuple(sample.shape[2:]) != self.size:
            pictures = interpolate(pictures, self.size, mode="bilinear", align_corners=False)
        seen = self.eyes(pictures.expand(-1, 3, -1, -1))
        features = self.mixing([each / usual for each, usual in zip(seen, TAPPED_DEVIATIONS, strict=True)])
        logits = [scale(each, condition) for scale, each in zip(self.scales, features, strict=True)]
        if self.pixels is not None:
            logits.append(self.pixels(sample, condition))
        places = max(each.shape[1] for each in logits)
        return DiscriminatorOutput(
            torch.cat([_repeated(each, places) for each in logits], dim=1), self._class_logits(seen)
        )

    def _class_logits(self, seen: list[Tensor]) -> Tensor | None:
        """The classes that a linear classifier sees in the frozen features of the two coarsest scales."""
        if self.classifier is None:
            return None
        pooled = torch.cat([each.float().mean(dim=(2, 3)) for each in seen[-2:]], dim=1)
        return self.classifier(layer_norm(pooled, pooled.shape[1:]))


def _on_white(pictures: Tensor) -> Tensor:
    """Pictures in [-1, 1] with 1 to 4 channels -> N x 1 or 3 x H x W; the second or fourth is opacity."""
    if pictures.shape[1] % 2:
        return pictures
    opacity = (pictures[:, -1:] + 1) / 2
    return pictures[:, :-1] * opacity + 1 - opacity


def _repeated(logits: Tensor, places: int) -> Tensor:
    """N x fewer -> N x `places`, each about as often as every other, so that every scale weighs the same in a mean."""
    if logits.shape[1] == places:
        return logits
    index = torch.arange(places, device=logits.device) * logits.shape[1] // places
    return logits[:, index]


def _random_kernel(outputs: int, inputs: int, side: int) -> Tensor:
    kernel = torch.empty(outputs, inputs, side, side)
    return nn.init.kaiming_normal_(kernel, nonlinearity="linear")
