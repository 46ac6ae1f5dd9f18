"""The two small networks whose features the scores of films compare: one sees frames, the other only what changes.

The first learns the classes of single frames or, without labels, to repair them. The second sees differences between
frames and learns whether a film runs as it was, shuffled, with two frames exchanged, faster or slower, and its class.
So wrong frames and wrong motion are told apart, which one network that sees both does not do (Ge et al. 2024,
arXiv:2404.12391).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...data.source import Source, Split
from ...metrics.feature_net import WIDTH, FeatureNet, Progress
from ...util.random import make_rng
from ..image import features as picture_features

FRAMES = 4  # of a film, evenly spread, whose mean is the frame part of its features
LEARNED = 40_000  # frames or films from which each network learns
CHUNK = 64  # films whose features are computed at once
CHANGED = ("shuffled", "exchanged", "faster", "slower")


class FilmFeatures(FeatureNet):
    """Features of films: WIDTH of frames, as a mean over some, and WIDTH of motion. Values are uint8 films."""

    def __init__(self, frames: FeatureNet, motion: FeatureNet, about: dict[str, Any]):
        self.frame_net, self.motion_net = frames, motion
        count = min(FRAMES, about["shape"][0])
        body, head = _Body(frames.body, motion.body, count, about["shape"][1]), None
        if frames.head is not None and motion.head is not None:
            head = _Head(frames.head, motion.head, about["classes"])
        super().__init__(body, head, self._encoded, about)
        self.count = count
        self.take_scales()

    def take_scales(self) -> None:
        """Let each part weigh the same: the parts are scaled by what their networks were standardised with."""
        body: Any = self.body
        body.scales.copy_(torch.stack([self.frame_net.deviation.mean(), self.motion_net.deviation.mean()]))
        if self.head is not None:
            head: Any = self.head
            head.scales.copy_(body.scales)
        self._share_scales()

    def load(self, tensors: dict[str, Tensor]) -> FeatureNet:
        super().load(tensors)
        self._share_scales()
        return self

    def _share_scales(self) -> None:
        body: Any = self.body
        for net, scale in zip((self.frame_net, self.motion_net), body.scales, strict=True):
            net.mean, net.deviation = torch.zeros(1), scale.clone()

    def of_frames(self, films: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Features of all frames of N x T films, N T x WIDTH, and the class that each shows, N x T."""
        features, classes = self.frame_net(films.reshape(-1, *films.shape[2:]))
        return features, None if classes is None else classes.reshape(len(films), -1)

    def of_motion(self, films: np.ndarray) -> np.ndarray:
        """Features of the motion of N films, N x WIDTH."""
        parts = [films[start : start + CHUNK] for start in range(0, len(films), CHUNK)]
        return np.concatenate([self.motion_net(part)[0] for part in parts])

    def _encoded(self, films: np.ndarray) -> Tensor:
        """The frames that count, one after another, and the differences of all, as channels: N x K x h x w."""
        chosen = np.linspace(0, films.shape[1] - 1, self.count).round().astype(int)
        frames = self.frame_net.encode(films[:, chosen].reshape(-1, *films.shape[2:]))
        motion = self.motion_net.encode(films)
        return torch.cat([frames.unflatten(0, (len(films), -1)).flatten(1, 2), motion], dim=1)


