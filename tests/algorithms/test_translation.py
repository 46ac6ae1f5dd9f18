"""The games of pictures into pictures: their losses by hand, who learns, and what is remembered."""

import copy

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from smoke import ArraySource, pair_source, smoke_settings, trainer
from sparring import algorithms, api, modalities
from sparring.algorithms import Batch
from sparring.algorithms.cut import patch_loss
from sparring.algorithms.cyclegan import Pool
from sparring.algorithms.translation import cross_entropy
from sparring.callbacks.progress import Silent
from sparring.config.recipe import load_recipe, with_settings
from sparring.errors import UserError
from sparring.modalities.pairs.derived import Unpaired
from sparring.training.assembly import build_players
from sparring.training.loader import batch_of
from sparring.training.step_random import TurnDraws

CPU = torch.device("cpu")


def game(recipe, source, **settings):
    recipe = with_settings(load_recipe(recipe), {**smoke_settings(recipe), **settings})
    codec = modalities.get("pairs").fit_codec(source, recipe.value_range)
    players = build_players(recipe, codec, 0, CPU)
    return algorithms.build(recipe, players), batch_of(source, codec, np.arange(4), "train")


def draws():
    return TurnDraws((0, 0, 0), 4, 0, 4, CPU)


def test_the_generator_s_loss_is_that_of_the_paper():
    """-log D(x, G(x)) + 100 |y - G(x)|, Isola et al. 2017, eq. 4, with the non-saturating form."""
    ours, batch = game("pix2pix", pair_source())
    made = ours.generator(batch.condition["input"])
    verdict = ours.discriminator(made, batch.condition)
    expected = softplus(-verdict.logits).mean() + 100 * (made - batch.real).abs().mean()
    torch.testing.assert_close(ours.generator_loss(batch, draws()).loss, expected)


def test_features_are_matched():
    ours, batch = game("layout", pair_source(label_maps="input"))
    made = ours.generator(batch.condition["input"])
    fake, real = (ours.discriminator(each, batch.condition) for each in (made, batch.real))
    matched = sum((a - b).abs().mean() for a, b in zip(fake.features, real.features, strict=True))
    expected = 0.5 * (fake.logits - 1).square().mean() + 10 * (made - batch.real).abs().mean() + 2.5 * matched
    torch.testing.assert_close(ours.generator_loss(batch, draws()).loss, expected)


def test_cross_entropy_counts_pixels_of_a_class_alone():
    logits = torch.tensor([[[[2.0, 0.0]], [[0.0, 0.0]]]])  # 1 x 2 classes x 1 x 2
    maps = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]]]])  # the second pixel is of no class
    torch.testing.assert_close(cross_entropy(logits, maps), torch.tensor(np.log(1 + np.exp(-2.0)), dtype=torch.float32))
    assert cross_entropy(logits, torch.zeros_like(maps)) == 0
    torch.manual_seed(0)
    many, truth = torch.randn(4, 3, 5, 5), torch.nn.functional.one_hot(torch.randint(3, (4, 5, 5)), 3).permute(0, 3, 1, 2).float()
    truth[:2, :, :4] = 0
    halves = (cross_entropy(many[:2], truth[:2]) + cross_entropy(many[2:], truth[2:])) / 2
    torch.testing.assert_close(cross_entropy(many, truth), halves)  # so that a batch may be split


def test_the_judge_of_maps_sees_shares_where_the_truth_says_something():
    ours, batch = game("segment", pair_source(label_maps="output"))
    batch.real[:, :, :3] = 0  # of no class
    seen = ours.as_judged(ours.generate(batch, draws()), batch)
    assert seen[:, :, :3].abs().max() == 0
    torch.testing.assert_close(seen[:, :, 3:].sum(dim=1), torch.ones_like(seen[:, 0, 3:]))


def test_without_a_verdict_only_the_generator_learns():
    ours, batch = game("segment", pair_source(label_maps="output"), **{"fidelity.adversarial": 0})
    (turn,) = ours.turns()
    assert turn.learners == ("generator",)
    torch.testing.assert_close(turn.loss(batch, draws()).loss, cross_entropy(ours.generator(batch.condition["input"]), batch.real))


def test_a_run_without_an_opponent(tmp_path):
    settings = {**smoke_settings("segment", images=32), "fidelity.adversarial": 0}
    run = api.train(pair_source(label_maps="output"), "segment", tmp_path / "run", settings=settings, device="cpu", listener=Silent())
    assert run.log()[-1]["event"] == "final"


