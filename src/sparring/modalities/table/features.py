"""The small network whose features the scores of tables compare. It is learned on repairing noisy rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...metrics.feature_net import WIDTH, FeatureNet, Progress, fit
from ...networks.initialisation import seeded
from ...util.random import derive_seed
from .codec import TableCodec, codec_from

HIDDEN = 256


class Rows(nn.Module):
    """N x width encoded rows -> N x WIDTH features.

    The module carries the description of the codec as bytes, which its features depend on.
    """

    described: Tensor

    def __init__(self, codec: TableCodec):
        super().__init__()
        text = json.dumps(codec.describe(), sort_keys=True).encode()
        self.register_buffer("described", torch.frombuffer(bytearray(text), dtype=torch.uint8))
        self.layers = nn.Sequential(nn.Linear(codec.shape[0], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH), nn.Tanh())

    def forward(self, rows: Tensor) -> Tensor:
        return self.layers(rows)


def fit_features(source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Train the features to repair noisy rows."""
    codec = source.codec
    net = _net(codec)
    net.body = seeded(derive_seed(seed, "features", "body"), lambda: Rows(codec))
    repair = seeded(derive_seed(seed, "features", "repair"), lambda: nn.Linear(WIDTH, codec.shape[0]))
    return fit(net, source, seed, repair, progress=progress)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return _net(codec_from(json.loads(bytes(tensors["body.described"].tolist())))).load(tensors)


def _net(codec: TableCodec) -> FeatureNet:
    about = {"net": "two-layers", "task": "repair", "classes": 0, "shape": [len(codec.learned)]}
    return FeatureNet(Rows(codec), None, lambda values: codec.encode(np.asarray(values, dtype=np.float64)), about)
