"""Judges learn, give the same for the same seed, and get equal numbers of steps and views."""

import numpy as np
import pytest
import torch

import downstream_samples as samples
from sparring.downstream.examples import Examples, Training
from sparring.downstream.judge import spread
from sparring.downstream.picture_judges import FeatureProbe, SmallNetwork, picture_judges
from sparring.downstream.views import CLASSIC, view
from sparring.networks.small_classifier import SmallClassifier


def pictures(bars, first, last):
    places = np.arange(first, last)
    return Examples(bars.values(places), bars.labels(places))


@pytest.mark.parametrize("make", [lambda shape: SmallNetwork(shape, 60), lambda shape: FeatureProbe(shape, 90)])
def test_judges_of_pictures_learn_and_repeat(bars, make):
    train, validation, test = (pictures(bars, *ends) for ends in ((0, 60), (60, 90), (90, 120)))
    judge = make(bars.shape)
    one, same, other = (judge.fit(Training(train, "gentle"), validation, 3, seed)(test.values) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.shape == (30, 3)
    assert one.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (one.argmax(axis=1) == test.labels).mean() > 0.9


def test_a_fit_leaves_the_random_numbers_of_others_alone(bars):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    SmallNetwork(bars.shape, 2).fit(Training(pictures(bars, 0, 9)), pictures(bars, 9, 30), 3, 0)
    assert torch.equal(torch.rand(1), expected)


def test_steps_follow_from_the_real_examples_alone():
    few, many = picture_judges((1, 8, 8), 100), picture_judges((3, 40, 80), 10_000)
    assert (few[0].steps, few[1].views) == (400, 1000)
    assert (many[0].steps, many[1].views) == (1875, 12_000)
    assert many[0].shape == (3, 16, 32)


def test_the_probe_sees_each_example_as_often_as_the_others(bars):
    probe = FeatureProbe(bars.shape, 100)
    features, labels = probe._seen(Training(pictures(bars, 0, 30)), 0)
    assert len(features) == len(labels) == 100
    _, counts = np.unique(features, axis=0, return_counts=True)
    assert set(counts) == {3, 4}


@pytest.mark.parametrize("judge", [samples.Trees, samples.Linear])
def test_judges_of_rows_do_not_see_the_class(rng, judge):
    train, test = samples.rows(rng, [80, 80]), samples.rows(rng, [200, 200])
    model = judge(samples.NUMERIC, samples.INPUTS).fit(Training(train), test, 2, 0)
    told, blind = test.values, test.values.copy()
    blind[:, -1] = np.nan
    assert np.array_equal(model(told), model(blind))
    assert (model(blind).argmax(axis=1) == test.labels).mean() > 0.6
    heavy = judge(samples.NUMERIC, samples.INPUTS).fit(
        Training(train, weights=np.where(train.labels == 1, 50.0, 1.0)), test, 2, 0
    )
    assert heavy(blind)[:, 1].mean() > model(blind)[:, 1].mean() + 0.03


def test_classes_that_a_model_never_saw_get_no_probability():
    found = spread(np.array([[0.25, 0.75]]), np.array([0, 2]), 4)
    assert found.tolist() == [[0.25, 0.0, 0.75, 0.0]]


def test_views_are_what_their_names_say():
    ramp = torch.linspace(0, 1, 16).expand(64, 1, 16, 16).clone()
    shown = {name: view(ramp, name, torch.Generator().manual_seed(0)) for name in CLASSIC}
    assert torch.equal(shown["none"], ramp)
    rising = {name: (each[:, 0, 8, 12] > each[:, 0, 8, 3]) for name, each in shown.items()}
    assert rising["gentle"].all() and rising["strong"].all()
    assert 16 < int(rising["mirrored"].sum()) < 48
    change = {name: float((each - ramp).abs().mean()) for name, each in shown.items()}
    assert 0 < change["gentle"] < change["strong"]
    assert torch.equal(view(ramp, "strong", torch.Generator().manual_seed(0)), shown["strong"])


@pytest.mark.parametrize(
    ("shape", "parameters"),
    [
        # Convolutions 9 * (C * 16 + 16 * 32 + 32 * 32), scales and shifts 2 * (16 + 32 + 32), dense 320 a place + 10.
        ((1, 28, 28), 9 * (16 + 512 + 1024) + 160 + 9 * 320 + 10),
        ((3, 32, 32), 9 * (48 + 512 + 1024) + 160 + 16 * 320 + 10),
        ((1, 8, 8), 9 * (16 + 512 + 1024) + 160 + 320 + 10),
        ((3, 8, 20), 9 * (48 + 512 + 1024) + 160 + 2 * 320 + 10),
    ],
)
def test_the_small_network_takes_pictures_of_any_shape(shape, parameters):
    net = SmallClassifier(shape, 10)
    assert sum(each.numel() for each in net.parameters()) == parameters
    assert net(torch.zeros(2, *shape)).shape == (2, 10)
