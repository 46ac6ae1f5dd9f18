"""Features of points for the online score: random Fourier features, which need no training.

They are cosines of random projections (Rahimi & Recht 2007). Their mean tells two distributions apart at the scale of
the drawn frequencies. A Frechet distance in these features sees modes; in the plane itself it would not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...data.source import Source
from ...metrics.feature_net import WIDTH, FeatureNet, Progress
from ...util.random import make_torch_rng

SCALES = (0.5, 2.0, 8.0)  # standard deviations of the frequencies, for data of unit spread


class Fourier(nn.Module):
    """N x D points -> N x WIDTH cosines."""

    frequencies: Tensor
    phases: Tensor
    spread: Tensor

    def __init__(self, dimensions: int):
        super().__init__()
        self.register_buffer("frequencies", torch.zeros(dimensions, WIDTH))
        self.register_buffer("phases", torch.zeros(WIDTH))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, points: Tensor) -> Tensor:
        return torch.cos(points / self.spread @ self.frequencies + self.phases)


def fit_features(source: Source, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Draw frequencies at several scales of the data's spread."""
    draw = make_torch_rng(seed, "features", "frequencies")
    net = _net({"net": "random-fourier", "dimensions": source.shape[0], "classes": 0, "task": "none"})
    some = np.arange(min(5000, source.count("train")))
    scales = torch.tensor(SCALES).repeat(WIDTH // len(SCALES) + 1)[:WIDTH]
    drawn = {
        "frequencies": torch.randn(source.shape[0], WIDTH, generator=draw) * scales,
        "phases": torch.rand(WIDTH, generator=draw) * 2 * torch.pi,
        "spread": torch.tensor(float(source.values(some).std())),
    }
    net.body.load_state_dict(drawn)
    return net.standardise(source, some)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return _net(about).load(tensors)


def _net(about: dict[str, Any]) -> FeatureNet:
    return FeatureNet(
        Fourier(about["dimensions"]), None, lambda values: torch.from_numpy(np.asarray(values, dtype=np.float32)), about
    )
