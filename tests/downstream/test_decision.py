"""Decisions that are tuned on validation examples, and the scores by which is chosen."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from sparring.downstream.decision import Decision, area, balanced_accuracy, balanced_weights, tuned
from sparring.downstream.decision import log_loss as own_loss


def problem(rng, rare=0.1, count=4000):
    """Probabilities of a model that knows the truth, labels drawn from them, and the shares of the classes."""
    labels = (rng.random(count) < rare).astype(int)
    x = rng.normal(size=count) + 2 * labels
    odds = np.exp(2 * x - 2) * rare / (1 - rare)
    chances = odds / (1 + odds)
    return np.stack([1 - chances, chances], axis=1), labels, np.array([1 - rare, rare])


def test_tuning_finds_the_threshold_of_balanced_accuracy(rng):
    """True probabilities are best cut at the share of the class: sharpness 1, tilt 1 (Elkan 2001)."""
    probabilities, labels, shares = problem(rng)
    found = tuned(probabilities, labels, shares, tilted=True)
    assert found.sharpness == pytest.approx(1, abs=0.15)
    assert found.tilt == pytest.approx(1, abs=0.15)
    best = balanced_accuracy((probabilities[:, 1] > shares[1]) == labels, labels)
    assert balanced_accuracy(found.classes(probabilities, shares) == labels, labels) == pytest.approx(best, abs=0.01)


def test_a_model_that_is_too_sure_is_blunted(rng):
    probabilities, labels, shares = problem(rng, rare=0.5)
    sure = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert tuned(sure, labels, shares, tilted=False).sharpness == pytest.approx(1 / 3, abs=0.05)
    assert tuned(sure, labels, shares, tilted=False).tilt == 0


def test_the_minimum_is_one(rng):
    probabilities, labels, shares = problem(rng, count=300)
    found = tuned(probabilities, labels, shares, tilted=True)

    def loss(sharpness, tilt):
        return own_loss(Decision(sharpness, tilt).read(probabilities, shares), labels)

    here = loss(found.sharpness, found.tilt)
    around = [loss(found.sharpness + a, found.tilt + b) for a, b in ((0.2, 0), (-0.2, 0), (0, 0.2), (0, -0.2))]
    assert min(around) > here - 1e-3


def test_the_usual_decision_is_the_most_probable_class(rng):
    probabilities = rng.dirichlet(np.ones(4), 50)
    assert (Decision().classes(probabilities, np.array([0.4, 0.3, 0.2, 0.1])) == probabilities.argmax(axis=1)).all()
    assert np.exp(Decision(0.7, 0.4).read(probabilities, np.full(4, 0.25))).sum(axis=1) == pytest.approx(1)


def test_scores_equal_those_of_scikit_learn(rng):
    probabilities, labels, _ = problem(rng, count=200)
    predicted = probabilities.argmax(axis=1)
    assert balanced_accuracy(predicted == labels, labels) == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert area(probabilities, labels) == pytest.approx(roc_auc_score(labels, probabilities[:, 1]))
    weighted = log_loss(labels, probabilities, sample_weight=balanced_weights(labels))
    assert own_loss(np.log(probabilities), labels) == pytest.approx(weighted)
    many, classes = rng.dirichlet(np.ones(3), 300), rng.integers(0, 3, 300)
    assert area(many, classes) == pytest.approx(roc_auc_score(classes, many, multi_class="ovr"))


def test_probabilities_of_zero_are_survived():
    certain = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    found = tuned(certain, np.array([0, 1, 1, 1]), np.array([0.5, 0.5]), tilted=True)
    assert np.isfinite([found.sharpness, found.tilt]).all()
