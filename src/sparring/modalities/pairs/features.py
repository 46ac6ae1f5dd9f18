"""The small network whose features the scores of pairs compare.

It is learned on the targets: pictures or label maps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from ...metrics.feature_net import FeatureNet, Progress
from ..image import features as picture_features
from .maps import MapCodec


def fit_features(source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Train the features to repair noisy targets: pairs have no labels."""
    codec = source.codec("symmetric").output
    classes = codec.shape[0] if isinstance(codec, MapCodec) else 0
    shape = (classes, *source.shape[1:]) if classes else None
    more = {"maps": True} if classes else {}
    return picture_features.fit_features(source, seed, progress, shape, _prepared(classes), more)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return picture_features.features_from(about, tensors, _prepared(about["shape"][0] if about.get("maps") else 0))


def _prepared(classes: int) -> Any:
    """Turns class numbers into pictures with a channel for each class, 255 at the class.

    None for pictures (classes: 0).
    """
    if not classes:
        return None
    return lambda values: 255 * (values == np.arange(classes, dtype=np.uint8)[None, :, None, None]).astype(np.uint8)
