"""The loop against the plain loop that a tutorial writes, micro-batches, frozen opponents, and losses that are not finite."""

import copy
import dataclasses
import threading

import numpy as np
import pytest
import torch
from torch import nn

from smoke import smoke_settings, trainer
from sparring import algorithms, augmentations, modalities
from sparring.config.recipe import load_recipe, with_settings
from sparring.errors import UserError
from sparring.losses import penalties
from sparring.networks.sampling import draw_latents
from sparring.training.assembly import build_players
from sparring.training.autoconfig import Choices, rules, throughput
from sparring.training.step_random import TurnDraws
from sparring.util.random import make_rng

CPU = torch.device("cpu")


@pytest.mark.parametrize("shared", [False, True])
def test_it_equals_the_plain_loop(bars, tmp_path, shared):
    """Goodfellow's algorithm 1 as a tutorial writes it, with the same draws: the same weights. With shared fakes both turns have one latent."""
    ours = trainer(bars, "mlp", tmp_path, shared_fakes=shared)
    generator, discriminator = (copy.deepcopy(ours.game.players[name]) for name in ("generator", "discriminator"))
    to_generator = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    to_discriminator = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    for step in range(4):
        batch = ours.feed.at(16 * step, 0)
        seen = 16 * (step + 1)

        def latent(turn, seen=seen):
            return torch.from_numpy(draw_latents(make_rng(0, 0, seen, turn, 0, "latent"), ours.recipe.latent, 16))

        to_discriminator.zero_grad()
        real = discriminator(batch.real, batch.condition).logits
        fake = discriminator(generator(latent(0), batch.condition).detach(), batch.condition).logits
        (criterion(real, torch.ones(16)) + criterion(fake, torch.zeros(16))).backward()
        to_discriminator.step()
        to_generator.zero_grad()
        criterion(discriminator(generator(latent(0 if shared else 1), batch.condition), batch.condition).logits, torch.ones(16)).backward()
        to_generator.step()
        ours.step()
    for name, plain in (("generator", generator), ("discriminator", discriminator)):
        for mine, theirs in zip(ours.game.players[name].parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("objective", ["non-saturating", "relativistic-paired"])
def test_micro_batches_add_up_to_the_batch(bars, tmp_path, objective):
    whole = trainer(bars, "mlp", tmp_path, **{"objective.name": objective})
    parts = trainer(bars, "mlp", tmp_path, **{"objective.name": objective, "micro_batch": 5})
    assert parts.recipe.micro_batch == 5
    whole.step()
    parts.step()
    for mine, theirs in zip(
        whole.game.players["discriminator"].parameters(), parts.game.players["discriminator"].parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)
    assert parts._means()["logits.real"] == pytest.approx(whole._means()["logits.real"], rel=1e-4)


def test_batch_statistics_lower_the_batch_instead(bars):
    choices = Choices(with_settings(load_recipe("dcgan"), {**smoke_settings("dcgan"), "micro_batch": 4}))
    codec = modalities.get("image").fit_codec(bars)
    rules.micro_batch(choices, build_players(choices.recipe, codec, len(bars.classes), CPU))
    assert choices.recipe.batch == choices.recipe.micro_batch == 4
    assert "generator" in choices.reasons["batch"]


def test_images_count_every_turn_of_the_discriminator(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.repeats": 3})
    ours.step()
    assert ours.images == ours.step_images == 48


def test_only_the_learner_moves(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path)
    before = copy.deepcopy(ours.game.players["generator"].state_dict())
    turn = ours.turns[0]
    ours._let_learn(turn.learners)
    ours._take(turn, ours.feed.at(0, 0), (0, 0, 16, 0, 0))
    after = ours.game.players["generator"].state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in ours.game.players["generator"].parameters())


def both(ours):
    """A turn of a game to come, in which two players bring down the same loss."""

    def loss(batch, draws):
        fake = ours.game.generate(batch, draws)
        return algorithms.Outcome(ours.game.players["discriminator"](fake, batch.condition).logits.square().mean())

    return algorithms.Turn(("generator", "discriminator"), loss)


def test_several_can_learn_from_one_loss(bars, tmp_path):
    """The same as a step of each from the gradients of the same loss, each with its own optimizer."""
    ours = trainer(
        bars, "mlp", tmp_path, **{"players.generator.optimizer": {"name": "sgd", "lr": 0.1}, "players.generator.clip_weights": 0.5}
    )
    ours.turns = (both(ours),)
    copies = copy.deepcopy(ours.game.players)
    rates = {"generator": torch.optim.SGD(copies["generator"].parameters(), 0.1)}
    rates["discriminator"] = torch.optim.Adam(copies["discriminator"].parameters(), 2e-4, (0.5, 0.999))
    batch = ours.feed.at(0, 0)
    latent = torch.from_numpy(draw_latents(make_rng(0, 0, 16, 0, 0, "latent"), ours.recipe.latent, 16))
    copies["discriminator"](copies["generator"](latent, batch.condition), batch.condition).logits.square().mean().backward()
    for each in rates.values():
        each.step()
    penalties.clip_weights(copies["generator"], 0.5)
    ours.step()
    for name, plain in copies.items():
        for mine, theirs in zip(ours.game.players[name].parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
    assert {"losses.generator+discriminator", "gradient.generator", "gradient.discriminator"} <= set(ours._means())


def test_a_lazy_penalty_of_one_learner_leaves_the_steps_of_the_other(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path)
    lazy = algorithms.Turn(("generator",), both(ours).loss, fresh=False, every=4, penalty=True)
    ours.turns = (both(ours), lazy)
    assert ours._share("generator") == pytest.approx(4 / 5)
    assert ours._share("discriminator") == 1


@pytest.mark.parametrize(("what", "who"), [("loss", "generator and discriminator"), ("gradient", "discriminator")])
def test_of_several_learners_the_broken_ones_are_named(bars, tmp_path, what, who):
    ours = trainer(bars, "mlp", tmp_path)
    turn = both(ours)

    def broken(batch, draws):
        loss = turn.loss(batch, draws).loss
        bias = ours.game.players["discriminator"].head.linear.bias
        return algorithms.Outcome(loss * float("inf") if what == "loss" else loss + torch.sqrt(bias * 0).sum())

    ours.turns = (dataclasses.replace(turn, loss=broken),)
    before = copy.deepcopy(ours.game.players["generator"].state_dict())
    (tick,) = ours.fit(threading.Event())
    assert tick.notes["reason"] == f"the {who}'s {what} is not finite"
    assert all(torch.equal(value, before[name]) for name, value in ours.game.players["generator"].state_dict().items())


def test_weights_are_clipped_when_asked(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.clip_weights": 0.01, "objective.name": "wasserstein"})
    ours.step()
    assert max(parameter.abs().max().item() for parameter in ours.game.players["discriminator"].parameters()) <= 0.01 + 1e-9
    assert max(parameter.abs().max().item() for parameter in ours.game.players["generator"].parameters()) > 0.01


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_weight_penalties_enter_the_loss(bars, tmp_path, norm):
    plain = trainer(bars, "mlp", tmp_path)
    heavy = trainer(bars, "mlp", tmp_path, **{f"players.generator.penalties.{norm}": {"weight": 0.5}})
    weights = [layer.weight for layer in heavy.game.players["generator"].modules() if isinstance(layer, nn.Linear)]
    expected = 0.5 * sum((weight.abs() if norm == "l1" else weight.square()).sum().item() for weight in weights)
    plain.step()
    heavy.step()
    assert heavy._means()["losses.generator"] - plain._means()["losses.generator"] == pytest.approx(expected, rel=1e-3)


def test_a_lazy_penalty_is_a_turn_of_its_own(bars, tmp_path):
    """Every 4th step, 4 times the weight, in full precision; the optimizer's rate and betas shrink by 4/5."""
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.r1": {"weight": 0.3, "every": 4}})
    turn = ours.turns[1]
    assert (turn.learners, turn.every, turn.fresh, turn.full_precision) == (("discriminator",), 4, False, True)
    batch = ours.feed.at(0, 0)
    draws = TurnDraws((1,), 16, 0, 16, CPU)
    real = batch.real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(ours.game.players["discriminator"](real, batch.condition).logits.sum(), real)
    expected = 4 * 0.3 * 0.5 * gradient.flatten(1).square().sum(dim=1).mean()
    torch.testing.assert_close(turn.loss(batch, draws).loss.detach(), expected)
    for _ in range(5):
        ours.step()
    steps = {name: int(next(iter(each.state.values()))["step"]) for name, each in ours.optimizers.items()}
    assert steps == {"generator": 5, "discriminator": 7}
    group = ours.optimizers["discriminator"].param_groups[0]
    assert group["lr"] == pytest.approx(2e-4 * 0.8)
    assert group["betas"] == pytest.approx((0.5**0.8, 0.999**0.8))


def test_a_lazy_penalty_stands_for_every_turn_of_the_loss(bars, tmp_path):
    """With three turns a step and a penalty in every 4th step it weighs 12 times as much; Adam's steps shrink by 12/13."""
    settings = {"players.discriminator.repeats": 3, "players.discriminator.penalties.r1": {"weight": 0.3, "every": 4}}
    ours = trainer(bars, "mlp", tmp_path, **settings)
    batch, draws = ours.feed.at(0, 0), TurnDraws((1,), 16, 0, 16, CPU)
    real = batch.real.clone().requires_grad_()
    expected = 12 * 0.3 * penalties.zero_centred(ours.game.players["discriminator"](real, batch.condition).logits, real)
    torch.testing.assert_close(ours.turns[1].loss(batch, draws).loss, expected)
    assert ours.shares["discriminator"] == pytest.approx(12 / 13)


def test_lazy_steps_of_plain_gradient_descent_are_not_shrunk(bars, tmp_path):
    """Four steps with a penalty and four with a lazy one in the first go equally far, where the way is too short for it to change."""
    moved = {}
    for every in (1, 4):
        settings = {"players.discriminator.optimizer.name": "sgd", "players.discriminator.optimizer.lr": 1e-6}
        ours = trainer(bars, "mlp", tmp_path, **settings, **{"players.discriminator.penalties.l2": {"weight": 50.0, "every": every}})
        weight = ours.game.players["discriminator"].head.linear.weight
        before = weight.detach().double()
        for _ in range(4):
            ours.step()
        moved[every] = weight.detach().double() - before
        torch.testing.assert_close(moved[every], -1e-6 * 4 * 50 * 2 * before, rtol=0.02, atol=5e-6)
    torch.testing.assert_close(moved[1], moved[4], rtol=0.02, atol=1e-7)


@pytest.mark.parametrize(("every", "wanted"), [(1, True), (4, False)])
def test_only_the_turn_of_r1_asks_for_the_gradient_of_reals(bars, tmp_path, every, wanted):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.r1": {"weight": 1.0, "every": every}})
    asked = []
    ours.game.players["discriminator"].register_forward_pre_hook(lambda _, inputs: asked.append(inputs[0].requires_grad))
    ours.turns[0].loss(ours.feed.at(0, 0), TurnDraws((1,), 16, 0, 16, CPU))
    assert asked == [wanted, False]


@pytest.mark.parametrize(("name", "precise"), [("r1", True), ("gradient-penalty", True), ("l2", False)])
def test_gradients_of_gradients_are_of_full_precision(bars, tmp_path, name, precise):
    ours = trainer(bars, "mlp", tmp_path, **{f"players.discriminator.penalties.{name}": {"weight": 1.0}})
    assert [turn.full_precision for turn in ours.turns] == [precise, False]


def test_path_length_in_every_step_is_of_full_precision_too(bars, tmp_path):
    ours = trainer(bars, "stylegan2", tmp_path, **{"players.generator.penalties.path-length": {"weight": 2.0, "every": 1}})
    generators = [turn for turn in ours.turns if turn.learners == ("generator",)]
    assert [turn.full_precision for turn in generators] == [True]


def test_consistency_compares_reals_and_fakes_with_their_shifted_selves(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.discriminator.penalties.consistency": {"weight": 10.0}})
    batch, draws = ours.feed.at(0, 0), TurnDraws((1,), 16, 0, 16, CPU)
    judge, fake = ours.game.players["discriminator"], ours.game.generate(batch, draws).detach()
    expected = torch.zeros(())
    logits = {}
    for which, sample in (("real", batch.real), ("fake", fake)):
        shifted = augmentations.diffaugment(sample, draws.uniform(f"shift of {which}", augmentations.DIFFAUGMENT_DRAWS), ("translation",))
        assert not torch.equal(shifted, sample)
        logits[which] = judge(sample, batch.condition).logits
        expected = expected + 10 * (logits[which] - judge(shifted, batch.condition).logits).square().mean()
    expected = expected + ours.game.objective.discriminator(logits["real"], logits["fake"])
    torch.testing.assert_close(ours.turns[0].loss(batch, draws).loss, expected)


@pytest.mark.parametrize("name", ["gradient-penalty", "dragan"])
def test_one_centred_penalties_look_at_their_points_with_their_labels(bars, tmp_path, name):
    ours = trainer(bars, "mlp", tmp_path, **{f"players.discriminator.penalties.{name}": {"weight": 10.0}})
    plain = trainer(bars, "mlp", tmp_path)
    plain.game.players["discriminator"].load_state_dict(ours.game.players["discriminator"].state_dict())
    batch, draws = ours.feed.at(0, 0), TurnDraws((1,), 16, 0, 16, CPU)
    fake = ours.game.generate(batch, draws).detach()
    if name == "dragan":
        points = batch.real + 0.15 * draws.normal("near", batch.real[0].numel()).view_as(batch.real)
    else:
        share = draws.uniform("between", 1)[:, :, None, None]
        points = share * batch.real + (1 - share) * fake
    points = points.requires_grad_()
    (gradient,) = torch.autograd.grad(ours.game.players["discriminator"](points, batch.condition).logits.sum(), points)
    expected = 10 * (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    loss, without = (each.turns[0].loss(batch, draws).loss.detach() for each in (ours, plain))
    torch.testing.assert_close(loss - without, expected, rtol=1e-4, atol=1e-5)


def test_gradient_penalties_share_the_forward_pass_of_the_loss(bars, tmp_path):
    """Relativistic loss + R1 + R2 in one turn equals the sum of the three, and costs two forward passes of the discriminator."""
    settings = {"objective.name": "relativistic-paired", "players.discriminator.penalties": {"r1": {"weight": 2.0}, "r2": {"weight": 3.0}}}
    ours = trainer(bars, "mlp", tmp_path, **settings)
    discriminator, calls = ours.game.players["discriminator"], []
    handle = discriminator.register_forward_hook(lambda *_: calls.append(1))
    batch, draws = ours.feed.at(0, 0), TurnDraws((1,), 16, 0, 16, CPU)
    outcome = ours.turns[0].loss(batch, draws)
    assert len(calls) == 2
    handle.remove()
    fake = ours.game.generate(batch, draws).detach().requires_grad_()
    real = batch.real.clone().requires_grad_()
    on_real, on_fake = (discriminator(sample, batch.condition).logits for sample in (real, fake))
    squares = [
        torch.autograd.grad(logits.sum(), x, create_graph=True)[0].square().sum() / 16 / 2
        for logits, x in ((on_real, real), (on_fake, fake))
    ]
    expected = torch.nn.functional.softplus(on_fake - on_real).mean() + 2 * squares[0] + 3 * squares[1]
    torch.testing.assert_close(outcome.loss, expected)


def test_schedules_reach_the_optimizer(bars, tmp_path):
    ours = trainer(bars, "mlp", tmp_path, **{"players.generator.schedule": {"kind": "linear", "final": 0.0}})
    ours.step()
    assert ours.optimizers["generator"].param_groups[0]["lr"] == pytest.approx(2e-4 * (1 - 16 / 96))
    assert ours.optimizers["discriminator"].param_groups[0]["lr"] == 2e-4


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_not_finite_never_reaches_a_weight(bars, tmp_path, what):
    ours = trainer(bars, "mlp", tmp_path)
    turn = ours.turns[0]

    def broken(batch, draws):
        outcome = turn.loss(batch, draws)
        bad = (
            outcome.loss * float("inf")
            if what == "loss"
            else outcome.loss + torch.sqrt(ours.game.players["discriminator"].head.linear.bias * 0).sum()
        )
        return algorithms.Outcome(bad, outcome.shown)

    ours.turns = (algorithms.Turn(turn.learners, broken), ours.turns[1])
    before = {name: copy.deepcopy(player.state_dict()) for name, player in ours.game.players.items()}
    ticks = list(ours.fit(threading.Event()))
    assert [tick.event for tick in ticks] == ["diverged"]
    assert what in ticks[0].notes["reason"]
    for name, player in ours.game.players.items():
        assert all(torch.equal(value, before[name][key]) for key, value in player.state_dict().items())


def test_dropout_draws_leave_the_global_generator_alone(bars, tmp_path):
    ours = trainer(bars, "dcgan", tmp_path)
    torch.manual_seed(3)
    expected = torch.randn(2)
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    ours.step()
    assert torch.equal(torch.randn(2), expected)


def test_a_loss_that_no_graph_forgets(bars, tmp_path):
    """In anomaly mode (which finds in-place errors) every turn of every recipe runs."""
    with torch.autograd.set_detect_anomaly(True):
        for recipe in ("mlp", "dcgan", "dcgan-small"):
            trainer(bars, recipe, tmp_path).step()


def test_a_phase_without_the_generator(bars, tmp_path):
    """Until `begin` images the discriminator learns alone, against a generator that stands still."""
    ours = trainer(bars, "mlp", tmp_path, **{"players.generator.begin": 33})
    before = copy.deepcopy(ours.game.players["generator"].state_dict())
    for _ in range(2):
        ours.step()
    assert all(torch.equal(value, before[name]) for name, value in ours.game.players["generator"].state_dict().items())
    ours.step()
    assert not torch.equal(ours.game.players["generator"].last.weight, before["last.weight"])


def out_of_memory_above(patch, trainer, most):
    """Every turn's loss runs out of memory with more examples than `most`."""
    turns = []
    for turn in trainer.turns:

        def loss(batch, draws, loss=turn.loss):
            if len(batch.real) > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate too much")
            return loss(batch, draws)

        turns.append(dataclasses.replace(turn, loss=loss))
    patch.setattr(trainer, "turns", tuple(turns))


def test_out_of_memory_lowers_the_micro_batch_and_goes_on(bars, tmp_path, monkeypatch):
    asked = trainer(bars, "mlp", tmp_path, micro_batch=4)
    short = trainer(bars, "mlp", tmp_path)
    out_of_memory_above(monkeypatch, short, 5)
    for _ in range(2):
        asked.step()
        short.step()
    assert short.split_at == [{"images": 16, "micro_batch": 8}, {"images": 16, "micro_batch": 4}]
    for name, player in asked.game.players.items():
        for mine, theirs in zip(player.parameters(), short.game.players[name].parameters(), strict=True):
            assert torch.equal(mine, theirs)
    assert short._means() == asked._means()
    again = trainer(bars, "mlp", tmp_path)
    again.load_state(short.images, short.state())
    assert again.micro_batch == 4


@pytest.mark.parametrize(("recipe", "settings", "why"), [("dcgan", {}, "generator"), ("mlp", {"batch": 1}, "one example")])
def test_out_of_memory_that_cannot_be_mended_is_one_sentence(bars, tmp_path, monkeypatch, recipe, settings, why):
    ours = trainer(bars, recipe, tmp_path, **settings)
    out_of_memory_above(monkeypatch, ours, 0)
    with pytest.raises(UserError, match=f"out of memory.*{why}.*--set batch"):
        ours.step()


def test_the_probe_keeps_what_memory_bears(bars, tmp_path, monkeypatch):
    ours = trainer(bars, "mlp", tmp_path)
    out_of_memory_above(monkeypatch, ours, 5)
    assert throughput.measure(ours, lambda count: None, lambda: None, 0.0).micro_batch == 4
    assert ours.micro_batch == 16


@pytest.mark.parametrize("seconds", [130.0, 240.0, 3600.0])
@pytest.mark.parametrize(("a_sample", "a_sheet"), [(1e-5, 0.5), (4e-4, 0.02), (3e-3, 0.2)])
def test_looks_take_three_hundredths_of_the_time_at_most(a_sample, a_sheet, seconds):
    choices = Choices(load_recipe("mlp"))
    throughput.plan(choices, throughput.Speed(0.5, a_sample, a_sheet), 50_000, 784, 32, seconds)
    chosen, rate = choices.recipe, 32 / 0.5
    a_look = (chosen.score_samples + throughput.BESIDE) * a_sample + a_sheet
    assert a_look / (chosen.tick / rate) <= 0.03
    assert chosen.score_samples >= 128 and chosen.tick / rate <= 46 and chosen.images / chosen.tick >= 2
    assert (chosen.images + 0.01) / rate + chosen.images / chosen.tick * a_look <= seconds


@pytest.mark.parametrize("a_sample", [1e-5, 4e-4, 3e-3])
@pytest.mark.parametrize("seconds", [20.0, 60.0, 110.0])
def test_looks_count_in_the_plan_of_short_trainings(a_sample, seconds):
    choices = Choices(load_recipe("mlp"))
    throughput.plan(choices, throughput.Speed(0.05, a_sample), 50_000, 784, 32, seconds)
    chosen, rate = choices.recipe, 32 / 0.05
    a_look = (chosen.score_samples + throughput.BESIDE) * a_sample
    assert (chosen.images - 32) / rate + chosen.images / chosen.tick * a_look <= 1.02 * seconds


@pytest.mark.parametrize("seconds", [128.0, 131.0, 145.0])  # the first left 32 images after a tick of 416
def test_no_last_look_so_soon_after_the_one_before(seconds):
    choices = Choices(load_recipe("mlp"))
    throughput.plan(choices, throughput.Speed(0.5, 1e-5), 50_000, 784, 32, seconds)
    rest = choices.recipe.images % choices.recipe.tick
    assert rest == 0 or rest >= choices.recipe.tick // 4
