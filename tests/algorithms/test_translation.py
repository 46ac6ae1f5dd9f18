"""The games of pictures into pictures: their losses by hand, who learns, and what is remembered."""

from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from smoke import ArraySource, pair_source, smoke_settings, trainer
from sparring import algorithms, api, modalities
from sparring.algorithms import Batch, StepRandom
from sparring.algorithms.cyclegan import ImagePool
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.losses.reconstruction import label_map_cross_entropy
from sparring.modalities.pairs.derived import Unpaired
from sparring.training.assembly import build_players
from sparring.training.loader import batch_of

CPU = torch.device("cpu")


def algorithm(recipe, source, **settings):
    recipe = with_settings(load_recipe(recipe), {**smoke_settings(recipe), **settings})
    codec = modalities.get("pairs").fit_codec(source, recipe.value_range)
    players = build_players(recipe, codec, 0, CPU)
    return algorithms.build(recipe, players), batch_of(source, codec, np.arange(4), "train")


def rng():
    return StepRandom((0, 0, 0), 4, 0, 4, CPU)


def test_the_generator_s_loss_is_that_of_the_paper():
    """-log D(x, G(x)) + 100 |y - G(x)|, Isola et al. 2017, eq. 4, with the non-saturating form."""
    ours, batch = algorithm("pix2pix", pair_source())
    made = ours.generator(batch.condition["input"])
    output = ours.discriminator(made, batch.condition)
    expected = softplus(-output.logits).mean() + 100 * (made - batch.real).abs().mean()
    torch.testing.assert_close(ours.generator_loss(batch, rng()).loss, expected)


def test_features_are_matched():
    ours, batch = algorithm("layout", pair_source(label_maps="input"))
    made = ours.generator(batch.condition["input"])
    fake, real = (ours.discriminator(each, batch.condition) for each in (made, batch.real))
    matched = sum((a - b).abs().mean() for a, b in zip(fake.features, real.features, strict=True))
    expected = 0.5 * (fake.logits - 1).square().mean() + 10 * (made - batch.real).abs().mean() + 2.5 * matched
    torch.testing.assert_close(ours.generator_loss(batch, rng()).loss, expected)


def test_the_discriminator_of_maps_sees_shares_where_the_target_has_a_class():
    ours, batch = algorithm("segment", pair_source(label_maps="output"))
    batch.real[:, :, :3] = 0  # of no class
    seen = ours._shown(ours.generate(batch, rng()), batch)
    assert seen[:, :, :3].abs().max() == 0
    torch.testing.assert_close(seen[:, :, 3:].sum(dim=1), torch.ones_like(seen[:, 0, 3:]))


def test_without_an_adversarial_weight_only_the_generator_learns():
    ours, batch = algorithm("segment", pair_source(label_maps="output"), **{"algorithm.adversarial": 0})
    (phase,) = ours.phases()
    assert phase.players == ("generator",)
    torch.testing.assert_close(
        phase.loss(batch, rng()).loss, label_map_cross_entropy(ours.generator(batch.condition["input"]), batch.real)
    )


def test_a_run_without_an_opponent(tmp_path):
    settings = {**smoke_settings("segment", examples=32), "algorithm.adversarial": 0}
    run = api.train(
        pair_source(label_maps="output"),
        "segment",
        tmp_path / "run",
        settings=settings,
        device="cpu",
        console=Callback(),
    )
    assert run.log()[-1]["event"] == "final"


def test_a_rare_opponent_plays_in_every_fourth_step_and_counts_four_times(tmp_path):
    rare = {"algorithm.adversarial": 0.3, "algorithm.reconstruction.l1": 1.0, "algorithm.adversarial_interval": 4}
    ours, batch = algorithm("pix2pix", pair_source(), **rare)
    assert [(phase.label, phase.interval, phase.new_batch) for phase in ours.phases()] == [
        ("generator", 1, True),
        ("discriminator", 4, False),
        ("adversarial", 4, False),
    ]
    apart = ours.reconstruction_loss(batch, rng()).loss + ours.adversarial_loss(batch, rng()).loss / 4
    torch.testing.assert_close(apart, ours.generator_loss(batch, rng()).loss)
    trained = trainer(pair_source(), "pix2pix", tmp_path, batch=4, **rare)
    judge = [value.clone() for value in trained.algorithm.discriminator.parameters()]

    def moved():
        return any(
            not torch.equal(*pair) for pair in zip(judge, trained.algorithm.discriminator.parameters(), strict=True)
        )

    trained.steps = 1  # as if the first step, which they all take, had been
    for _ in range(3):
        trained.step()
    assert not moved() and trained.examples == 12
    trained.step()
    assert moved() and trained.examples == 16
    assert trained._gradient_shares == {"generator": 1.0, "discriminator": 1.0}


