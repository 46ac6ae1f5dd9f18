"""ConvNeXt blocks along time: Liu et al. 2022 (arXiv:2201.03545), as in Vocos (Siuzdak 2023, arXiv:2306.00814)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

KERNEL = 7  # frames that a block sees


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each frame: N x C x T -> N x C x T. A frame knows nothing of others."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


class ConvNeXtBlock(nn.Module):
    """A depthwise convolution over 7 frames, then two dense layers for each frame; the result joins the input.

    N x width x T -> N x width x T. The branch begins at `scale` of its size (layer scale, section 3.1 of Vocos).
    """

    def __init__(self, width: int, hidden: int, scale: float):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.wide, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: Tensor) -> Tensor:
        branch = self.norm(self.depthwise(x).transpose(1, 2))
        return x + (self.scale * self.narrow(gelu(self.wide(branch)))).transpose(1, 2)


class ConvNeXtBody(nn.Module):
    """A convolution over 7 frames, blocks, and normalisation before and after: N x inputs x T -> N x width x T.

    Attributes:
        receptive_radius: An output frame depends on no input frame farther away than this.
    """

    def __init__(self, inputs: int, width: int, hidden: int, blocks: int):
        super().__init__()
        self.first = nn.Conv1d(inputs, width, KERNEL, padding=KERNEL // 2)
        self.before = ChannelNorm(width)
        self.blocks = nn.Sequential(*(ConvNeXtBlock(width, hidden, 1 / blocks) for _ in range(blocks)))
        self.after = ChannelNorm(width)
        self.receptive_radius = (blocks + 1) * (KERNEL // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.blocks(self.before(self.first(x))))
