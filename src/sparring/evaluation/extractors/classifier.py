"""Small features learned from the source's labels or, without labels, by denoising. They need no download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch.nn.functional import softmax

from ...data.source import Source
from ...errors import UserError
from ...metrics.feature_net import CHUNK, FeatureNet, Progress
from ...util import files, safetensors
from ...util.notes import warn
from .base import Extracted, Extractor, Options, array, exact, limit_chunk

NAME = "classifier"
LEARNING_VERSION = 3  # raised when features are learned differently, so that the cache forgets earlier ones
SEED = 1  # whatever the training's seed, so that its scores and an evaluation use the same features


class Classifier(Extractor):
    """The features of a FeatureNet, and the probabilities of the source's classes where it learned them."""

    name, chunk, fast = NAME, CHUNK, True

    def __init__(self, net: FeatureNet):
        self.net = net
        self.width, self.classes = net.mean.numel(), int(net.about.get("classes") or 0) if net.head is not None else 0
        self.weights = net.identity()
        self.chunk = limit_chunk(CHUNK, net.about.get("shape", ()))

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            raw = self.net.body(self.net.encode(values))
            probabilities = array(softmax(self.net.head(raw), dim=1)) if self.net.head is not None else None
            return Extracted(array((raw - self.net.mean) / self.net.deviation), probabilities)

    def describe(self) -> dict[str, Any]:
        return {"features": NAME, "version": 1, "weights": self.weights, **self.net.about, "width": self.width}


def build(source: Source, options: Options) -> Classifier:
    """Features learned on this source's training split, or read from a file."""
    return Classifier(read(source, options.weights) if options.weights else load_or_learn(source, options.progress))


def load_or_learn(source: Source, progress: Progress | None = None) -> FeatureNet:
    """The features of this source, from the cache or learned now.

    They are stored in the cache, by the content of the data, unless learning was stopped early.
    """
    from ... import modalities

    name = f"{source.values_hash[:32]}-{len(source.classes)}-{LEARNING_VERSION}.safetensors"
    path = files.cache_folder("features") / name
    if path.is_file():
        try:
            return read(source, path)
        except UserError as error:
            warn(f"{error}; the features are learned anew")
    net = modalities.get(source.modality).fit_features(source, SEED, progress)
    if not net.about.get("hurried"):
        write(net, path)
    return net


def write(net: FeatureNet, path: Path) -> None:
    """Write learned features into a file that `read` reads."""
    files.write_bytes(path, safetensors.to_bytes(net.tensors(), net.about))


def read(source: Source, path: Path) -> FeatureNet:
    """The features in this file. Raises UserError where it holds no features of this kind of data."""
    from ... import modalities

    try:
        tensors, about = safetensors.read(path.read_bytes(), path)
        return modalities.get(source.modality).features_from(about, tensors)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise UserError(
            f"{path} does not hold features that a training has learned (features.safetensors of a run)."
        ) from None
