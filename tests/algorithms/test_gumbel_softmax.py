"""The game through relaxed tokens, after RelGAN."""

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

import text_samples
from smoke import smoke_settings, trainer
from sparring.algorithms import Batch
from sparring.algorithms.gumbel_softmax import GumbelSoftmax, inverse_temperature
from sparring.algorithms.step_random import StepRandom
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.networks import DiscriminatorOutput, Generator, LanguageModel
from sparring.networks.text import TextGenerator, TextLayout


def test_the_inverse_temperature_grows_by_a_constant_factor_in_the_game():
    """RelGAN, section 2.2: beta_n = beta_max^(n / N), with n counted from where the game begins."""
    recipe = with_settings(load_recipe("text-gumbel"), {"examples": 1000, "algorithm.pretrain_fraction": 0.6})
    found = [inverse_temperature(recipe, examples) for examples in (0, 600, 700, 800, 900, 1000, 2000)]
    assert found == pytest.approx([1, 1, 100**0.25, 10, 100**0.75, 100, 100])


def test_both_players_see_the_same_relaxed_samples(tmp_path):
    settings = {"algorithm.pretrain_fraction": 0.0, "algorithm.adversarial_interval": 1}
    ours = trainer(text_samples.source(60, "auto"), "text-gumbel", tmp_path, **settings)
    algorithm, seen = ours.shards.copies[0], []
    assert isinstance(algorithm, GumbelSoftmax)
    judge = algorithm.discriminator.forward
    algorithm.discriminator.forward = lambda sample, condition: seen.append(sample.detach()) or judge(sample, condition)
    ours.step()
    relaxed = [sample for sample in seen if sample.ndim == 3]
    assert len(relaxed) == 2 and torch.equal(*relaxed)
    assert relaxed[0].shape[2] == algorithm.generator.layout.vocabulary


def test_the_generator_learns_what_the_discriminator_prefers():
    """The discriminator counts a token; through relaxed samples alone that token becomes likely."""
    generator = TextGenerator((2,), 0, 1, TextLayout(4, 4), width=8, embedding=4, dropout=0.0)
    recipe = with_settings(load_recipe("text-gumbel"), {**smoke_settings("text-gumbel"), "batch": 64, "shards": 1})

    class Counting(nn.Module):
        def forward(self, sample, condition=None):
            shares = sample if sample.ndim == 3 else one_hot(sample.long(), 4).float()
            return DiscriminatorOutput(3 * shares[:, 0, 2])

    algorithm = GumbelSoftmax(recipe, {"generator": generator, "discriminator": Counting()})
    preferred = torch.tensor([[2.0, 0.0]])

    def likely():
        return generator.log_likelihood(preferred)[0, 0].exp().item()

    before, optimizer = likely(), torch.optim.Adam(generator.parameters(), 0.02)
    for step in range(60):
        rng = StepRandom((1, step), 64, 0, 64, torch.device("cpu"))
        optimizer.zero_grad()
        algorithm.generator_loss(Batch(torch.ones(64, 2), None), rng).loss.backward()
        optimizer.step()
    assert likely() > max(0.8, 2 * before)


class Known(Generator, LanguageModel):
    """Knows likelihoods, and has no relaxed samples."""

    def log_likelihood(self, samples, condition=None):
        return samples


def test_a_generator_without_relaxed_samples_is_refused():
    recipe = with_settings(load_recipe("text-gumbel"), {"batch": 4, "precision": "float32"})
    with pytest.raises(UserError, match="no relaxed samples"):
        GumbelSoftmax(recipe, {"generator": Known(), "discriminator": nn.Identity()})