def test_an_opponent_that_comes_later_rests_until_then(tmp_path):
    late = {
        "algorithm.adversarial": 0.3,
        "algorithm.reconstruction.l1": 1.0,
        "algorithm.adversarial_interval": 2,
        "algorithm.pretrain_fraction": 0.5,
        "examples": 64,
    }
    trained = trainer(pair_source(), "pix2pix", tmp_path, batch=4, **late)
    judge = [value.clone() for value in trained.algorithm.discriminator.parameters()]
    moved = []
    while trained.examples < 48:
        trained.step()
        moved.append(
            any(
                not torch.equal(*pair) for pair in zip(judge, trained.algorithm.discriminator.parameters(), strict=True)
            )
        )
    assert moved == [False] * 8 + [True] * 4
    assert trained.all_players_from == 32
    with pytest.raises(UserError, match="an adversarial_interval of 2"):
        with_settings(load_recipe("pix2pix"), {"algorithm.pretrain_fraction": 0.5})


def test_weights_of_nothing_are_refused():
    with pytest.raises(UserError, match="loss has no term"):
        with_settings(load_recipe("segment"), {"algorithm.adversarial": 0, "algorithm.reconstruction.cross_entropy": 0})
    with pytest.raises(UserError, match="learns nothing in between"):
        with_settings(load_recipe("pix2pix"), {"algorithm.reconstruction.l1": 0, "algorithm.adversarial_interval": 2})
    with pytest.raises(UserError, match="no steps, start or lazy penalties"):
        with_settings(
            load_recipe("restore-denoise"), {"players.discriminator.penalties": {"r1": {"weight": 1.0, "interval": 16}}}
        )


class Negative(torch.nn.Module):
    def forward(self, picture):
        return -picture


def test_who_goes_there_and_back_comes_home():
    source = Unpaired(ArraySource((1, 8, 8), 2, 40, 10), "class 0", "class 1")
    ours, batch = algorithm("cyclegan", source, **{"algorithm.identity": 0.0})
    ours.to_second = ours.to_first = Negative()
    result = ours.generator_loss(batch, rng())
    assert result.scalars["terms.cycle"] == 0
    outputs = [
        ours.players["discriminator"](-batch.condition["input"], None),
        ours.players["reverse_discriminator"](-batch.real, None),
    ]
    torch.testing.assert_close(result.loss, sum(0.5 * (output.logits - 1).square().mean() for output in outputs))


def test_the_discriminators_lose_on_both_sides():
    source = Unpaired(ArraySource((1, 8, 8), 2, 40, 10), "class 0", "class 1")
    ours, batch = algorithm("cyclegan", source, **{"algorithm.pool_size": 0})
    made = {"forward": ours.to_second(batch.condition["input"]), "reverse": ours.to_first(batch.real)}
    expected = 0.0
    for judge, real, fake in (
        ("discriminator", batch.real, made["forward"]),
        ("reverse_discriminator", batch.condition["input"], made["reverse"]),
    ):
        on_real, on_fake = (ours.players[judge](each, None).logits for each in (real, fake))
        expected = expected + 0.5 * ((on_real - 1).square().mean() + on_fake.square().mean())
    torch.testing.assert_close(ours.discriminator_loss(batch, rng()).loss, expected)


def test_the_one_way_loss_falls_where_patches_stay():
    source = Unpaired(ArraySource((3, 16, 16), 2, 40, 10), "class 0", "class 1")
    ours, batch = algorithm("cut", source)
    given = batch.condition["input"]
    assert len(ours.generator.patch_features(given)) == len(ours.generator.patch_heads) == 4
    assert ours.patchnce(given, given, rng(), "x") < ours.patchnce(given, given.flip(0, 3), rng(), "x")
    result = ours.generator_loss(batch, rng())
    output = ours.discriminator(ours.generator(given), None).logits
    parts = 0.5 * (result.scalars["terms.patchnce"] + result.scalars["terms.identity"])
    torch.testing.assert_close(result.loss.detach(), (0.5 * (output - 1).square().mean() + parts).detach())
    with pytest.raises(UserError, match="no heads"):
        algorithm("cut", source, **{"players.generator.options.patch_head_width": 0})


