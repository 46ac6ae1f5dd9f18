"""Layers with equalised learning rate (Karras et al. 2018, arXiv:1710.10196, section 4.1).

Weights begin as N(0, 1) and are divided by the root of their fan-in at every use. So an optimizer that rescales
gradients (Adam) changes all of them at the same relative pace.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

SLOPE = 0.2  # of leaky ReLU; Karras et al. 2018, appendix A.1
GAIN = sqrt(2)  # He et al. 2015 (arXiv:1502.01852), eq. 10; part of the scales before leaky ReLU, which keeps factors


class EqualDense(nn.Module):
    """A dense layer, N x inputs -> N x outputs.

    Args:
        active: Whether leaky ReLU follows.
        rate: The layer learns so many times as fast as others.
        bias: Value of the biases at the start.
    """

    def __init__(self, inputs: int, outputs: int, *, active: bool = False, rate: float = 1.0, bias: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.active, self.shift = active, rate * (GAIN if active else 1.0)
        self.scale = self.shift / sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        y = linear(x * self.scale, self.weight, self.bias * self.shift)
        return leaky_relu(y, SLOPE) if self.active else y


class EqualConv(nn.Module):
    """A convolution, with zeros around at stride 1 and without padding at stride 2.

    N x inputs x H x W -> N x outputs x H x W at stride 1.

    Args:
        active: Whether leaky ReLU follows.
        bias: Whether there are biases; they begin at 0.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, active: bool = True, bias: bool = True, stride: int = 1
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.active, self.shift = active, GAIN if active else 1.0
        self.scale = self.shift / sqrt(inputs * kernel**2)
        self.stride, self.padding = stride, kernel // 2 if stride == 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias * self.shift
        y = conv2d(x, self.weight * self.scale, bias, self.stride, self.padding)
        return leaky_relu(y, SLOPE) if self.active else y


def normalise(x: Tensor) -> Tensor:
    """N x D, each row divided by the root of its mean square (Karras et al. 2018, section 4.2, with eps 1e-8)."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
