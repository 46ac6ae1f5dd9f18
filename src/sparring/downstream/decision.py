"""From probabilities to classes, and the scores of the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMALLEST = 1e-7  # probability that a model may give a class
SHARPNESS, TILT = (0.02, 5.0), (-3.0, 5.0)  # bounds
SPREAD = 0.5  # by which the logarithm of the sharpness is expected to differ from 0


@dataclass(frozen=True)
class Decision:
    """How probabilities are read: as p^sharpness / share^tilt for each class, scaled to a sum of 1.

    sharpness: below 1 where a model is too sure (the inverse of a temperature, Guo et al. 2017, arXiv:1706.04599).
    tilt: how far rarer classes are favoured. With two classes the decision is a threshold: 0.5 for a tilt of 0, and
    the share of the class where tilt and sharpness are equal.
    """

    sharpness: float = 1.0
    tilt: float = 0.0

    def read(self, probabilities: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Logarithms of the probabilities that are meant. probabilities: N x K. shares: of the classes, K."""
        scores = self.sharpness * _logarithms(probabilities) - self.tilt * np.log(shares)
        return scores - _log_sum(scores)[:, None]

    def classes(self, probabilities: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """The most probable class of each, N."""
        return self.read(probabilities, shares).argmax(axis=1)


def tuned(probabilities: np.ndarray, labels: np.ndarray, shares: np.ndarray, tilted: bool) -> Decision:
    """The decision with the least balanced log loss on these examples.

    The loss is convex in both numbers. It is used for choices in the place of accuracy, because it is smooth: the
    accuracy on ten examples of a class knows ten steps.

    Args:
        probabilities: N x K.
        labels: Class numbers, N.
        shares: Of the classes among real training examples, K.
        tilted: Whether rarer classes may be favoured.
    """
    from scipy.optimize import minimize

    logs, priors, weights = _logarithms(probabilities), np.log(shares), balanced_weights(labels)
    rows = np.arange(len(labels))

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        scores = point[0] * logs - point[1] * priors
        total = _log_sum(scores)
        chances = np.exp(scores - total[:, None])
        apart = np.log(point[0]) / SPREAD
        value = float(weights @ (total - scores[rows, labels])) + apart**2 / (2 * len(labels))
        sharper = float(weights @ ((chances * logs).sum(axis=1) - logs[rows, labels]))
        sharper += apart / (SPREAD * point[0] * len(labels))
        return value, np.array([sharper, float(weights @ (priors[labels] - chances @ priors))])

    bounds = [SHARPNESS, TILT if tilted else (0.0, 0.0)]
    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return Decision(float(found.x[0]), float(found.x[1]))


def log_loss(logarithms: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of the mean negative log-probability of the true class. logarithms: N x K."""
    return float(-balanced_weights(labels) @ logarithms[np.arange(len(labels)), labels])


def balanced_accuracy(right: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of the share that is right. right: N bool."""
    return float(balanced_weights(labels) @ right)


def balanced_weights(labels: np.ndarray) -> np.ndarray:
    """Weights, N, with which every class that occurs counts as much as the others. Their sum is 1."""
    present, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return 1 / (len(present) * counts[places])


def area(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The area under the ROC curve; of more than two classes the mean of those of each class against all others."""
    from sklearn.metrics import roc_auc_score

    if probabilities.shape[1] == 2:
        return float(roc_auc_score(labels == 1, probabilities[:, 1]))
    found = [roc_auc_score(labels == number, probabilities[:, number]) for number in np.unique(labels)]
    return float(np.mean(found))


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))


def _log_sum(scores: np.ndarray) -> np.ndarray:
    """The logarithm of the sum of exponentials of each row, N."""
    largest = scores.max(axis=1)
    return largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
