"""The small network whose features the online score of pictures compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...data.source import Source
from ...metrics.feature_net import WIDTH, FeatureNet, Progress, fit
from ...util.random import derive_seed

Prepare = Callable[[np.ndarray], np.ndarray]
MAX_SIDE = 64  # larger pictures are resized for the score; the fingerprint says so
MAX_EXAMPLES = {"labels": 100_000, "repair": 50_000}  # learned from, by task
REFERENCE_PIXELS = 32 * 32  # of larger pictures fewer examples are learned from, so that it takes no longer


def fit_features(
    source: Source,
    seed: int,
    progress: Progress | None = None,
    shape: tuple[int, int, int] | None = None,
    prepare: Prepare | None = None,
    more: Mapping[str, Any] = {},
    most: int | None = None,
) -> FeatureNet:
    """Train the features on a source of pictures: to tell its classes, or, without labels, to repair noisy pictures.

    shape: of the pictures, channels x height x width; None: that of the values. prepare: turns the values of the source
    into such pictures, from 0 to 255; None: they are pictures. more: what else the description says, from which
    `prepare` is known again. most: examples learned from; None: MAX_EXAMPLES.
    """
    channels, height, width = shape or source.shape
    about = {
        "net": "small-conv",
        "shape": [channels, height, width],
        "classes": len(source.classes),
        "task": "labels" if source.classes else "repair",
        **more,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "features", "weights"))
        net = small_net(about, prepare)
        repair = nn.Sequential(nn.Linear(WIDTH, 256), nn.ReLU(), nn.Linear(256, channels * prod(_size(height, width))))
    repair.append(nn.Unflatten(1, (channels, *_size(height, width))))
    examples = round(
        (most or MAX_EXAMPLES[str(about["task"])]) * min(1.0, REFERENCE_PIXELS / prod(_size(height, width)))
    )
    return fit(net, source, seed, repair, examples, progress=progress)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor], prepare: Prepare | None = None) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return small_net(about, prepare).load(tensors)


def _size(height: int, width: int) -> tuple[int, int]:
    shrink = max(1.0, max(height, width) / MAX_SIDE)
    return max(1, round(height / shrink)), max(1, round(width / shrink))


def small_net(about: dict[str, Any], prepare: Prepare | None = None) -> FeatureNet:
    """The network that a description names, not trained yet."""
    channels, height, width = about["shape"]
    size = _size(height, width)
    layers: list[nn.Module] = []
    inputs, side = channels, min(size)
    for outputs in (32, 64, 128):
        stride = 2 if side > 4 else 1
        layers += [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ReLU()]
        inputs, side = outputs, -(-side // stride)
    body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(128 * 9, WIDTH), nn.ReLU())
    head = nn.Linear(WIDTH, about["classes"]) if about["classes"] else None

    def encode(values: np.ndarray) -> Tensor:
        pictures = torch.from_numpy(np.ascontiguousarray(prepare(values) if prepare else values)).float() / 127.5 - 1
        if tuple(pictures.shape[2:]) != size:
            pictures = nn.functional.interpolate(pictures, size, mode="bilinear", antialias=True)
        return pictures

    return FeatureNet(body, head, encode, about)