def test_a_rare_opponent_plays_in_every_fourth_step_and_counts_four_times(tmp_path):
    rare = {"fidelity": {"adversarial": 0.3, "l1": 1.0, "every": 4}}
    ours, batch = game("pix2pix", pair_source(), **rare)
    assert [(turn.title, turn.every, turn.fresh) for turn in ours.turns()] == [
        ("generator", 1, True), ("discriminator", 4, False), ("adversarial", 4, False),
    ]  # fmt: skip
    apart = ours.fidelity_loss(batch, draws()).loss + ours.adversarial_loss(batch, draws()).loss / 4
    torch.testing.assert_close(apart, ours.generator_loss(batch, draws()).loss)
    trained = trainer(pair_source(), "pix2pix", tmp_path, batch=4, **rare)
    judge = [value.clone() for value in trained.game.discriminator.parameters()]

    def moved():
        return any(not torch.equal(*pair) for pair in zip(judge, trained.game.discriminator.parameters(), strict=True))

    trained.steps = 1  # as if the first step, which they all take, had been
    for _ in range(3):
        trained.step()
    assert not moved() and trained.images == 12
    trained.step()
    assert moved() and trained.images == 16
    assert trained.shares == {"generator": 1.0, "discriminator": 1.0}


def test_an_opponent_that_comes_later_rests_until_then(tmp_path):
    late = {"fidelity": {"adversarial": 0.3, "l1": 1.0, "every": 2, "alone": 0.5}, "images": 64}
    trained = trainer(pair_source(), "pix2pix", tmp_path, batch=4, **late)
    judge = [value.clone() for value in trained.game.discriminator.parameters()]
    moved = []
    while trained.images < 48:
        trained.step()
        moved.append(any(not torch.equal(*pair) for pair in zip(judge, trained.game.discriminator.parameters(), strict=True)))
    assert moved == [False] * 8 + [True] * 4
    assert trained.complete == 32
    with pytest.raises(UserError, match="set fidelity.every to 2"):
        with_settings(load_recipe("pix2pix"), {"fidelity.alone": 0.5})


def test_weights_of_nothing_are_refused():
    with pytest.raises(UserError, match="fidelity weighs nothing"):
        with_settings(load_recipe("segment"), {"fidelity": {"adversarial": 0}})
    with pytest.raises(UserError, match="nothing to learn from in between"):
        with_settings(load_recipe("pix2pix"), {"fidelity": {"adversarial": 1, "every": 2}})
    with pytest.raises(UserError, match="no repeats, begin or lazy penalties"):
        with_settings(load_recipe("restore-denoise"), {"players.discriminator.penalties": {"r1": {"weight": 1.0, "every": 16}}})


class Negative(torch.nn.Module):
    def forward(self, picture):
        return -picture


def test_who_goes_there_and_back_comes_home():
    source = Unpaired(ArraySource((1, 8, 8), 2, 40, 10), "class 0", "class 1")
    ours, batch = game("cyclegan", source, identity=0.0)
    ours.there = ours.back = Negative()
    outcome = ours.generator_loss(batch, draws())
    assert outcome.shown["fidelity.cycle"] == 0
    verdicts = [ours.players["discriminator"](-batch.condition["input"], None), ours.players["discriminator_back"](-batch.real, None)]
    torch.testing.assert_close(outcome.loss, sum(0.5 * (verdict.logits - 1).square().mean() for verdict in verdicts))


def test_the_judges_lose_on_both_sides():
    source = Unpaired(ArraySource((1, 8, 8), 2, 40, 10), "class 0", "class 1")
    ours, batch = game("cyclegan", source, pool=0)
    made = {"there": ours.there(batch.condition["input"]), "back": ours.back(batch.real)}
    expected = 0.0
    for judge, real, fake in (
        ("discriminator", batch.real, made["there"]),
        ("discriminator_back", batch.condition["input"], made["back"]),
    ):
        on_real, on_fake = (ours.players[judge](each, None).logits for each in (real, fake))
        expected = expected + 0.5 * ((on_real - 1).square().mean() + on_fake.square().mean())
    torch.testing.assert_close(ours.discriminator_loss(batch, draws()).loss, expected)


def test_patches_are_found_among_the_others():
    """Park et al. 2020, eq. 3, for two patches: -log of the right one's share."""
    key = torch.eye(2)[None]
    query = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    shares = [1 / (1 + np.exp(-1 / 0.07)), 1 / (1 + np.exp((0.6 - 0.8) / 0.07))]
    torch.testing.assert_close(patch_loss(query, key), torch.tensor(-np.log(shares).mean(), dtype=torch.float32))


