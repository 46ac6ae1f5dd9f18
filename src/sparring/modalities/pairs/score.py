"""Scores of made pictures beside the true ones, while training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from PIL import Image

from ...losses.perceptual import perceptual_distance
from ...metrics.feature_net import FeatureNet
from ...metrics.ms_ssim import ms_ssim
from ...metrics.neighbours import closeness, variety
from ...metrics.online_score import OnlineScore, choose_examples
from ...metrics.psnr import psnr
from ...metrics.segmentation import agreement, confusion
from .codec import PairCodec
from .maps import VOID, MapCodec

CHUNK = 100
TRIED = 100  # training pictures on which the better of two trivial answers is found
REACH = 1 / 16  # of a side: how far around a hole its filling comes from


def online_score(net: FeatureNet, source: Any, count: int, seed: int) -> Any:
    """How made values compare with the held-out ones: with their own partners where there are, else as a whole."""
    if not source.paired:
        return OnlineScore(net, source, min(count, source.count("test")), seed)
    kind = MapScore if isinstance(source.codec("symmetric").made, MapCodec) else PictureScore
    return kind(net, source, count, seed)


class _PairScore(ABC):
    """Compares values made of held-out examples with what belongs to those. `trivial`: what doing next to nothing scores."""

    noise = 0.0  # the same examples at every look

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        self.net, self.count = net, min(count, source.count("test"))
        self.indices = choose_examples(source.count("test"), self.count, seed, "held-out")
        self.truth = source.values(self.indices, "test")
        self.codec = source.codec("symmetric")
        self.test = net(self.truth)[0]
        self.training = net.of(source, choose_examples(source.count("train"), self.count, seed, "training"))
        self.fingerprint = {
            "features": net.identity(),
            "net": net.about["net"],
            "task": net.about["task"],
            "generated": self.count,
            "split": "test",
            "source": source.content_hash[:16],
            "seed": seed,
        }
        simple = self.trivial_answer(source, self.codec, source.input_values(self.indices, "test", seed))
        self.trivial = {f"{name}_trivial": value for name, value in self.measured(simple).items()}

    def __call__(self, values: np.ndarray, asked: None = None) -> tuple[float, dict[str, Any], np.ndarray]:
        """The selection score (lower is better), every score with its fingerprint, and the values' features."""
        scores = self.measured(values)
        found = {name: {"value": value, "fingerprint": self.fingerprint} for name, value in {**scores, **self.trivial}.items()}
        return self.selection(scores), found, self.net(values)[0]

    def neighbours(self, features: np.ndarray) -> dict[str, float]:
        return {"variety": variety(features, self.training), "closeness": closeness(features, self.training, self.test)}

    @staticmethod
    @abstractmethod
    def trivial_answer(source: Any, codec: PairCodec, given: np.ndarray) -> np.ndarray:
        """What doing next to nothing makes of what is given."""

    @abstractmethod
    def measured(self, values: np.ndarray) -> dict[str, float]: ...

    @abstractmethod
    def selection(self, scores: dict[str, float]) -> float: ...


class PictureScore(_PairScore):
    """Means over the held-out pictures. The trivial answer is the given picture itself, brought to the size by bicubic interpolation, holes filled
    with what lies around them, median filtered where that comes nearer to training pictures; where a label map is given, the mean picture."""

    @staticmethod
    def trivial_answer(source: Any, codec: PairCodec, given: np.ndarray) -> np.ndarray:
        if isinstance(codec.given, MapCodec):
            return _mean_picture(source, len(given))
        some = choose_examples(source.count("train"), TRIED, 0, "simplest")
        seen, truth = source.input_values(some), source.values(some)
        nearest = max((as_it_is, filtered), key=lambda answer: float(psnr(answer(seen, source.shape), truth).mean()))
        return nearest(given, source.shape)

    @staticmethod
    @torch.no_grad()
    def rows(net: Any, values: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
        """Every score of every picture. net: whose layers the perceptual distance compares, a FeatureNet."""
        parts = [slice(start, start + CHUNK) for start in range(0, len(values), CHUNK)]
        seen = [perceptual_distance(net.body, net.encode(values[part]), net.encode(truth[part])).numpy() for part in parts]
        return {"psnr": psnr(values, truth), "ssim": ms_ssim(values, truth, scales=1), "perceptual_distance": np.concatenate(seen)}

    def measured(self, values: np.ndarray) -> dict[str, float]:
        return {name: float(each.mean()) for name, each in self.rows(self.net, values, self.truth).items()}

    def selection(self, scores: dict[str, float]) -> float:
        return scores["perceptual_distance"]


class MapScore(_PairScore):
    """Over all pixels of the held-out maps. The trivial answer is the most frequent class of the training maps, everywhere."""

    @staticmethod
    def trivial_answer(source: Any, codec: PairCodec, given: np.ndarray) -> np.ndarray:
        some = source.values(choose_examples(source.count("train"), 500, 0, "majority"))
        counts = np.bincount(some.ravel(), minlength=256)
        counts[VOID] = 0
        return np.full((len(given), *source.shape), counts.argmax(), np.uint8)

    def measured(self, values: np.ndarray) -> dict[str, float]:
        found = agreement(confusion(values, self.truth, len(self.codec.made.legend.ids)))
        return {"mean_iou": found.mean_iou, "pixel_accuracy": found.accuracy}

    def selection(self, scores: dict[str, float]) -> float:
        return 1 - scores["mean_iou"]


def as_it_is(given: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Given pictures, N x C x H x W, at another size and with other channels: next to nothing done. Holes are filled with what is near, blurred."""
    channels, height, width = shape
    colour = given[:, : 1 if given.shape[1] < 3 else 3].astype(np.float32)
    if given.shape[1] in (2, 4) and channels in (1, 3):
        known = given[:, -1:].astype(np.float32) / 255
        colour = (colour * known + _around(colour, known) * (1 - known)).astype(np.float32)
    made = np.repeat(colour, 3, axis=1) if colour.shape[1] == 1 and channels >= 3 else colour
    made = made.mean(axis=1, keepdims=True) if made.shape[1] == 3 and channels < 3 else made
    if channels in (2, 4):
        made = np.concatenate([made, given[:, -1:] if given.shape[1] in (2, 4) else np.full_like(made[:, :1], 255)], axis=1)
    if made.shape[2:] == (height, width):
        return np.rint(made).astype(np.uint8)
    resized = [
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for picture in made for plane in picture
    ]
    return np.rint(np.stack(resized)).clip(0, 255).astype(np.uint8).reshape(len(given), channels, height, width)


def filtered(given: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The same after a median filter of 3 x 3 pixels: the oldest way to have less noise."""
    from scipy.ndimage import median_filter

    return median_filter(as_it_is(given, shape), size=(1, 1, 3, 3), mode="nearest")


def _around(colour: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The blurred picture, of what is known alone; its mean where nothing near is."""
    from scipy.ndimage import gaussian_filter

    reach = (0, 0, REACH * colour.shape[2], REACH * colour.shape[3])
    weight = gaussian_filter(known, reach, mode="nearest")
    mean = (colour * known).sum(axis=(2, 3), keepdims=True) / known.sum(axis=(2, 3), keepdims=True).clip(min=1)
    return np.where(weight > 1e-3, gaussian_filter(colour * known, reach, mode="nearest") / np.maximum(weight, 1e-3), mean)


def _mean_picture(source: Any, count: int) -> np.ndarray:
    some = source.values(choose_examples(source.count("train"), 500, 0, "majority"))
    return np.repeat(np.rint(some.mean(axis=0, keepdims=True)).astype(np.uint8), count, axis=0)
