"""The project's own small features: learned on the source's labels (without labels: on repairing damaged examples), no download."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.functional import softmax

from ... import files, tensorfiles
from ...data.source import Source
from ...errors import UserError
from ..features import CHUNK, FeatureNet
from .base import Extracted, Extractor, Options, array, exact

NAME = "classifier"
SEED = 1  # that of the score while training: both measure in the same features


class Classifier(Extractor):
    """The features of a FeatureNet (those of a run, say), and the probabilities of the source's classes where it learned them."""

    name, chunk = NAME, CHUNK

    def __init__(self, net: FeatureNet):
        self.net = net
        self.width, self.classes = net.mean.numel(), int(net.about.get("classes") or 0) if net.head is not None else 0
        self.weights = net.identity()

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            raw = self.net.body(self.net.encode(values))
            probabilities = array(softmax(self.net.head(raw), dim=1)) if self.net.head is not None else None
            return Extracted(array((raw - self.net.mean) / self.net.deviation), probabilities)

    def describe(self) -> dict[str, Any]:
        return {"features": NAME, "version": 1, "weights": self.weights, **self.net.about, "width": self.width}


def build(source: Source, options: Options) -> Classifier:
    """Learned on this source's training split, once: the next time, and a training, find the features in the cache."""
    from ... import modalities

    modality = modalities.get(source.modality)
    if options.weights:
        return Classifier(modality.features_from(*_read(options.weights)))
    path = files.cache_folder("features") / f"{source.content_hash[:32]}-{len(source.classes)}.safetensors"
    try:
        if path.is_file():
            return Classifier(modality.features_from(*_read(path)))
    except UserError:  # damaged: learned again
        pass
    net = modality.fit_features(source, SEED, options.progress)
    files.write_bytes(path, tensorfiles.to_bytes(net.tensors(), net.about))
    return Classifier(net)


def _read(path: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    return tensorfiles.about(data, path), tensorfiles.from_bytes(data, path)