def test_the_one_way_loss_falls_where_patches_stay():
    source = Unpaired(ArraySource((3, 16, 16), 2, 40, 10), "class 0", "class 1")
    ours, batch = game("cut", source)
    given = batch.condition["input"]
    assert len(ours.generator.patch_features(given)) == len(ours.generator.patch_heads) == 4
    assert ours.contrast(given, given, draws(), "x") < ours.contrast(given, given.flip(0, 3), draws(), "x")
    outcome = ours.generator_loss(batch, draws())
    verdict = ours.discriminator(ours.generator(given), None).logits
    parts = 0.5 * (outcome.shown["fidelity.contrast"] + outcome.shown["fidelity.identity"])
    torch.testing.assert_close(outcome.loss.detach(), (0.5 * (verdict - 1).square().mean() + parts).detach())
    with pytest.raises(UserError, match="no heads"):
        game("cut", source, **{"players.generator.options.patch_head_width": 0})


def test_the_pool_shows_old_pictures_half_of_the_time():
    pool = Pool(3)
    first = torch.arange(3.0)[:, None]
    torch.testing.assert_close(pool(first, torch.full((3, 2), 0.9)), first)  # filled
    shown = pool(torch.tensor([[10.0], [11.0]]), torch.tensor([[0.4, 0.5], [0.6, 0.0]]))
    assert shown.flatten().tolist() == [1.0, 11.0]
    assert sorted(pool.kept.flatten().tolist()) == [0.0, 2.0, 10.0]
    before = copy.deepcopy(pool.kept)
    kept = pool.kept
    pool(torch.tensor([[20.0]]), torch.tensor([[0.1, 0.0]]))
    torch.testing.assert_close(kept, before)  # what a checkpoint holds is not written over


def test_a_side_is_named_for_pairs_only(tmp_path):
    with pytest.raises(UserError, match="--input names one side of pairs"):
        api.train(
            ArraySource(classes=0),
            "restore-denoise",
            tmp_path / "run",
            input="x",
            settings=smoke_settings("restore-denoise"),
            listener=Silent(),
        )


@pytest.mark.parametrize(
    ("recipe", "source", "words"),
    [
        ("segment", pair_source(), "use pix2pix"),
        ("pix2pix", pair_source(label_maps="output"), "has none as its output; use segment"),
        ("dcgan", pair_source(), "is for image"),
        ("cyclegan", ArraySource(classes=3), "name two classes"),
        ("pix2pix", ArraySource(), "is for pairs"),
    ],
)
def test_data_of_another_kind_is_refused(recipe, source, words, tmp_path):
    with pytest.raises(UserError, match=words):
        api.train(source, recipe, tmp_path / "run", settings=smoke_settings(recipe), listener=Silent())


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [
        ("dcgan", {"players.discriminator.network": "patch-discriminator", "players.discriminator.options": {}}, "has no inputs"),
        ("cyclegan", {"players.discriminator.options.conditional": True}, "conditional=false"),
        ("cut", {"players.discriminator.options.conditional": True}, "conditional=false"),
        ("segment", {"fidelity.l1": 1.0}, "use cross_entropy"),
    ],
)
def test_networks_and_losses_that_do_not_fit_a_game_are_refused(recipe, settings, words, tmp_path):
    source = pair_source(label_maps="output") if recipe == "segment" else ArraySource(classes=2)
    wanted = {**smoke_settings(recipe), **settings}
    if recipe == "dcgan":
        wanted = {name: value for name, value in wanted.items() if not name.startswith("players.discriminator.options.")} | settings
    with pytest.raises(UserError, match=words):
        api.train(source, recipe, tmp_path / "run", settings=wanted, device="cpu", listener=Silent())


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [
        ("dcgan", {"fidelity": {"l1": 1.0}}, "has no fidelity"),
        ("pix2pix", {"cycle": 1.0}, "has no cycle"),
        ("cyclegan", {"players.discriminator.penalties": {"r2": {"weight": 1.0}}}, "no penalty 'r2'"),
        ("restore-denoise", {"degradations": [{"kind": "noise", "minimum": 3, "maximum": 1}]}, "strength"),
        ("restore-denoise", {"degradations": [{"kind": "pixelate", "maximum": 2}]}, "is between 1 and 64"),
        ("pix2pix", {"players.discriminator.penalties": {"consistency": {"weight": 1.0}}}, "no penalty 'consistency'"),
    ],
)
def test_recipes_say_nothing_that_means_nothing(recipe, settings, words):
    with pytest.raises(UserError, match=words):
        with_settings(load_recipe(recipe), settings)


def test_a_batch_goes_to_a_device_with_its_condition():
    batch = Batch(torch.zeros(2, 1), {"input": torch.ones(2, 3)}).to(CPU)
    assert batch.condition["input"].shape == (2, 3)
