"""The GAN of films: which frames its players see."""

import numpy as np
import pytest
import torch

from sparring.algorithms import build
from sparring.algorithms.base import Batch
from sparring.algorithms.film import sparse_frames
from sparring.algorithms.step_random import StepRandom
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from sparring.networks.film import FilmDiscriminator, FilmGenerator


@pytest.mark.parametrize(("count", "frames"), [(2, 2), (3, 3), (3, 16), (5, 9), (4, 4)])
def test_frames_are_different_ascending_and_reach_both_ends(count, frames):
    uniform = torch.rand(5000, count + 1, generator=torch.Generator().manual_seed(0))
    chosen = sparse_frames(uniform, frames)
    assert chosen.shape == (5000, count) and (chosen.diff(dim=1) >= 1).all()
    assert chosen.min() == 0 and chosen.max() == frames - 1
    assert len(torch.unique(chosen[:, 0])) == frames - count + 1
    extreme = sparse_frames(torch.full((1, count + 1), 1 - 2**-24), frames)
    assert extreme[0, -1] == frames - 1 and (extreme.diff() >= 1).all()


def test_small_distances_are_as_frequent_as_twice_as_large_ones():
    chosen = sparse_frames(torch.rand(40_000, 4, generator=torch.Generator().manual_seed(0)), 17)
    span = chosen[:, -1] - chosen[:, 0]
    shares = [((span >= low) & (span < 2 * low)).float().mean().item() for low in (2, 4, 8)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.09)


def film_gan(**players):
    settings = {"batch": 4, "players.discriminator.options.width": 4, "players.generator.options.width": 4}
    recipe = with_settings(load_recipe("video"), {**settings, "algorithm.class_loss": 0, "precision": "float32"})
    shape = (6, 1, 12, 12)
    made = {
        "generator": FilmGenerator(shape, 0, 64, width=4, rank=2, clusters=2),
        "discriminator": FilmDiscriminator(shape, 0, width=4),
    }
    return build(recipe, {**made, **players})


def test_both_players_see_the_same_frames_of_real_and_generated_films():
    torch.manual_seed(0)
    gan = film_gan()
    batch = Batch(torch.randn(4, 6, 1, 12, 12), None)
    rng = StepRandom((0, 0, 0, 0, 0), 4, 0, 4, torch.device("cpu"))
    sparse = gan.sparse(batch, rng)
    assert sparse.real.shape == (4, 3, 1, 12, 12)
    for film, times, real in zip(batch.real, sparse.condition["time"].long(), sparse.real, strict=True):
        torch.testing.assert_close(film[times], real)
    torch.testing.assert_close(gan.sparse(batch, rng).real, sparse.real)
    assert gan.generate(sparse, rng).shape == sparse.real.shape
    half = StepRandom((0, 0, 0, 0, 0), 4, 2, 4, torch.device("cpu"))
    torch.testing.assert_close(gan.sparse(batch.rows(2, 4), half).real, sparse.real[2:])


@pytest.mark.parametrize("reuse", [True, False])
def test_losses_reach_the_motion_and_the_content(reuse):
    torch.manual_seed(0)
    gan = film_gan()
    batch = Batch(torch.randn(4, 6, 1, 12, 12).tanh(), None)
    gan.generator.motion_steps = 2
    gan.generator.fit(gan.generator.statistics_input(batch.real))
    rng = StepRandom((0, 0, 0, 0, 0), 4, 0, 4, torch.device("cpu"))
    if reuse:
        gan.discriminator_loss(batch, rng).loss.backward()
    gan.generator_loss(batch, rng).loss.backward()
    for name in ("down.0.weight", "bend_strength", "pose_strength"):
        gradient = dict(gan.generator.named_parameters())[name].grad
        assert gradient is not None and gradient.abs().max() > 0, name
        assert gan.generator.motion.run[0].weight.grad is None  # the places stay as they were fitted
    assert gan.lazy_penalty("discriminator", 4, batch, rng).loss > 0


def test_other_players_are_refused():
    with pytest.raises(UserError, match="use the networks film-generator and film-discriminator"):
        film_gan(generator=DCGANGenerator((1, 12, 12), 0, 64), discriminator=DCGANDiscriminator((1, 12, 12), 0))
