"""Scores of outputs against their targets while training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from PIL import Image

from ...losses.perceptual import perceptual_distance
from ...metrics.feature_net import FeatureNet
from ...metrics.intervals import bootstrap, mean_estimate
from ...metrics.ms_ssim import ms_ssim
from ...metrics.neighbours import closeness, variety
from ...metrics.online_score import OnlineScore, choose_examples
from ...metrics.psnr import psnr
from ...metrics.segmentation import agreement, confusion
from .codec import PairCodec
from .maps import VOID, MapCodec

CHUNK = 100
BOOTSTRAP_ROUNDS = 200
MAX_TRIED = 100  # training pictures on which the better of two trivial answers is found
MAX_AVERAGED = 500  # training examples that a mean picture and a majority class are taken from
FILL_RADIUS = 1 / 16  # of a side: the blur that fills masked pixels


def online_score(net: FeatureNet, source: Any, count: int, seed: int) -> Any:
    """The score of outputs: each against its own target, or, without pairs, all together against held-out pictures."""
    if not source.paired:
        return OnlineScore(net, source, min(count, source.count("test")), seed)
    kind = MapScore if isinstance(source.codec("symmetric").output, MapCodec) else PictureScore
    return kind(net, source, count, seed)


class PairScore(ABC):
    """Compares the outputs for held-out inputs with their targets. `trivial`: the scores of a trivial answer."""

    headline: str  # the score that says most
    noise = 0.0  # of the score: the examples are the same at every tick

    def __init__(self, net: FeatureNet, source: Any, count: int, seed: int):
        self.net, self.count = net, min(count, source.count("test"))
        self.indices = choose_examples(source.count("test"), self.count, seed, "held-out")
        self.targets = source.values(self.indices, "test")
        self.codec = source.codec("symmetric")
        self.test = net(self.targets)[0]
        self.training = net.of(source, choose_examples(source.count("train"), self.count, seed, "training"))
        self.fingerprint = {
            **net.fingerprint,
            "generated": self.count,
            "split": "test",
            "source": source.content_hash[:16],
            "seed": seed,
        }
        trivial = self.trivial_answer(source, self.codec, source.input_values(self.indices, "test", seed))
        self.trivial = {f"{name}_trivial": value for name, value in self.measured(trivial).items()}

    def look_at(self, generator: Any) -> None:  # noqa: B027  (nothing is abstract about it)
        """Outputs alone are scored."""

    def __call__(
        self, values: np.ndarray, labels: None = None, with_intervals: bool = False
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """The selection score (lower is better), every score with its fingerprint, and the features of the values.

        with_intervals: Add the ends of 95 % intervals, "low" and "high", where scores are means over pictures.
        """
        scores = self.measured(values)
        found = {
            name: {"value": value, "fingerprint": self.fingerprint}
            for name, value in {**scores, **self.trivial}.items()
        }
        if with_intervals:
            for name, (low, high) in self.intervals(values).items():
                found[name] |= {"low": low, "high": high}
        return self.selection(scores), found, self.net(values)[0]

    def neighbours(self, features: np.ndarray) -> dict[str, float]:
        return {"variety": variety(features, self.training), "closeness": closeness(features, self.training, self.test)}

    @staticmethod
    @abstractmethod
    def trivial_answer(source: Any, codec: PairCodec, inputs: np.ndarray) -> np.ndarray:
        """Outputs that need no learning."""

    def intervals(self, values: np.ndarray) -> dict[str, tuple[float, float]]:
        """The 95 % intervals of scores that have one."""
        return {}

    @abstractmethod
    def measured(self, values: np.ndarray) -> dict[str, float]: ...

    @abstractmethod
    def selection(self, scores: dict[str, float]) -> float: ...


class PictureScore(PairScore):
    """Means over the held-out pictures.

    The trivial answer is the input itself, brought to the size by bicubic interpolation, masked pixels filled with a
    blur of those around. It is median filtered where that comes nearer to training targets. For label maps it is the
    mean training picture.
    """

    headline = "psnr"

    @staticmethod
    def trivial_answer(source: Any, codec: PairCodec, inputs: np.ndarray) -> np.ndarray:
        if isinstance(codec.input, MapCodec):
            return _mean_picture(source, len(inputs))
        some = choose_examples(source.count("train"), MAX_TRIED, 0, "simplest")
        tried, targets = source.input_values(some), source.values(some)
        nearest = max(
            (resized, median_filtered), key=lambda answer: float(psnr(answer(tried, source.shape), targets).mean())
        )
        return nearest(inputs, source.shape)

    @staticmethod
    @torch.no_grad()
    def rows(net: Any, values: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Every score of every picture. net: the FeatureNet whose layers the perceptual distance compares."""
        parts = [slice(start, start + CHUNK) for start in range(0, len(values), CHUNK)]
        seen = [
            perceptual_distance(net.body, net.encode(values[part]), net.encode(targets[part])).numpy() for part in parts
        ]
        return {
            "psnr": psnr(values, targets),
            "ssim": ms_ssim(values, targets, scales=1),
            "perceptual_distance": np.concatenate(seen),
        }

    def measured(self, values: np.ndarray) -> dict[str, float]:
        return {name: float(each.mean()) for name, each in self.rows(self.net, values, self.targets).items()}

    def intervals(self, values: np.ndarray) -> dict[str, tuple[float, float]]:
        return {
            name: mean_estimate(each).interval()
            for name, each in self.rows(self.net, values, self.targets).items()
            if len(each) > 1
        }

    def selection(self, scores: dict[str, float]) -> float:
        return scores["perceptual_distance"]


