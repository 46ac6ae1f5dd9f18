"""Judges of pictures: a small convolutional network, and a linear model of features that photographs taught."""

from __future__ import annotations

import warnings
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from ..evaluation.extractors import efficientnet
from ..networks.initialisation import seeded
from ..networks.small_classifier import SmallClassifier
from ..util.random import derive_seed, make_rng, make_torch_rng
from .decision import Decision, log_loss
from .examples import Examples, Training
from .judge import Judge, Predict, spread
from .views import view

MAX_SIDE = 32  # pixels: larger pictures are made smaller for the network
BATCH, PASSES, LEAST_STEPS, MOST_STEPS = 64, 12, 400, 3000
CHECKS = 8  # of the validation examples during a training; the best state is kept
CHUNK = 256  # pictures in one forward pass
LEAST_VIEWS, MOST_VIEWS, VIEWS_EACH = 1000, 12_000, 4
STRENGTHS = (0.003, 0.03, 0.3)  # of the linear model: the inverse of its penalty
REMEMBERED = 3  # sets of pictures whose features are kept
SMALL_PICTURE, SMALL_SIDE = 64, 64  # pictures up to this side are shown to the features at this side


class SmallNetwork(Judge):
    """A convolutional network of about 20,000 weights, on pictures of at most MAX_SIDE pixels.

    steps: of Adam with a cosine schedule, the same for each arm.
    """

    name, title = "network", "small convolutional network"

    def __init__(self, shape: tuple[int, ...], steps: int):
        channels, height, width = shape
        scale = min(1.0, MAX_SIDE / max(height, width))
        self.steps = steps
        self.shape = (channels, max(8, round(height * scale)), max(8, round(width * scale)))

    def fit(self, training: Training, validation: Examples, classes: int, seed: int) -> Predict:
        net = seeded(derive_seed(seed, "judge", "start"), lambda: SmallClassifier(self.shape, classes))
        pictures, labels = self._tensor(training.examples.values), torch.from_numpy(training.examples.labels)
        chosen = self._tensor(validation.values)
        optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        best, state = np.inf, {name: value.clone() for name, value in net.state_dict().items()}
        with torch.random.fork_rng([]):
            torch.manual_seed(derive_seed(seed, "judge", "dropout"))
            rng = make_torch_rng(seed, "judge", "batches")
            for step in range(1, self.steps + 1):
                picked = torch.randint(len(pictures), (BATCH,), generator=rng)
                net.train()
                shown = view(pictures[picked], training.classic, rng)
                loss = cross_entropy(net(shown), labels[picked], label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                if step % max(1, self.steps // CHECKS) == 0:
                    reached = _loss(_probabilities(net, chosen), validation.labels)
                    if reached < best:
                        best, state = reached, {name: value.clone() for name, value in net.state_dict().items()}
        net.load_state_dict(state)
        return lambda values: _probabilities(net, self._tensor(values))

    def _tensor(self, values: np.ndarray) -> Tensor:
        parts = torch.from_numpy(np.ascontiguousarray(values)).split(CHUNK)
        return torch.cat([self._small(part.float() / 127.5 - 1) for part in parts])

    def _small(self, pictures: Tensor) -> Tensor:
        if pictures.shape[2:] == self.shape[1:]:
            return pictures
        return interpolate(pictures, self.shape[1:], mode="bilinear", align_corners=False, antialias=True)


@torch.no_grad()
def _probabilities(net: nn.Module, pictures: Tensor) -> np.ndarray:
    net.eval()
    return np.concatenate([net(part).softmax(dim=1).numpy() for part in pictures.split(CHUNK)])


class FeatureProbe(Judge):
    """Logistic regression of the features of EfficientNet-Lite0, a network that knows photographs.

    views: of the examples that it learns from, the same number for each arm.
    """

    name, title = "probe", "linear model of EfficientNet-Lite0 features"

    def __init__(self, shape: tuple[int, ...], views: int):
        side = SMALL_SIDE if max(shape[1:]) <= SMALL_PICTURE else efficientnet.SIDE
        self.views, self._net = views, efficientnet.EfficientNetFeatures(side=side)
        self._known: dict[bytes, np.ndarray] = {}

    def fit(self, training: Training, validation: Examples, classes: int, seed: int) -> Predict:
        from sklearn.exceptions import ConvergenceWarning

        features, labels = self._seen(training, seed)
        mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
        chosen, best, model = (self._remembered(validation.values) - mean) / deviation, np.inf, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a bound on the steps, the same for each arm
            for strength in STRENGTHS:
                tried = _logistic(strength).fit((features - mean) / deviation, labels)
                reached = _loss(spread(tried.predict_proba(chosen), tried.classes_, classes), validation.labels)
                if reached < best:
                    best, model = reached, tried
        assert model is not None

        def predict(values: np.ndarray) -> np.ndarray:
            found = model.predict_proba((self._remembered(values) - mean) / deviation)
            return spread(found, model.classes_, classes)

        return predict

    def _seen(self, training: Training, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The features and classes of `views` views, each example as often as the others, but for one."""
        values, labels = training.examples
        picked = np.resize(make_rng(seed, "judge", "views").permutation(len(values)), self.views)
        if training.classic == "none":
            different, places = np.unique(picked, return_inverse=True)
            return self._features(values[different])[places], labels[picked]
        rng, found = make_torch_rng(seed, "judge", "views"), []
        for part in np.array_split(picked, -(-len(picked) // CHUNK)):
            pictures = torch.from_numpy(np.ascontiguousarray(values[part])).float()
            found.append(self._features(view(pictures, training.classic, rng).clamp(0, 255).numpy()))
        return np.concatenate(found), labels[picked]

    def _remembered(self, values: np.ndarray) -> np.ndarray:
        """The features of values that every fit asks for: validation and test examples."""
        key = sha256(values.tobytes()).digest()
        if key not in self._known:
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._features(values)
        return self._known[key]

    def _features(self, values: np.ndarray) -> np.ndarray:
        return self._net(values).features


def _logistic(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=100)


def _loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """By which the best state of a model is chosen."""
    return log_loss(Decision().read(probabilities, np.ones(probabilities.shape[1])), labels)


def picture_judges(shape: tuple[int, ...], count: int) -> tuple[Judge, ...]:
    """The judges for pictures of this shape. count: of real training examples, from which the steps follow."""
    steps = int(np.clip(PASSES * count / BATCH, LEAST_STEPS, MOST_STEPS))
    views = int(np.clip(VIEWS_EACH * count, LEAST_VIEWS, MOST_VIEWS))
    return SmallNetwork(shape, steps), FeatureProbe(shape, views)
