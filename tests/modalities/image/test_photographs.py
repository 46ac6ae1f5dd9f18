"""Features of colour pictures without labels: what a network that knows photographs sees in them."""

from __future__ import annotations

import numpy as np
import pytest

from smoke import ArraySource
from sparring import modalities
from sparring.metrics.kernel import kernel_distance
from sparring.modalities.image import photographs

IMAGE, COLOUR = modalities.get("image"), (3, 32, 32)


@pytest.fixture(scope="module")
def fitted():
    source = ArraySource(COLOUR, classes=0, train=80, test=40)
    return source, IMAGE.fit_features(source, 1)


def blurred(pictures):
    return sum(np.roll(pictures.astype(float), shift, axis) / 6 for axis in (2, 3) for shift in (-1, 0, 1))


def test_blurred_pictures_are_farther_from_held_out_ones_than_training_pictures(fitted):
    source, net = fitted
    held_out, training = source.values(np.arange(40), "test"), source.values(np.arange(80), "train")
    real = kernel_distance(net(training)[0], net(held_out)[0])
    assert kernel_distance(net(blurred(training).astype(np.uint8))[0], net(held_out)[0]) > real + 0.1


def test_features_of_training_pictures_have_mean_0_and_mean_variance_1(fitted):
    source, net = fitted
    features, classes = net(source.values(np.arange(80)))
    assert features.shape == (80, 64) and classes is None
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-4)
    assert features.var(axis=0).mean() == pytest.approx(1, rel=1e-4)


def test_they_come_back_from_what_is_stored_without_the_frozen_weights(fitted):
    source, net = fitted
    assert sum(value.numel() for value in net.tensors().values()) < 100_000
    again = IMAGE.features_from(net.about, net.tensors())
    values = source.values(np.arange(10), "test")
    np.testing.assert_array_equal(again(values)[0], net(values)[0])
    assert again.identity() == net.identity()


def test_three_pictures_have_two_components():
    net = IMAGE.fit_features(ArraySource(COLOUR, classes=0, train=3), 1)
    assert net.about["width"] == 2


@pytest.mark.parametrize(
    ("shape", "classes", "suits"),
    [(COLOUR, 0, True), (COLOUR, 3, False), ((1, 32, 32), 0, False), ((3, 28, 32), 0, False), ((4, 32, 32), 0, False)],
)
def test_only_colour_pictures_without_labels_get_them(shape, classes, suits):
    assert photographs.suits(ArraySource(shape, classes)) == suits


def test_without_the_weights_features_are_learned(monkeypatch):
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    assert not photographs.suits(ArraySource(COLOUR, classes=0))
