import copy

import pytest
import torch

import text_samples
from smoke import smoke_settings, trainer
from sparring import algorithms
from sparring.algorithms import Batch
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.networks import DiscriminatorOutput
from sparring.networks.mlp import MLPGenerator
from sparring.networks.text import TextGenerator, TextLayout


def test_the_discriminator_starts_after_the_likelihood(tmp_path):
    made = trainer(text_samples.source(), "text", tmp_path, **{"algorithm.pretrain_fraction": 0.5})
    likelihood, discriminator, weighted = made.phases
    assert [phase.players for phase in made.phases] == [("generator",), ("discriminator",), ("generator",)]
    before = copy.deepcopy(made.players["discriminator"].state_dict())
    made.step()
    after = made.players["discriminator"].state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert made.all_players_from == 48  # half of 96 examples
    while not made.done:
        made.step()
    after = made.players["discriminator"].state_dict()
    assert not all(torch.equal(before[name], after[name]) for name in before)


def test_both_players_learn_from_the_same_samples(tmp_path):
    made = trainer(text_samples.source(), "text", tmp_path, **{"algorithm.pretrain_fraction": 0.0})
    seen = []
    algorithm = made.shards.copies[0]
    real_loss, weights = algorithm.discriminator.forward, algorithm._weights
    algorithm.discriminator.forward = lambda sample, condition: seen.append(sample) or real_loss(sample, condition)
    algorithm._weights = lambda samples, batch: seen.append(samples) or weights(samples, batch)
    made.step()
    _, fake, learned, judged = seen  # real and fake by the discriminator's loss; the same by the generator's
    assert torch.equal(fake, learned) and torch.equal(learned, judged)


def game(steps):
    """A game about two one-token texts whose discriminator is perfect: its logit is the log-ratio of p to q."""
    generator = TextGenerator((2,), 0, 1, TextLayout(3, 3), width=4, embedding=4, dropout=0.0)
    settings = {**smoke_settings("text"), "batch": 256, "shards": 1}
    recipe = with_settings(load_recipe("text"), settings)
    texts = torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    p = torch.tensor([0.8, 0.2])

    class Perfect(torch.nn.Module):
        def forward(self, sample, condition=None):
            q = generator.log_likelihood(texts).sum(dim=1).exp().detach()
            of_first = (sample == texts[0]).all(dim=1)
            of_second = (sample == texts[1]).all(dim=1)
            ratios = torch.where(of_first, p[0] / q[0], torch.where(of_second, p[1] / q[1], torch.tensor(1e-6)))
            return DiscriminatorOutput(ratios.log())

    algorithm = algorithms.build(recipe, {"generator": generator, "discriminator": Perfect()})
    optimizer = torch.optim.Adam(generator.parameters(), lr=0.03)
    for step in range(steps):
        batch = Batch(texts[:1].expand(256, 2), None)
        rng = algorithms.StepRandom((0, step), 256, 0, 256, torch.device("cpu"))
        optimizer.zero_grad()
        algorithm.generator_loss(batch, rng).loss.backward()
        optimizer.step()
    return generator.log_likelihood(texts).sum(dim=1).exp().tolist()


def test_with_a_perfect_discriminator_the_weights_alone_find_the_distribution():
    first, second = game(300)
    assert first == pytest.approx(0.8, abs=0.06) and second == pytest.approx(0.2, abs=0.06)


def test_a_generator_that_knows_no_likelihood_is_refused():
    recipe = with_settings(
        load_recipe("text"), {**smoke_settings("text"), "players.generator.network": "mlp-generator"}
    )
    players = {"generator": MLPGenerator((2,), 0, 1), "discriminator": torch.nn.Linear(1, 1)}
    with pytest.raises(UserError, match="does not know how likely"):
        algorithms.build(recipe, players)