class MapScore(PairScore):
    """Scores over all pixels of the held-out maps.

    The trivial answer is the most frequent class of the training maps, everywhere.
    """

    headline = "mean_iou"

    @staticmethod
    def trivial_answer(source: Any, codec: PairCodec, inputs: np.ndarray) -> np.ndarray:
        some = source.values(choose_examples(source.count("train"), MAX_AVERAGED, 0, "majority"))
        counts = np.bincount(some.ravel(), minlength=256)
        counts[VOID] = 0
        return np.full((len(inputs), *source.shape), counts.argmax(), np.uint8)

    def measured(self, values: np.ndarray) -> dict[str, float]:
        found = agreement(confusion(values, self.targets, len(self.codec.output.legend.ids)))
        return {"mean_iou": found.mean_iou, "pixel_accuracy": found.accuracy}

    def intervals(self, values: np.ndarray) -> dict[str, tuple[float, float]]:
        classes = len(self.codec.output.legend.ids)
        counts = np.stack([confusion(*pair, classes) for pair in zip(values, self.targets, strict=True)])
        found = {
            "mean_iou": bootstrap(lambda some: agreement(some.sum(axis=0)).mean_iou, counts, repeats=BOOTSTRAP_ROUNDS),
            "pixel_accuracy": bootstrap(
                lambda some: agreement(some.sum(axis=0)).accuracy, counts, repeats=BOOTSTRAP_ROUNDS
            ),
        }
        return {name: (interval.low, interval.high) for name, interval in found.items()}

    def selection(self, scores: dict[str, float]) -> float:
        return 1 - scores["mean_iou"]


def resized(inputs: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pictures, N x C x H x W, at the size and with the channels of `shape`.

    Masked pixels are filled with a blur of those around.
    """
    channels, height, width = shape
    colour = inputs[:, : 1 if inputs.shape[1] < 3 else 3].astype(np.float32)
    if inputs.shape[1] in (2, 4) and channels in (1, 3):
        known = inputs[:, -1:].astype(np.float32) / 255
        colour = (colour * known + _around(colour, known) * (1 - known)).astype(np.float32)
    made = np.repeat(colour, 3, axis=1) if colour.shape[1] == 1 and channels >= 3 else colour
    made = made.mean(axis=1, keepdims=True) if made.shape[1] == 3 and channels < 3 else made
    if channels in (2, 4):
        made = np.concatenate(
            [made, inputs[:, -1:] if inputs.shape[1] in (2, 4) else np.full_like(made[:, :1], 255)], axis=1
        )
    if made.shape[2:] == (height, width):
        return _like(inputs, made)
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))
        for picture in made
        for plane in picture
    ]
    return _like(inputs, np.stack(planes).clip(0, 255)).reshape(len(inputs), channels, height, width)


def _like(pictures: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values from 0 to 255 in the type of pictures."""
    return np.rint(values).astype(np.uint8) if pictures.dtype == np.uint8 else values.astype(np.float32)


def median_filtered(inputs: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`resized`, then filtered by the median of 3 x 3 pixels, which removes noise."""
    from scipy.ndimage import median_filter

    return median_filter(resized(inputs, shape), size=(1, 1, 3, 3), mode="nearest")


def _around(colour: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A blur of the known pixels alone; their mean where none is near."""
    from scipy.ndimage import gaussian_filter

    sigma = (0, 0, FILL_RADIUS * colour.shape[2], FILL_RADIUS * colour.shape[3])
    weight = gaussian_filter(known, sigma, mode="nearest")
    mean = (colour * known).sum(axis=(2, 3), keepdims=True) / known.sum(axis=(2, 3), keepdims=True).clip(min=1)
    return np.where(
        weight > 1e-3, gaussian_filter(colour * known, sigma, mode="nearest") / np.maximum(weight, 1e-3), mean
    )


def _mean_picture(source: Any, count: int) -> np.ndarray:
    some = source.values(choose_examples(source.count("train"), MAX_AVERAGED, 0, "majority"))
    return np.repeat(_like(some, some.mean(axis=0, keepdims=True)), count, axis=0)
