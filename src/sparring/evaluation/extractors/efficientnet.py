"""EfficientNet-Lite0 (Tan & Le 2019, arXiv:1905.11946; Lite: Google 2020): 1280 features learned on ImageNet.

Scores in these features are no FID and do not compare with published ones. They rank pictures of things without a
download, because the weights come with a package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch.nn.functional import linear, softmax

from ...data.source import Source
from ...networks.efficientnet_lite0 import EfficientNetLite0, packaged_weights, read_weights
from . import pictures
from .base import Extracted, Extractor, Options, array, exact, weights_hash

NAME = "efficientnet-lite0"
SIDE = 128  # 224, as in its training, costs three times as much; 64 separates clearly less (see docs/metrics.md)


class EfficientNetFeatures(Extractor):
    """The pooled output of the last convolution, and the probabilities of ImageNet's 1000 classes."""

    name, width, classes = NAME, 1280, 1000

    def __init__(self, path: Path | None = None, device: str = "cpu", side: int = SIDE):
        """Load the network.

        path: of the weights; None: those of the package. side: a multiple of 32, so that padding is as in training.
        """
        if side % 32:
            raise ValueError(f"the side must be a multiple of 32, not {side}")
        tensors = packaged_weights() if path is None else read_weights(path)
        self.net = EfficientNetLite0(tensors).eval().to(device)
        self.head = [tensors[f"_fc.{part}"].to(device) for part in ("weight", "bias")]
        self.device, self.side, self.weights = device, side, weights_hash(tensors)

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            resized = pictures.resize(pictures.rgb(values, NAME, self.device), self.side, self.side)
            features = self.net.pooled(resized / 127.5 - 1)
            return Extracted(array(features), array(softmax(linear(features, *self.head), dim=1)))

    def describe(self) -> dict[str, Any]:
        return {
            "features": NAME,
            "version": 1,
            "weights": self.weights,
            "channels": pictures.CHANNELS,
            "resize": f"{self.side}x{self.side}, {pictures.ANTIALIASED}",
            "input": "(x - 127) / 128",
            "width": self.width,
        }


def build(source: Source, options: Options) -> EfficientNetFeatures:
    """The extractor for the pictures of a source. Raises UserError for other data."""
    pictures.check(source.shape, source.values(np.arange(1)).dtype, NAME)
    return EfficientNetFeatures(options.weights, options.device)