def test_the_pool_shows_old_pictures_half_of_the_time():
    pool = ImagePool(3)
    first = torch.arange(3.0)[:, None]
    assert torch.equal(shown_by(pool, first, [[0.9, 0.0]] * 3), first)  # filled
    kept = pool.pictures
    shown = shown_by(pool, torch.tensor([[10.0], [11.0]]), [[0.4, 0.5], [0.6, 0.0]])
    assert shown.flatten().tolist() == [1.0, 11.0]
    assert pool.pictures.flatten().tolist() == [0.0, 10.0, 2.0]
    assert torch.equal(kept, first)  # what a checkpoint holds is not written over
    pool.take(pool.entering)  # a step without the discriminator
    assert pool.pictures.flatten().tolist() == [0.0, 10.0, 2.0]


def shown_by(pool, pictures, uniforms):
    """What a pool shows in a step that computes a batch one by one."""
    found = []
    for number in range(len(pictures)):
        drawn = StepRandom((), len(pictures), number, number + 1, torch.device("cpu"))
        with patch.object(StepRandom, "uniform", return_value=torch.tensor(uniforms[number : number + 1])):
            found.append(pool(pictures[number : number + 1], drawn, "x"))
    pool.take(pool.entering)
    return torch.cat(found)


def test_a_side_is_named_for_pairs_only(tmp_path):
    with pytest.raises(UserError, match="`input` names one side of pairs"):
        api.train(
            ArraySource(classes=0),
            "restore-denoise",
            tmp_path / "run",
            input="x",
            settings=smoke_settings("restore-denoise"),
            console=Callback(),
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
        api.train(source, recipe, tmp_path / "run", settings=smoke_settings(recipe), console=Callback())


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [
        (
            "dcgan",
            {"players.discriminator.network": "patch-discriminator", "players.discriminator.options": {}},
            "translates inputs",
        ),
        ("cyclegan", {"players.discriminator.options.conditional": True}, "conditional=false"),
        ("cut", {"players.discriminator.options.conditional": True}, "conditional=false"),
        ("segment", {"algorithm.reconstruction.l1": 1.0}, "use cross_entropy"),
    ],
)
def test_networks_and_losses_that_do_not_fit_an_algorithm_are_refused(recipe, settings, words, tmp_path):
    source = pair_source(label_maps="output") if recipe == "segment" else ArraySource(classes=2)
    wanted = {**smoke_settings(recipe), **settings}
    if recipe == "dcgan":
        wanted = {
            name: value for name, value in wanted.items() if not name.startswith("players.discriminator.options.")
        } | settings
    with pytest.raises(UserError, match=words):
        api.train(source, recipe, tmp_path / "run", settings=wanted, device="cpu", console=Callback())


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [
        ("dcgan", {"algorithm.reconstruction": {"l1": 1.0}}, "no 'reconstruction' here"),
        ("pix2pix", {"algorithm.cycle": 1.0}, "no 'cycle' here"),
        ("cyclegan", {"players.discriminator.penalties": {"r2": {"weight": 1.0}}}, "no penalty 'r2'"),
        ("restore-denoise", {"algorithm.degradations": [{"kind": "noise", "minimum": 3, "maximum": 1}]}, "strength"),
        ("restore-denoise", {"algorithm.degradations": [{"kind": "pixelate", "maximum": 2}]}, "is between 1 and 64"),
        ("pix2pix", {"players.discriminator.penalties": {"consistency": {"weight": 1.0}}}, "no penalty 'consistency'"),
    ],
)
def test_what_an_algorithm_does_not_have_is_refused(recipe, settings, words):
    with pytest.raises(UserError, match=words):
        with_settings(load_recipe(recipe), settings)


def test_a_batch_goes_to_a_device_with_its_condition():
    batch = Batch(torch.zeros(2, 1), {"input": torch.ones(2, 3)}).to(CPU)
    assert batch.condition["input"].shape == (2, 3)