class _Body(nn.Module):
    """N x (count channels + differences) x h x w -> N x 2 WIDTH features."""

    scales: Tensor

    def __init__(self, frames: nn.Module, motion: nn.Module, count: int, channels: int):
        super().__init__()
        self.frames, self.motion, self.count, self.channels = frames, motion, count, channels
        self.register_buffer("scales", torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        pictures = x[:, : self.count * self.channels].unflatten(1, (self.count, -1)).flatten(0, 1)
        frames = self.frames(pictures).unflatten(0, (-1, self.count)).mean(dim=1)
        return torch.cat([frames / self.scales[0], self.motion(x[:, self.count * self.channels :]) / self.scales[1]], 1)


class _Head(nn.Module):
    """N x 2 WIDTH features -> class logits: the sum of those by frames and of those by motion."""

    scales: Tensor

    def __init__(self, frames: nn.Module, motion: nn.Module, classes: int):
        super().__init__()
        self.frames, self.motion, self.classes = frames, motion, classes
        self.register_buffer("scales", torch.ones(2))

    def forward(self, features: Tensor) -> Tensor:
        frames, motion = features.split(WIDTH, dim=1)
        of_frames = self.frames(frames * self.scales[0]).log_softmax(dim=1)
        return of_frames + self.motion(motion * self.scales[1])[:, : self.classes].log_softmax(dim=1)


def fit_features(source: Source, seed: int, progress: Progress | None = None) -> FilmFeatures:
    """Train both networks on a source."""
    frames = picture_features.fit_features(_Frames(source), seed, progress, most=LEARNED)
    films = _Films(source, seed)
    shape = _of_differences(source.shape)
    motion = picture_features.fit_features(films, seed, progress, shape, differences, most=LEARNED)
    about = {"net": "film-conv", "shape": list(source.shape), "classes": len(source.classes), "task": "frames, motion"}
    if frames.about.get("hurried") or motion.about.get("hurried"):
        about["hurried"] = True
    net = FilmFeatures(frames, motion, about)
    count = source.count("train")
    return net.standardise(source, np.sort(make_rng(seed, "features", "scale").permutation(count)[:1000]))  # type: ignore[return-value]


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    shape, classes = tuple(about["shape"]), about["classes"]
    of_frames = {"net": "small-conv", "shape": list(shape[1:]), "classes": classes, "task": ""}
    of_motion = {**of_frames, "shape": list(_of_differences(shape)), "classes": classes + len(CHANGED) + (not classes)}
    frames, motion = picture_features.small_net(of_frames), picture_features.small_net(of_motion, differences)
    return FilmFeatures(frames, motion, about).load(tensors)


def differences(films: np.ndarray) -> np.ndarray:
    """Films, N x T x C x H x W uint8 -> what changes from frame to frame in grey, N x (T - 1) x H x W from 0 to 255."""
    grey = films.mean(axis=2, dtype=np.float32)
    return (np.diff(grey, axis=1) + 255) / 2


def _of_differences(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return shape[0] - 1, shape[2], shape[3]


class _Frames(Source):
    """FRAMES frames of every film, as pictures."""

    def __init__(self, films: Source):
        self.films, self.shape, self.classes = films, films.shape[1:], films.classes
        self.each = min(FRAMES, films.shape[0])

    def count(self, split: Split = "train") -> int:
        return self.each * self.films.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        frame = np.linspace(0, self.films.shape[0] - 1, self.each).round().astype(int)[indices % self.each]
        return self.films.values(indices // self.each, split)[np.arange(len(indices)), frame]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.films.labels(indices // self.each, split)


class _Films(Source):
    """Every film as it is, and changed in each of the ways CHANGED. Its classes: those of the films, then the ways."""

    def __init__(self, films: Source, seed: int):
        self.films, self.shape, self.seed = films, films.shape, seed
        self.unchanged = films.classes or ("as it is",)
        self.classes = (*self.unchanged, *CHANGED)

    def count(self, split: Split = "train") -> int:
        return (1 + len(CHANGED)) * self.films.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        films, ways = self.films.values(indices // (1 + len(CHANGED)), split), indices % (1 + len(CHANGED))
        rngs = (make_rng(self.seed, "changed", int(index)) for index in indices)
        return np.stack([changed(film, way, rng) for film, way, rng in zip(films, ways, rngs, strict=True)])

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        ways = indices % (1 + len(CHANGED))
        own = self.films.labels(indices // (1 + len(CHANGED)), split) if self.films.classes else np.zeros_like(indices)
        return np.where(ways == 0, own, len(self.unchanged) - 1 + ways)


def changed(film: np.ndarray, way: int, rng: np.random.Generator) -> np.ndarray:
    """A film, T x C x H x W, as it is (0) or changed in a way (1 + its place in CHANGED)."""
    count = len(film)
    if way == 1:
        return film[rng.permutation(count)]
    if way == 2:
        order, place = np.arange(count), int(rng.integers(count - 1))
        order[[place, place + 1]] = order[[place + 1, place]]
        return film[order]
    if way == 3:
        there_and_back = np.concatenate([np.arange(0, count, 2), np.arange(count - 1 - count % 2, -1, -2)])
        return film[np.resize(there_and_back, count)]
    if way == 4:
        half = np.arange(count) / 2
        whole, rest = half.astype(int), (half % 1)[:, None, None, None]
        after = np.minimum(whole + 1, count - 1)
        return np.rint((1 - rest) * film[whole] + rest * film[after]).astype(film.dtype)
    return film
