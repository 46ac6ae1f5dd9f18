"""Features of photographs without labels: what a network learned on ImageNet sees in them, in few numbers.

Features learned by denoising a few hundred pictures are blind to detail: they took blurred apples for better ones than
sharp ones (docs/experiments/2026-11-30.md, "Features for pictures without labels").
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ...data.source import Source
from ...metrics.feature_net import WIDTH, FeatureNet, Progress
from ...networks.efficientnet_lite0 import PACKAGE, EfficientNetLite0, packaged_weights
from ...util.random import make_rng

NET = "efficientnet-lite0"
POOLED = 1280  # numbers that the network sees in a picture
SIDE = 96  # pixels to which pictures are enlarged; with 64 the network separates less, with 128 it takes twice as long
MIN_SIDE = 32  # pixels; on smaller pictures are no things that the network knows
FITTED_ON = 2000  # training examples, at most, from which the principal components are computed
CHUNK = 100


def suits(source: Source) -> bool:
    """Whether these are colour pictures without labels, large enough, and the weights are installed."""
    channels, *sides = source.shape
    return not source.classes and channels == 3 and min(sides) >= MIN_SIDE and find_spec(PACKAGE) is not None


def fit_photographs(source: Source, seed: int, progress: Progress | None = None) -> FeatureNet:
    """The principal components of the frozen network's pooled features over training examples, WIDTH at most."""
    count = source.count("train")
    order = make_rng(seed, "features", "split").permutation(count)
    net = _net({"net": NET, "task": "imagenet", "shape": list(source.shape), "classes": 0, "width": POOLED})
    seen, fitted = [], order[:FITTED_ON]
    for start in range(0, len(fitted), CHUNK):
        seen.append(net(source.values(fitted[start : start + CHUNK]))[0])
        if progress:
            progress(min(1.0, (start + CHUNK) / len(fitted)), "looking at the pictures for the score")
    pooled = np.concatenate(seen)
    mean = pooled.mean(axis=0)
    axes = np.linalg.svd(pooled - mean, full_matrices=False)[2][: max(1, min(WIDTH, len(pooled) - 1))]
    net = _net({**net.about, "width": len(axes)})
    linear = {"weight": torch.from_numpy(axes).float(), "bias": torch.from_numpy(-axes @ mean).float()}
    net.body.load_state_dict({f"components.{name}": value for name, value in linear.items()})
    net.deviation = torch.tensor(((pooled - mean) @ axes.T).var(axis=0).mean() ** 0.5).clamp(min=1e-6).float()
    return net


def photographs_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors()). Raises UserError where the weights are missing."""
    return _net({**about, "width": len(tensors["body.components.weight"])}).load(tensors)


class Seen(nn.Module):
    """N x 3 x H x W in [-1, 1] -> N x width, a linear map of the frozen network's pooled features."""

    def __init__(self, width: int):
        super().__init__()
        self.eyes = EfficientNetLite0(packaged_weights())
        self.components = nn.Linear(POOLED, width) if width < POOLED else nn.Identity()

    def forward(self, pictures: Tensor) -> Tensor:
        enlarged = interpolate(pictures, (SIDE, SIDE), mode="bilinear", antialias=True)
        return self.components(self.eyes.pooled(enlarged))


def _net(about: dict[str, Any]) -> FeatureNet:
    def encode(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).float() / 127.5 - 1

    return FeatureNet(Seen(about["width"]).requires_grad_(False), None, encode, about)
