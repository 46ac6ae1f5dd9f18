"""Fakes of the discriminator's phase are reused in the generator's: fewer passes, the same weights."""

import pytest
import torch

from smoke import ArraySource, pair_source, trainer
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.modalities.pairs.derived import Unpaired

SHARED = {"algorithm.reuse_fakes": True}


def unpaired():
    return Unpaired(ArraySource((3, 12, 16), 2, 40, 12), "class 0", "class 1")


def source_for(recipe):
    return {
        "pix2pix": pair_source,
        "segment": lambda: pair_source(label_maps="output"),
        "cyclegan": unpaired,
        "cut": unpaired,
    }.get(recipe, ArraySource)()


def weights(ours):
    return {
        f"{name}.{key}": value.clone()
        for name, player in ours.algorithm.players.items()
        for key, value in player.state_dict().items()
    }


def steps(ours, count=3, forget=False):
    """Take steps; forget: nothing is cached for the generator's phase.

    Returns how often the generator made something for each.
    """
    passes = []
    ours.algorithm.players["generator"].register_forward_pre_hook(lambda *_: passes.append(1))
    if forget:
        loss = ours.phases[0].loss

        def forgetful(batch, rng):
            result = loss(batch, rng)
            for name in ("cached_fake", "cached_fakes"):
                setattr(ours.algorithm, name, None)
            return result

        object.__setattr__(ours.phases[0], "loss", forgetful)
    for _ in range(count):
        ours.step()
    return len(passes) / count


@pytest.mark.parametrize(
    ("recipe", "settings", "passes"),
    [
        ("pix2pix", {}, 1),
        ("segment", {}, 1),
        ("cyclegan", {}, 3),
        ("cut", {}, 2),
        ("mlp", SHARED, 1),
        ("sngan", SHARED, 1),
        ("mixture", SHARED, 1),
        ("stylegan2", {**SHARED, "algorithm.style_mixing": 0.0}, 1),
    ],
)
def test_fakes_are_made_once_and_the_weights_are_those_of_making_them_twice(tmp_path, recipe, settings, passes):
    once, twice = (trainer(source_for(recipe), recipe, tmp_path / each, **settings) for each in ("once", "twice"))
    assert steps(once) == passes
    steps(twice, forget=True)
    for name, value in weights(twice).items():
        if not name.endswith(
            ("running_mean", "running_var", "num_batches_tracked", "mean_style")
        ):  # statistics of what passes
            torch.testing.assert_close(weights(once)[name], value, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    ("recipe", "settings", "passes"),
    [
        ("pix2pix", {}, 1),
        ("pix2pix", {"players.discriminator.penalties": {"r1": {"weight": 1.0}}}, 2),
        ("cyclegan", {"players.discriminator.penalties": {"r1": {"weight": 1.0}}}, 4),
        ("mlp", SHARED, 1),
        ("dragan", SHARED, 2),
        (
            "stylegan2",
            {**SHARED, "players.generator.penalties": {"path-length": {"weight": 2.0}}, "algorithm.style_mixing": 0.0},
            2,
        ),
    ],
)
def test_phases_of_different_precision_share_no_fakes(tmp_path, recipe, settings, passes):
    assert steps(trainer(source_for(recipe), recipe, tmp_path, precision="bfloat16", **settings), 1) == passes


@pytest.mark.parametrize("recipe", ["pix2pix", "cyclegan", "mlp"])
@pytest.mark.parametrize("settings", [{"players.generator.start": 64}, {"players.discriminator.steps": 2}])
def test_no_fake_is_cached_that_no_phase_takes(tmp_path, recipe, settings):
    others = (
        {"players.reverse_generator.start": 64}
        if recipe == "cyclegan" and "players.generator.start" in settings
        else {}
    )
    others |= {"players.reverse_discriminator.steps": 2} if recipe == "cyclegan" and not others else {}
    if recipe == "mlp" and "players.generator.start" in settings:
        others |= SHARED
    ours = trainer(source_for(recipe), recipe, tmp_path, **settings, **others)
    for _ in range(3):
        ours.step()
        assert getattr(ours.algorithm, "cached_fakes" if recipe == "cyclegan" else "cached_fake") is None


def test_micro_batches_see_the_same_fakes_again(bars, tmp_path):
    whole, parts = (trainer(bars, "mlp", tmp_path, micro_batch=size, **SHARED) for size in (16, 5))
    assert steps(whole) == 1 and steps(parts) == 8
    for name, value in weights(parts).items():
        torch.testing.assert_close(weights(whole)[name], value, rtol=1e-4, atol=1e-6, msg=name)


def test_no_fake_is_cached_of_a_discarded_step(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **SHARED)
    ours.step()
    ours.save()
    ours.algorithm.cached_fake = torch.zeros(())
    assert ours.resume() and ours.algorithm.cached_fake is None


def test_shared_fakes_need_players_that_alternate():
    with pytest.raises(UserError, match="steps to 1"):
        with_settings(load_recipe("wgan-gp"), SHARED)
    with pytest.raises(UserError, match="no 'reuse_fakes' here"):
        with_settings(load_recipe("pix2pix"), SHARED)
