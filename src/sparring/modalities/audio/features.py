"""The small network whose features the scores of sounds compare: it sees their log-mel pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...metrics.feature_net import FeatureNet, Progress
from ..image import features as picture_features
from .codec import fit_codec
from .mel_scale import BANDS, MelScale


def fit_features(source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Train the features on a source: to tell its classes, or, without labels, to repair noisy log-mel pictures."""
    mel = fit_codec(source).mel
    channels, length = source.shape
    shape = (channels, BANDS, length // mel.hop)
    about = {"rate": mel.rate, "high": mel.high, "low": mel.low}
    return picture_features.fit_features(source, seed, progress, shape, _pictures(mel), about)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    mel = MelScale(about["rate"], about["high"], about["low"])
    return picture_features.features_from(about, tensors, _pictures(mel))


def _pictures(mel: MelScale) -> Callable[[np.ndarray], np.ndarray]:
    """Turns sounds, N x C x L, into pictures, N x C x BANDS x frames from 0 to 255."""
    return lambda values: ((mel.of(torch.from_numpy(np.asarray(values, np.float32))) + 1) * 127.5).numpy()
