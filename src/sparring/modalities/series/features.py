"""Features of series for scores: traits that need no learning.

With classes, a small network learns to tell them by their traits.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...metrics.feature_net import WIDTH, FeatureNet, Progress, fit
from ...networks.initialisation import seeded
from ...util.random import derive_seed, make_rng
from .codec import SeriesCodec, codec_from

MAX_BANDS = 16  # of frequencies
MAX_COMPONENTS = 16  # principal components of whole series
MAX_FITTED = 5000  # training series that scales and components are taken from
HIDDEN = 128  # units of the network that tells classes
LEARNED = 20_000  # examples that it is shown


class Traits(nn.Module):
    """N x T x W encoded series -> N x WIDTH traits, or fewer.

    For each channel: mean, deviation, extremes, changes, and the logarithm of its power in bands of frequencies. For
    each series: its position along the principal components of all series, and the means of all other columns. Traits
    are scaled to variance 1; where they are more than WIDTH, their principal components are taken. The module carries
    the description of the codec as bytes, without which its traits have no meaning.
    """

    described: Tensor
    centre: Tensor
    axes: Tensor
    mean: Tensor
    deviation: Tensor
    turn: Tensor

    def __init__(self, codec: SeriesCodec):
        super().__init__()
        text = json.dumps(codec.describe(), sort_keys=True).encode()
        self.register_buffer("described", torch.frombuffer(bytearray(text), dtype=torch.uint8))
        steps, width = codec.shape
        self.channels, self.bands = (
            len(codec.channels) + sum(code.width for code in codec.choice_codes),
            min(MAX_BANDS, steps // 2 + 1),
        )
        numbers = steps * self.channels
        count = self.channels * (6 + self.bands) + min(MAX_COMPONENTS, numbers) + width - self.channels
        self.register_buffer("centre", torch.zeros(numbers))
        self.register_buffer("axes", torch.zeros(numbers, min(MAX_COMPONENTS, numbers)))
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))
        self.register_buffer("turn", torch.eye(count)[:, :WIDTH].contiguous())

    def forward(self, series: Tensor) -> Tensor:
        return (self._traits(series) - self.mean) / self.deviation @ self.turn

    def _traits(self, series: Tensor) -> Tensor:
        values = series[:, :, : self.channels]
        changes = values.diff(dim=1).abs() if values.shape[1] > 1 else torch.zeros_like(values)
        basic = [
            values.mean(dim=1),
            values.std(dim=1, correction=0),
            values.amin(dim=1),
            values.amax(dim=1),
            changes.mean(dim=1),
            changes.amax(dim=1),
        ]
        window = torch.hann_window(values.shape[1] + 2, periodic=False)[1:-1, None]
        power = torch.fft.rfft((values - basic[0][:, None]) * window, dim=1).abs().square()
        bands = [part.mean(dim=1).add(1e-5).log() for part in power.tensor_split(self.bands, dim=1)]
        along = (values.flatten(1) - self.centre) @ self.axes
        return torch.cat([*basic, *bands, along, series[:, :, self.channels :].mean(dim=1)], dim=1)

    @torch.no_grad()
    def fit(self, series: Tensor) -> None:
        """Take scales and principal components from training series."""
        rows = series[:, :, : self.channels].flatten(1)
        self.centre.copy_(rows.mean(dim=0))
        _, _, axes = torch.svd_lowrank(rows - self.centre, q=min(self.axes.shape[1], *rows.shape), niter=4)
        self.axes[:, : axes.shape[1]] = axes
        traits = self._traits(series)
        self.mean.copy_(traits.mean(dim=0))
        deviation = traits.std(dim=0, correction=0)
        self.deviation.copy_(torch.where(deviation > 1e-4, deviation, 1.0))
        if traits.shape[1] > WIDTH:
            standard = (traits - self.mean) / self.deviation
            _, vectors = torch.linalg.eigh(standard.T @ standard)
            self.turn.copy_(vectors[:, -WIDTH:])


def fit_features(source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Fit the traits to training series and, with classes, learn to tell these."""
    codec, count = source.codec, source.count("train")
    net = _net(codec, len(source.classes))
    some = np.sort(make_rng(seed, "features", "some").permutation(count)[:MAX_FITTED])
    body = Traits(codec)

    def fitted() -> Traits:
        body.fit(codec.encode(source.values(some)))
        return body

    net.body = seeded(derive_seed(seed, "features", "traits"), fitted).eval()
    if not source.classes:
        return net.standardise(source, some)
    net.head = seeded(derive_seed(seed, "features", "head"), lambda: _head(body, len(source.classes)))
    return fit(net, source, seed, examples=LEARNED, progress=progress)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return _net(codec_from(json.loads(bytes(tensors["body.described"].tolist()))), about["classes"]).load(tensors)


def _net(codec: SeriesCodec, classes: int) -> FeatureNet:
    about = {
        "net": "traits",
        "task": "classes" if classes else "none",
        "classes": classes,
        "shape": [codec.steps, codec.changing + len(codec.whole)],
    }
    body = Traits(codec)
    head = _head(body, classes) if classes else None
    return FeatureNet(body, head, lambda values: codec.encode(np.asarray(values, dtype=np.float64)), about)


def _head(body: Traits, classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(body.turn.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes))
