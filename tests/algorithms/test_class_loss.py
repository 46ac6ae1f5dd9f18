"""The auxiliary classifier: of reals and fakes as Odena et al. have it, or of reals alone."""

import copy

import pytest
import torch
from torch.nn.functional import cross_entropy

from smoke import smoke_settings, trainer
from sparring.algorithms import StepRandom
from sparring.config.reading import load_recipe, with_settings
from sparring.training.autoconfig import Choices, rules

CPU = torch.device("cpu")


@pytest.mark.parametrize("fakes", [True, False])
def test_the_classifier_learns_from_fakes_only_if_asked(bars, tmp_path, fakes):
    ours = trainer(bars, "acgan", tmp_path, **{"algorithm.classify_fakes": fakes, "algorithm.class_loss": 0.5})
    algorithm, batch, rng = ours.algorithm, ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    for player in algorithm.players.values():
        player.eval()
    loss = algorithm.discriminator_loss(batch, rng).loss
    step = algorithm._discriminator_step(batch, rng)
    label = batch.condition["class"]
    expected = algorithm.objective.discriminator(step.on_real.logits, step.on_fake.logits)
    expected = expected + 0.5 * cross_entropy(step.on_real.class_logits, label)
    if fakes:
        expected = expected + 0.5 * cross_entropy(step.on_fake.class_logits, label)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("labels", [True, False])
def test_an_open_weight_is_none_without_labels(bars, labels):
    choices = Choices(with_settings(load_recipe("projected"), smoke_settings("projected")))
    source = copy.copy(bars)
    if not labels:
        source.classes = []
    rules.classes(choices, source)
    assert choices.recipe.algorithm.class_loss == (0.3 if labels else 0)


def test_a_stated_weight_stays(bars):
    choices = Choices(with_settings(load_recipe("acgan"), smoke_settings("acgan")))
    rules.classes(choices, bars)
    assert choices.recipe.algorithm.class_loss == 1


def test_samples_of_a_class_that_is_seen_well_enough_are_not_pushed_further(bars, tmp_path):
    settings = {"algorithm.class_loss": 0.5, "algorithm.class_confidence": 0.3}
    ours = trainer(bars, "acgan", tmp_path, **settings)
    algorithm, batch, rng = ours.algorithm, ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    for player in algorithm.players.values():
        player.eval()
    loss = algorithm.generator_loss(batch, rng).loss
    step = algorithm._generator_step(batch, rng)
    chances = step.on_fake.class_logits.softmax(dim=1)[torch.arange(16), batch.condition["class"]]
    assert 0 < (chances < 0.3).sum() < 16
    expected = algorithm._adversarial_term(step) + 0.5 * (0.3 / chances).log().clamp(min=0).mean()
    torch.testing.assert_close(loss, expected)
