"""The loop against the plain loop that a tutorial writes, micro-batches, frozen opponents, and losses that are not
finite.
"""

import copy
import dataclasses
import threading

import numpy as np
import pytest
import torch
from torch import nn

from smoke import smoke_settings, trainer
from sparring import algorithms, augmentations, modalities
from sparring.algorithms import StepRandom
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.losses import penalties
from sparring.networks.sampling import draw_latents
from sparring.training.assembly import Parts, build_players, fit_features
from sparring.training.autoconfig import Choices, rules
from sparring.training.autoconfig.throughput import measure, try_steps
from sparring.training.optimizers import loss_share
from sparring.util.random import make_rng

CPU = torch.device("cpu")


@pytest.mark.parametrize("shared", [False, True])
def test_it_equals_the_plain_loop(bars, tmp_path, shared):
    """Goodfellow's algorithm 1 as a tutorial writes it, with the same draws: the same weights.

    With shared fakes both phases have one latent.
    """
    ours = trainer(bars, "mlp", tmp_path, **{"algorithm.reuse_fakes": shared})
    generator, discriminator = (copy.deepcopy(ours.algorithm.players[name]) for name in ("generator", "discriminator"))
    to_generator = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    to_discriminator = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    for step in range(4):
        batch = ours.loader.at(16 * step, 0)
        seen = 16 * (step + 1)

        def latent(phase, seen=seen):
            return torch.from_numpy(draw_latents(make_rng(0, 0, seen, phase, 0, "latent"), ours.recipe.latent, 16))

        to_discriminator.zero_grad()
        real = discriminator(batch.real, batch.condition).logits
        fake = discriminator(generator(latent(0), batch.condition).detach(), batch.condition).logits
        (criterion(real, torch.ones(16)) + criterion(fake, torch.zeros(16))).backward()
        to_discriminator.step()
        to_generator.zero_grad()
        criterion(
            discriminator(generator(latent(0 if shared else 1), batch.condition), batch.condition).logits,
            torch.ones(16),
        ).backward()
        to_generator.step()
        ours.step()
    for name, plain in (("generator", generator), ("discriminator", discriminator)):
        for mine, theirs in zip(ours.algorithm.players[name].parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("objective", ["non-saturating", "relativistic-paired"])
def test_micro_batches_add_up_to_the_batch(bars, tmp_path, objective):
    whole = trainer(bars, "mlp", tmp_path, **{"algorithm.objective.name": objective})
    parts = trainer(bars, "mlp", tmp_path, **{"algorithm.objective.name": objective, "micro_batch": 5})
    assert parts.recipe.micro_batch == 5
    whole.step()
    parts.step()
    for mine, theirs in zip(
        whole.algorithm.players["discriminator"].parameters(),
        parts.algorithm.players["discriminator"].parameters(),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)
    assert parts._meters.means()["logits.real"] == pytest.approx(whole._meters.means()["logits.real"], rel=1e-4)


def test_batch_statistics_lower_the_batch_instead(bars):
    choices = Choices(with_settings(load_recipe("dcgan"), {**smoke_settings("dcgan"), "micro_batch": 4}))
    codec = modalities.get("image").fit_codec(bars)
    players = build_players(choices.recipe, codec, len(bars.classes), CPU)
    rules.shards(choices, players, CPU)
    rules.micro_batch(choices, players)
    assert choices.recipe.batch == choices.recipe.micro_batch == 4
    assert "generator" in choices.reasons["batch"]


def test_examples_count_every_step_of_the_discriminator(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.steps": 3})
    ours.step()
    assert ours.examples == ours.recipe.examples_per_step == 48


def test_only_the_learner_moves(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path)
    before = copy.deepcopy(ours.algorithm.players["generator"].state_dict())
    phase = ours.phases[0]
    ours.shards.require_gradients(phase)
    ours._take(0, ours.loader.at(0, 0), (0, 0, 16, 0, 0))
    after = ours.algorithm.players["generator"].state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in ours.algorithm.players["generator"].parameters())


def both(ours):
    """A phase in which two players minimise the same loss."""

    def loss(batch, rng):
        fake = ours.algorithm.generate(batch, rng)
        return algorithms.PhaseResult(
            ours.algorithm.players["discriminator"](fake, batch.condition).logits.square().mean()
        )

    return algorithms.Phase(("generator", "discriminator"), loss)


def test_several_can_learn_from_one_loss(bars, tmp_path):
    """The same as a step of each from the gradients of the same loss, each with its own optimizer."""
    ours = trainer(
        bars,
        "mlp",
        tmp_path,
        **{"players.generator.optimizer": {"name": "sgd", "lr": 0.1}, "players.generator.clip_weights": 0.5},
    )
    ours.shards.phases = [(both(ours),)]
    copies = copy.deepcopy(ours.algorithm.players)
    rates = {"generator": torch.optim.SGD(copies["generator"].parameters(), 0.1)}
    rates["discriminator"] = torch.optim.Adam(copies["discriminator"].parameters(), 2e-4, (0.5, 0.999))
    batch = ours.loader.at(0, 0)
    latent = torch.from_numpy(draw_latents(make_rng(0, 0, 16, 0, 0, "latent"), ours.recipe.latent, 16))
    copies["discriminator"](
        copies["generator"](latent, batch.condition), batch.condition
    ).logits.square().mean().backward()
    for each in rates.values():
        each.step()
    penalties.clip_weights(copies["generator"], 0.5)
    ours.step()
    for name, plain in copies.items():
        for mine, theirs in zip(ours.algorithm.players[name].parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
    assert {"losses.generator+discriminator", "gradient.generator", "gradient.discriminator"} <= set(
        ours._meters.means()
    )


def test_a_lazy_penalty_of_one_learner_leaves_the_steps_of_the_other(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path)
    lazy = algorithms.Phase(("generator",), both(ours).loss, new_batch=False, interval=4, is_penalty=True)
    ours.shards.phases = [(both(ours), lazy)]
    assert loss_share(ours.recipe, ours.phases, "generator") == pytest.approx(4 / 5)
    assert loss_share(ours.recipe, ours.phases, "discriminator") == 1


@pytest.mark.parametrize(("what", "who"), [("loss", "generator and discriminator"), ("gradient", "discriminator")])
def test_of_several_learners_the_broken_ones_are_named(bars, tmp_path, what, who):
    ours = trainer(bars, "mlp", tmp_path)
    phase = both(ours)

    def broken(batch, rng):
        loss = phase.loss(batch, rng).loss
        bias = ours.algorithm.players["discriminator"].head.linear.bias
        return algorithms.PhaseResult(loss * float("inf") if what == "loss" else loss + torch.sqrt(bias * 0).sum())

    ours.shards.phases = [(dataclasses.replace(phase, loss=broken),)]
    before = copy.deepcopy(ours.algorithm.players["generator"].state_dict())
    observation = ours.fit(threading.Event())
    assert observation.event == "diverged"
    assert observation.notes["reason"] == f"the {who}'s {what} is not finite"
    assert all(
        torch.equal(value, before[name]) for name, value in ours.algorithm.players["generator"].state_dict().items()
    )


def test_weights_are_clipped_when_asked(bars, tmp_path):
    ours = trainer(
        bars, "mlp", tmp_path, **{"players.discriminator.clip_weights": 0.01, "algorithm.objective.name": "wasserstein"}
    )
    ours.step()
    assert (
        max(parameter.abs().max().item() for parameter in ours.algorithm.players["discriminator"].parameters())
        <= 0.01 + 1e-9
    )
    assert max(parameter.abs().max().item() for parameter in ours.algorithm.players["generator"].parameters()) > 0.01


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_weight_penalties_enter_the_loss(bars, tmp_path, norm):
    plain = trainer(bars, "mlp", tmp_path)
    heavy = trainer(bars, "mlp", tmp_path, **{f"players.generator.penalties.{norm}": {"weight": 0.5}})
    weights = [layer.weight for layer in heavy.algorithm.players["generator"].modules() if isinstance(layer, nn.Linear)]
    expected = 0.5 * sum((weight.abs() if norm == "l1" else weight.square()).sum().item() for weight in weights)
    plain.step()
    heavy.step()
    assert heavy._meters.means()["losses.generator"] - plain._meters.means()["losses.generator"] == pytest.approx(
        expected, rel=1e-3
    )


def test_a_lazy_penalty_is_a_phase_of_its_own(bars, tmp_path):
    """Every 4th step, 4 times the weight, in full precision; the optimizer's rate and betas shrink by 4/5."""
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.r1": {"weight": 0.3, "interval": 4}})
    phase = ours.phases[1]
    assert (phase.players, phase.interval, phase.new_batch, phase.full_precision) == (
        ("discriminator",),
        4,
        False,
        True,
    )
    batch = ours.loader.at(0, 0)
    rng = StepRandom((1,), 16, 0, 16, CPU)
    real = batch.real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(ours.algorithm.players["discriminator"](real, batch.condition).logits.sum(), real)
    expected = 4 * 0.3 * 0.5 * gradient.flatten(1).square().sum(dim=1).mean()
    torch.testing.assert_close(phase.loss(batch, rng).loss.detach(), expected)
    for _ in range(5):
        ours.step()
    steps = {name: int(next(iter(each.state.values()))["step"]) for name, each in ours.optimizers.items()}
    assert steps == {"generator": 5, "discriminator": 7}
    group = ours.optimizers["discriminator"].param_groups[0]
    assert group["lr"] == pytest.approx(2e-4 * 0.8)
    assert group["betas"] == pytest.approx((0.5**0.8, 0.999**0.8))


def test_a_lazy_penalty_stands_for_every_step_of_the_loss(bars, tmp_path):
    """With three steps in a phase and an interval of 4 it weighs 12 times as much; Adam's steps shrink by 12/13."""
    settings = {"players.discriminator.steps": 3, "players.discriminator.penalties.r1": {"weight": 0.3, "interval": 4}}
    ours = trainer(bars, "mlp", tmp_path, **settings)
    batch, rng = ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    real = batch.real.clone().requires_grad_()
    expected = (
        12
        * 0.3
        * penalties.zero_centred_gradient_penalty(
            ours.algorithm.players["discriminator"](real, batch.condition).logits, real
        )
    )
    torch.testing.assert_close(ours.phases[1].loss(batch, rng).loss, expected)
    assert ours._gradient_shares["discriminator"] == pytest.approx(12 / 13)


def test_lazy_steps_of_plain_gradient_descent_are_not_shrunk(bars, tmp_path):
    """Four steps with a penalty and four with a lazy one in the first go equally far, where the way is too short for it
    to change.
    """
    moved = {}
    for every in (1, 4):
        settings = {"players.discriminator.optimizer.name": "sgd", "players.discriminator.optimizer.lr": 1e-6}
        ours = trainer(
            bars,
            "mlp",
            tmp_path,
            **settings,
            **{"players.discriminator.penalties.l2": {"weight": 50.0, "interval": every}},
        )
        weight = ours.algorithm.players["discriminator"].head.linear.weight
        before = weight.detach().double()
        for _ in range(4):
            ours.step()
        moved[every] = weight.detach().double() - before
        torch.testing.assert_close(moved[every], -1e-6 * 4 * 50 * 2 * before, rtol=0.02, atol=5e-6)
    torch.testing.assert_close(moved[1], moved[4], rtol=0.02, atol=1e-7)


@pytest.mark.parametrize(("every", "wanted"), [(1, True), (4, False)])
def test_only_the_phase_of_r1_asks_for_the_gradient_of_reals(bars, tmp_path, every, wanted):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.r1": {"weight": 1.0, "interval": every}})
    asked = []
    ours.algorithm.players["discriminator"].register_forward_pre_hook(
        lambda _, inputs: asked.append(inputs[0].requires_grad)
    )
    ours.phases[0].loss(ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU))
    assert asked == [wanted, False]


@pytest.mark.parametrize(("name", "precise"), [("r1", True), ("gradient-penalty", True), ("l2", False)])
def test_gradients_of_gradients_are_of_full_precision(bars, tmp_path, name, precise):
    ours = trainer(bars, "mlp", tmp_path, **{f"players.discriminator.penalties.{name}": {"weight": 1.0}})
    assert [phase.full_precision for phase in ours.phases] == [precise, False]


def test_path_length_in_every_step_is_of_full_precision_too(bars, tmp_path):
    ours = trainer(
        bars, "stylegan2", tmp_path, **{"players.generator.penalties.path-length": {"weight": 2.0, "interval": 1}}
    )
    generators = [phase for phase in ours.phases if phase.players == ("generator",)]
    assert [phase.full_precision for phase in generators] == [True]


def test_consistency_compares_reals_and_fakes_with_their_shifted_selves(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.consistency": {"weight": 10.0}})
    batch, rng = ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    discriminator, fake = ours.algorithm.players["discriminator"], ours.algorithm.generate(batch, rng).detach()
    expected = torch.zeros(())
    logits = {}
    for which, sample in (("real", batch.real), ("fake", fake)):
        shifted = augmentations.diffaugment(
            sample, rng.uniform(f"shift of {which}", augmentations.DIFFAUGMENT_UNIFORMS), ("translation",)
        )
        assert not torch.equal(shifted, sample)
        logits[which] = discriminator(sample, batch.condition).logits
        expected = expected + 10 * (logits[which] - discriminator(shifted, batch.condition).logits).square().mean()
    expected = expected + ours.algorithm.objective.discriminator(logits["real"], logits["fake"])
    torch.testing.assert_close(ours.phases[0].loss(batch, rng).loss, expected)


@pytest.mark.parametrize("name", ["gradient-penalty", "dragan"])
def test_one_centred_penalties_evaluate_their_points_with_their_labels(bars, tmp_path, name):
    ours = trainer(bars, "mlp", tmp_path, **{f"players.discriminator.penalties.{name}": {"weight": 10.0}})
    plain = trainer(bars, "mlp", tmp_path)
    plain.algorithm.players["discriminator"].load_state_dict(ours.algorithm.players["discriminator"].state_dict())
    batch, rng = ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    fake = ours.algorithm.generate(batch, rng).detach()
    if name == "dragan":
        points = batch.real + 0.15 * rng.normal("near", batch.real[0].numel()).view_as(batch.real)
    else:
        share = rng.uniform("between", 1)[:, :, None, None]
        points = share * batch.real + (1 - share) * fake
    points = points.requires_grad_()
    (gradient,) = torch.autograd.grad(
        ours.algorithm.players["discriminator"](points, batch.condition).logits.sum(), points
    )
    expected = 10 * (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    loss, without = (each.phases[0].loss(batch, rng).loss.detach() for each in (ours, plain))
    torch.testing.assert_close(loss - without, expected, rtol=1e-4, atol=1e-5)


def test_gradient_penalties_share_the_forward_pass_of_the_loss(bars, tmp_path):
    """Relativistic loss + R1 + R2 in one phase equals the sum of the three, and costs two forward passes of the
    discriminator.
    """
    settings = {
        "algorithm.objective.name": "relativistic-paired",
        "players.discriminator.penalties": {"r1": {"weight": 2.0}, "r2": {"weight": 3.0}},
    }
    ours = trainer(bars, "mlp", tmp_path, **settings)
    discriminator, calls = ours.algorithm.players["discriminator"], []
    handle = discriminator.register_forward_hook(lambda *_: calls.append(1))
    batch, rng = ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, CPU)
    result = ours.phases[0].loss(batch, rng)
    assert len(calls) == 2
    handle.remove()
    fake = ours.algorithm.generate(batch, rng).detach().requires_grad_()
    real = batch.real.clone().requires_grad_()
    on_real, on_fake = (discriminator(sample, batch.condition).logits for sample in (real, fake))
    squares = [
        torch.autograd.grad(logits.sum(), x, create_graph=True)[0].square().sum() / 16 / 2
        for logits, x in ((on_real, real), (on_fake, fake))
    ]
    expected = torch.nn.functional.softplus(on_fake - on_real).mean() + 2 * squares[0] + 3 * squares[1]
    torch.testing.assert_close(result.loss, expected)


def test_schedules_reach_the_optimizer(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.generator.schedule": {"kind": "linear", "final": 0.0}})
    ours.step()
    assert ours.optimizers["generator"].param_groups[0]["lr"] == pytest.approx(2e-4 * (1 - 16 / 96))
    assert ours.optimizers["discriminator"].param_groups[0]["lr"] == 2e-4


def test_a_burn_in_reaches_rates_betas_penalties_augmentation_and_average(bars, tmp_path):
    """Halfway through it, everything is halfway between its start and the recipe's value."""
    settings = {
        "burn_in": {"examples": 64, "lr": 3, "beta2": 0.8, "penalties": 5, "augmentation": 0, "ema_half_life": 0},
        "players.discriminator.penalties": {"r1": {"weight": 2.0}},
        "players.generator.optimizer": {"name": "adam", "lr": 1e-3, "betas": [0.0, 0.9]},
        "algorithm.augmentation": {"name": "ada", "strength": 0.4, "speed": 0},
        "ema_half_life": 1000,
        "ema_ramp": 1.0,
    }
    ours = trainer(bars, "mlp", tmp_path, **settings)
    half_lives = []
    ours.ema["generator"].update = lambda examples, step, factor: half_lives.append(factor)
    for _ in range(2):
        ours.step()
    assert ours.examples == 32
    assert half_lives == pytest.approx([(1 - 2**-0.5) / 2, 0.5])
    group = ours.optimizers["generator"].param_groups[0]
    assert group["lr"] == pytest.approx(1e-3 * 2)
    assert group["betas"] == pytest.approx((0.0, 0.85))
    ours.algorithm.burn_in(ours.examples)
    assert ours.algorithm.augmentation.factor == pytest.approx(0.5)
    assert ours.algorithm.penalty_factor == pytest.approx(3)
    batch, rng = ours.loader.at(32, 0), StepRandom((1,), 16, 0, 16, CPU)
    penalised = ours.phases[0].loss(batch, rng).loss.item()
    ours.algorithm.penalty_factor = 1.0
    once = ours.phases[0].loss(batch, rng).loss.item()
    ours.algorithm.penalty_factor = 2.0
    twice = ours.phases[0].loss(batch, rng).loss.item()
    assert twice > once
    assert penalised - once == pytest.approx(2 * (twice - once), rel=1e-3)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_not_finite_never_reaches_a_weight(bars, tmp_path, what):
    ours = trainer(bars, "mlp", tmp_path)
    phase = ours.phases[0]

    def broken(batch, rng):
        result = phase.loss(batch, rng)
        bad = (
            result.loss * float("inf")
            if what == "loss"
            else result.loss + torch.sqrt(ours.algorithm.players["discriminator"].head.linear.bias * 0).sum()
        )
        return algorithms.PhaseResult(bad, result.scalars)

    ours.shards.phases = [(algorithms.Phase(phase.players, broken), ours.phases[1])]
    before = {name: copy.deepcopy(player.state_dict()) for name, player in ours.algorithm.players.items()}
    observation = ours.fit(threading.Event())
    assert observation.event == "diverged"
    assert what in observation.notes["reason"]
    for name, player in ours.algorithm.players.items():
        assert all(torch.equal(value, before[name][key]) for key, value in player.state_dict().items())


def test_dropout_masks_leave_the_global_generator_alone(bars, tmp_path):
    ours = trainer(bars, "dcgan", tmp_path)
    torch.manual_seed(3)
    expected = torch.randn(2)
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    ours.step()
    assert torch.equal(torch.randn(2), expected)


def test_a_loss_that_no_graph_forgets(bars, tmp_path):
    """In anomaly mode (which finds in-place errors) every phase of every recipe runs."""
    with torch.autograd.set_detect_anomaly(True):
        for recipe in ("mlp", "dcgan", "dcgan-small"):
            trainer(bars, recipe, tmp_path).step()


def test_a_phase_without_the_generator(bars, tmp_path):
    """Until `begin` images the discriminator learns alone, against a generator that stands still."""
    ours = trainer(bars, "mlp", tmp_path, **{"players.generator.start": 33})
    before = copy.deepcopy(ours.algorithm.players["generator"].state_dict())
    for _ in range(2):
        ours.step()
    assert all(
        torch.equal(value, before[name]) for name, value in ours.algorithm.players["generator"].state_dict().items()
    )
    ours.step()
    assert not torch.equal(ours.algorithm.players["generator"].last.weight, before["last.weight"])


def out_of_memory_above(patch, trainer, most):
    """The loss of every phase runs out of memory with more examples than `most`."""
    phases = []
    for phase in trainer.phases:

        def loss(batch, rng, loss=phase.loss):
            if len(batch.real) > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate too much")
            return loss(batch, rng)

        phases.append(dataclasses.replace(phase, loss=loss))
    patch.setattr(trainer.shards, "phases", [tuple(phases)])


def test_out_of_memory_lowers_the_micro_batch_and_goes_on(bars, tmp_path, monkeypatch):
    asked = trainer(bars, "mlp", tmp_path, micro_batch=4)
    short = trainer(bars, "mlp", tmp_path)
    out_of_memory_above(monkeypatch, short, 5)
    for _ in range(2):
        asked.step()
        short.step()
    assert short.split_at == [{"examples": 16, "micro_batch": 8}, {"examples": 16, "micro_batch": 4}]
    for name, player in asked.algorithm.players.items():
        for mine, theirs in zip(player.parameters(), short.algorithm.players[name].parameters(), strict=True):
            assert torch.equal(mine, theirs)
    assert short._meters.means() == asked._meters.means()
    again = trainer(bars, "mlp", tmp_path)
    again.load_state(short.examples, short.state())
    assert again.micro_batch == 4


@pytest.mark.parametrize(
    ("recipe", "settings", "why"), [("dcgan", {}, "generator"), ("mlp", {"batch": 1}, "one example")]
)
def test_out_of_memory_that_cannot_be_mended_is_one_sentence(bars, tmp_path, monkeypatch, recipe, settings, why):
    ours = trainer(bars, recipe, tmp_path, **settings)
    out_of_memory_above(monkeypatch, ours, 0)
    with pytest.raises(UserError, match=f"out of memory.*{why}.*--set batch"):
        ours.step()


def parts_of(source, folder):
    recipe = with_settings(load_recipe("mlp"), smoke_settings("mlp") | {"micro_batch": 16})
    codec = modalities.get("image").fit_codec(source)
    players = build_players(recipe, codec, len(source.classes), CPU)
    return Parts(recipe, source, codec, players, CPU, folder, fit_features(source, folder, None))


def test_timing_finds_what_memory_bears_and_changes_no_weight(bars, tmp_path, monkeypatch):
    parts = parts_of(bars, tmp_path)
    before = {name: copy.deepcopy(player.state_dict()) for name, player in parts.players.items()}
    trainer_of = Parts.trainer

    def short_of_memory(self, callbacks=()):
        made = trainer_of(self, callbacks)
        out_of_memory_above(monkeypatch, made, 5)
        return made

    monkeypatch.setattr(Parts, "trainer", short_of_memory)
    assert measure(parts, 0.0).micro_batch == try_steps(parts) == 4
    for name, player in parts.players.items():
        assert all(torch.equal(value, before[name][key]) for key, value in player.state_dict().items())
