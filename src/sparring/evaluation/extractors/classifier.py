"""The project's own small features: learned on the source's labels (without labels: on repairing damaged examples), no download."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
from torch.nn.functional import softmax

from ...data.source import Source
from ...errors import UserError
from ...metrics.feature_net import CHUNK, FeatureNet, Progress
from ...util import files, safetensors
from .base import Extracted, Extractor, Options, array, exact, room

NAME = "classifier"
WAY = 2  # raised when features come to be learned in another way: what the cache has of an earlier one is no longer used
SEED = 1  # whatever the training's: its score and this one measure in the same features


class Classifier(Extractor):
    """The features of a FeatureNet (those of a run, say), and the probabilities of the source's classes where it learned them."""

    name, chunk, light = NAME, CHUNK, True

    def __init__(self, net: FeatureNet):
        self.net = net
        self.width, self.classes = net.mean.numel(), int(net.about.get("classes") or 0) if net.head is not None else 0
        self.weights = net.identity()
        self.chunk = room(CHUNK, net.about.get("shape", ()))

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            raw = self.net.body(self.net.encode(values))
            probabilities = array(softmax(self.net.head(raw), dim=1)) if self.net.head is not None else None
            return Extracted(array((raw - self.net.mean) / self.net.deviation), probabilities)

    def describe(self) -> dict[str, Any]:
        return {"features": NAME, "version": 1, "weights": self.weights, **self.net.about, "width": self.width}


def build(source: Source, options: Options) -> Classifier:
    """Learned on this source's training split, once: the next time, and a training, find the features in the cache."""
    return Classifier(read(source, options.weights) if options.weights else learned(source, options.progress))


def learned(source: Source, progress: Progress | None = None) -> FeatureNet:
    """The features of this source: from the cache, by the data's content, else learned now and, if there was time for all of it, kept there."""
    from ... import modalities

    path = files.cache_folder("features") / f"{source.values_hash[:32]}-{len(source.classes)}-{WAY}.safetensors"
    with contextlib.suppress(UserError):  # there is none, or it is damaged
        return read(source, path)
    net = modalities.get(source.modality).fit_features(source, SEED, progress)
    if not net.about.get("hurried"):
        write(net, path)
    return net


def write(net: FeatureNet, path: Path) -> None:
    files.write_bytes(path, safetensors.to_bytes(net.tensors(), net.about))


def read(source: Source, path: Path) -> FeatureNet:
    """Raises UserError where the file holds no features of this kind of data."""
    from ... import modalities

    try:
        data = path.read_bytes()
        return modalities.get(source.modality).features_from(safetensors.about(data, path), safetensors.from_bytes(data, path))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise UserError(f"{path} does not hold features that a training has learned (features.safetensors of a run).") from None
