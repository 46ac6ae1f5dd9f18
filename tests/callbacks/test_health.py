"""Every state of health is provoked and caught at the next look; going back is exact, whatever interrupts it."""

import dataclasses
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from smoke import ArraySource, StopAt, fingerprint, smoke_settings
from sparring import api
from sparring.callbacks.base import Action, Callback
from sparring.callbacks.health import Diagnosis, HealthTick, diagnose
from sparring.metrics.neighbours import closeness, coverage, variety
from sparring.networks.output import DiscriminatorOutput
from sparring.training import callbacks
from sparring.training import run as training_run
from sparring.training.trainer import NotFinite, Trainer

FINE = HealthTick(0, 1.0, real=0.7, fake=0.7, variety=0.9, closeness=1.0, gap=0.1)


def history(*changes, falling=6):
    """A training whose score falls from 10 to 1, then looks that differ from it by `changes`."""
    begin = [
        dataclasses.replace(FINE, examples=100 * step, selection=10.0 - 9 * step / (falling - 1))
        for step in range(falling)
    ]
    end = [dataclasses.replace(FINE, examples=100 * (falling + step), **change) for step, change in enumerate(changes)]
    return begin + end


@pytest.mark.parametrize(
    ("changes", "state", "action"),
    [
        ([], "healthy", ""),
        ([{"selection": 0.9}], "healthy", ""),
        ([{"selection": 1.3}] * 3, "healthy", ""),
        ([{"selection": 2.5, "variety": 0.1}] * 2, "mode-collapse", "roll back"),
        ([{"selection": 3.0}], "worsening", ""),
        ([{"selection": 1.7}] * 3, "healthy", ""),
        ([{"selection": 1.7}] * 4, "worsening", ""),
        ([{"selection": 0.9, "variety": 0.1}] * 2, "mode-collapse", ""),
        ([{"selection": 2.5, "variety": 0.1}], "worsening", ""),
        ([{"selection": 1.2, "real": 0.96, "fake": 0.97}] * 2, "discriminator-dominates", ""),
        ([{"selection": 8.0}] * 2, "diverged", "roll back"),
        ([{"selection": 1.2, "real": 0.99, "fake": 1.0}] * 2, "discriminator-dominates", ""),
        ([{"selection": 3.0, "real": 0.99, "fake": 1.0}] * 2, "discriminator-dominates", "roll back"),
        ([{"selection": 0.9, "real": 0.99, "fake": 1.0}], "healthy", ""),
        ([{"selection": 3.0, "real": 0.9, "fake": 0.1}] * 2, "generator-dominates", "roll back"),
        ([{"selection": 1.1, "gap": 0.8, "closeness": 0.3}] * 2, "memorising", "augment"),
        ([{"selection": 1.1}] * 5, "plateau", "stop"),
    ],
)
def test_states_and_what_is_done(changes, state, action):
    found = diagnose(history(*changes), patience=500, can_augment=True, rollbacks_left=1)
    assert (found.health, found.action) == (state, action)
    assert found.evidence


@pytest.mark.parametrize(
    ("changes", "state", "action"),
    [
        ([{"selection": 1.1, "variety": 0.2}] * 4, "mode-collapse", ""),
        ([{"selection": 9.0, "variety": 0.2}] * 4, "diverged", "roll back"),
        ([{"selection": 2.5, "variety": 0.2}] * 4, "mode-collapse", ""),
        ([{"selection": 2.5, "variety": 0.09}] * 4, "mode-collapse", "roll back"),
        ([{"selection": 1.1, "variety": 0.2}] * 5, "mode-collapse", "stop"),
        ([{"selection": 1.1, "variety": 0.2}] * 3, "healthy", ""),
        ([{"selection": 0.9}, *[{"selection": 1.1}] * 3], "healthy", ""),
        ([{"selection": 1.1, "variety": 0.3}] * 4, "healthy", ""),
        ([{"selection": 1.1, "variety": 0.2, "gap": 0.8, "closeness": 0.3}] * 4, "memorising", "augment"),
    ],
)
def test_samples_that_never_were_unlike_one_another(changes, state, action):
    """Of half the variety of reals nothing is lost where there never was so much; while the score gets better it may
    still come. The best snapshot is as bare: nobody goes back to it for this.
    """
    ticks = [
        dataclasses.replace(tick, variety=tick.variety if tick.variety != FINE.variety else 0.2)
        for tick in history(*changes)
    ]
    found = diagnose(ticks, patience=500, can_augment=True, rollbacks_left=1)
    assert (found.health, found.action) == (state, action)


def test_while_a_player_is_still_to_come_few_kinds_are_no_collapse():
    ticks = [dataclasses.replace(tick, variety=0.2) for tick in history(*[{"selection": 1.1}] * 4)]
    assert diagnose(ticks, patience=500, can_augment=False, rollbacks_left=1, all_players_from=700).health == "healthy"


def test_there_is_nothing_to_go_back_to_before_the_first_gain():
    """A blank picture can score better than the first lessons: a training is not sent back to it, but neither does it
    go on for ever.
    """
    begin = [
        dataclasses.replace(FINE, examples=100 * step, selection=2.5 if not step else 60.0 + step) for step in range(5)
    ]
    found = diagnose(begin, patience=1000, can_augment=False, rollbacks_left=2)
    assert (found.health, found.action) == ("warming-up", "")
    assert diagnose(begin, patience=400, can_augment=False, rollbacks_left=2).action == "stop"
    gained = [
        *begin,
        *(
            dataclasses.replace(FINE, examples=100 * step, selection=each)
            for step, each in ((5, 1.0), (6, 60.0), (7, 60.0))
        ),
    ]
    assert diagnose(gained, patience=1000, can_augment=False, rollbacks_left=2).action == "roll back"


@pytest.mark.parametrize(
    ("changes", "state", "action"),
    [
        ([], "healthy", ""),
        ([{"selection": 2.5, "variety": 0.1}] * 2, "mode-collapse", "roll back"),
        ([{"selection": 8.0}] * 2, "diverged", "roll back"),
        ([{"selection": 3.0}] * 2, "worsening", ""),
        ([{"selection": 1.1, "closeness": 0.3}] * 2, "memorising", ""),
        ([{"selection": 1.1, "closeness": 0.3}], "healthy", ""),
        ([{"selection": 1.1}] * 5, "plateau", "stop"),
    ],
)
def test_without_a_discriminator_the_samples_alone_are_assessed(changes, state, action):
    ticks = [dataclasses.replace(tick, real=None, fake=None, gap=None) for tick in history(*changes)]
    found = diagnose(ticks, patience=500, can_augment=False, rollbacks_left=1)
    assert (found.health, found.action) == (state, action)
    assert "discriminator" not in found.evidence


def test_the_first_observations_are_not_assessed():
    assert diagnose(history(falling=3), 500, True, 1).health == "warming-up"


def test_without_rollbacks_left_a_broken_training_ends():
    assert diagnose(history(*[{"selection": 8.0}] * 2), 500, True, 0).action == "stop"


def test_without_patience_nothing_is_done():
    assert diagnose(history(*[{"selection": 1.1}] * 50), 0, True, 1).action == ""
    assert diagnose(history(*[{"selection": 8.0}] * 2), 0, True, 1).action == ""


def test_memorising_without_augmentation_is_said_and_ends_at_a_plateau():
    change = {"selection": 1.1, "gap": 0.8, "closeness": 0.3}
    assert diagnose(history(*[change] * 2), 500, False, 1).action == ""
    found = diagnose(history(*[change] * 5), 500, False, 1)
    assert (found.health, found.action) == ("memorising", "stop")


def test_a_score_around_zero_is_no_collapse():
    """Kernel distances are unbiased: the best may be below 0."""
    scores = [1.0, 0.5, 0.1, -0.002, 0.004, 0.003, 0.005]
    ticks = [dataclasses.replace(FINE, examples=step, selection=score) for step, score in enumerate(scores)]
    assert diagnose(ticks, 100, True, 1).health == "healthy"


def ticks_of(scores, **changes):
    return [
        dataclasses.replace(FINE, examples=100 * (step + 1), selection=each, **changes)
        for step, each in enumerate(scores)
    ]


def health_of(scores, noise=0.0, **changes):
    return diagnose(ticks_of(scores, **changes), 10_000, False, 1, noise)


@settings(max_examples=60, deadline=None)
@given(
    earlier=st.lists(st.floats(1.0, 100.0), min_size=3, max_size=20),
    times=st.floats(3.0, 1e6),
    known=st.booleans(),
)
def test_a_score_three_times_the_best_is_never_healthy(earlier, times, known):
    """However high the scores at the beginning were, and whether or not the noise of the score is known."""
    noise = 0.1 * min(earlier) if known else 0.0
    assert health_of([*earlier, times * min(earlier)], noise).health != "healthy"


def test_a_printed_distance_three_times_the_best_is_never_healthy():
    """Where few held-out examples make the score that chooses snapshots a noisy one about zero."""
    scores, distances = [0.3, 0.1, 0.02, -0.01, 0.05, 0.06], [9.0, 4.0, 1.0, 0.41, 1.2, 1.9]
    ticks = [
        dataclasses.replace(FINE, examples=100 * step, selection=score, frechet=distance)
        for step, (score, distance) in enumerate(zip(scores, distances, strict=True))
    ]
    found = diagnose(ticks, 10_000, False, 1, noise=0.07)
    assert found.health == "worsening"
    assert "the Frechet distance is 1.9 and was 0.41 at example 300" in found.evidence
    assert diagnose(ticks[:-1], 10_000, False, 1, noise=0.07).health == "healthy"


@settings(max_examples=60, deadline=None)
@given(
    earlier=st.lists(st.floats(1.0, 50.0), max_size=8),
    steps=st.lists(st.floats(0.02, 10.0), min_size=4, max_size=12),
)
def test_a_score_that_gets_worse_at_each_tick_is_never_healthy(earlier, steps):
    scores = [*earlier, 1.0, *(1.0 + np.cumsum(steps))]
    assert health_of(scores).health != "healthy"


def test_a_discriminator_that_is_nearly_always_right_is_not_healthy_while_the_score_does_not_improve():
    for right in (0.95, 0.98, 1.0):
        found = health_of([5.0, 4.0, 3.0, 3.1, 3.05], real=right, fake=right)
        assert found.health == "discriminator-dominates", right
    assert health_of([5.0, 4.0, 3.0, 2.0, 1.0], real=1.0, fake=1.0).health == "healthy"


def test_a_first_tick_that_stays_the_best_is_not_excused_for_long():
    """After some ticks it is no longer said that the training warms up."""
    scores = [1.0, *[60.0 + step for step in range(12)]]
    assert [health_of(scores[:count]).health for count in (4, 7, 8, 12)] == ["warming-up"] * 2 + ["diverged"] * 2


def test_what_the_margin_is_for():
    """About zero, factors say nothing: a twentieth of all that was gained is needed to be worse, and enough."""
    scores = [1.0, 0.5, 0.1, -0.002, 0.03]
    assert health_of(scores).health == "healthy"
    assert health_of([*scores[:-1], 0.06]).health == "worsening"
    assert health_of([*scores[:3], 0.02, 0.045]).health == "worsening"  # 0.02 is beyond chance above zero: no margin


def first_stop(scores, patience):
    """The tick at which a training with these scores is ended; None if it is not."""
    ticks = ticks_of(scores)
    for count in range(1, len(ticks) + 1):
        if diagnose(ticks[:count], 100 * patience, False, 1).action == "stop":
            return count
    return None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.02, 0.05])
@pytest.mark.parametrize(
    "curve",
    [np.linspace(1, 0.5, 60), np.concatenate([[0.55], np.linspace(1, 0.5, 59)])],
    ids=["falls", "falls after a lucky start"],
)
def test_a_slowly_falling_noisy_score_is_no_plateau(curve, noise, seed):
    rng = np.random.default_rng(seed)
    assert first_stop(curve * (1 + noise * rng.normal(size=60)), patience=10) is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.03])
def test_a_plateau_is_found_through_noise(noise, seed):
    rng = np.random.default_rng(seed)
    curve = np.maximum(1, 2 - 0.1 * np.arange(80))
    assert 20 <= (first_stop(curve * (1 + noise * rng.normal(size=80)), patience=10) or 999) <= 80


def test_the_first_diagnosis_sees_four_rising_ticks():
    assert health_of([1.0, 1.1, 1.2, 1.3]).health == "worsening"
    assert health_of([1.0, 1.001, 1.002, 1.003]).health == "healthy"  # by a twentieth of the best score it is no rise


def test_a_rise_with_ups_and_downs_is_seen():
    scores = [1.0, 1.05, 1.15, 1.1, 1.2, 1.18, 1.28, 1.25, 1.33, 1.3]
    assert health_of(scores).health == "worsening"
    assert health_of([1.0, 1.1, 1.2, 1.15, 1.12, 1.2, 1.1, 1.18, 1.14, 1.15]).health == "healthy"


def test_a_plateau_needs_proof_not_the_lack_of_it():
    """Ten ticks of wide noise do not show that the score stands still."""
    wide = [1.3, 1.1, 1.35, 1.15, 1.3, 1.1, 1.35, 1.15, 1.3, 1.12]
    assert first_stop([3.0, 2.0, 1.0, *wide], patience=10) is None
    assert first_stop([3.0, 2.0, 1.0, *[1.2] * 10], patience=10) == 13


def test_only_scores_after_the_best_one_count_for_a_plateau():
    """The best one is low by selection; three scores are the least from which a slope is judged."""
    assert first_stop([5.0, 4.0, 3.0, 2.0, 1.0, 1.1, 1.1, 1.1, 1.1], patience=2) == 8


def test_a_training_made_longer_after_a_plateau_has_its_patience_again():
    standing = history(*[{"selection": 1.1}] * 9)
    actions = {}
    for extended_at in (0, 1200):  # the last tick is at 1,400
        for patience in (200, 500):
            actions[extended_at, patience] = diagnose(standing, patience, True, 1, extended_at=extended_at).action
    assert actions == {(0, 200): "stop", (0, 500): "stop", (1200, 200): "stop", (1200, 500): ""}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([], "the best score so far, 1"),
        ([{"selection": 1.3}, {"selection": 1.2}], "the score is 1.2; the best, 1, was at example 500"),
        ([{"selection": 8.0}, {"selection": 9.0}], "the score is 9 and was 1 at example 500"),
        ([{"selection": 1.1}] * 5, "no better score than 1 since example 500"),
        (
            [{"selection": 2.5, "variety": 0.35}, {"selection": 2.5, "variety": 0.31}],
            "the variety of samples is 31% of that of reals, and was 90%",
        ),
        (
            [{"selection": 1.2, "real": 0.99, "fake": 0.96}, {"selection": 1.2, "real": 0.97, "fake": 0.98}],
            "the accuracy is 97% on reals and 98% on fakes, and the score does not improve",
        ),
        (
            [{"selection": 3.0, "real": 0.9, "fake": 0.2}, {"selection": 3.0, "real": 0.8, "fake": 0.13}],
            "87% of the fakes pass as real, and the score does not improve",
        ),
        (
            [{"selection": 1.1, "gap": 0.8, "closeness": 0.4}, {"selection": 1.1, "gap": 1.5, "closeness": 0.3}],
            "the distance of samples to training examples is 30% of that of held-out reals, and the discriminator's "
            "logits of held-out reals lie 100% of the way from training examples to fakes",
        ),
        ([{"selection": 1.2 + 0.1 * step} for step in range(4)], "it gets worse from tick to tick: the score is 1.5 "),
    ],
)
def test_the_evidence_is_that_of_the_last_tick(changes, sentence):
    found = diagnose(history(*changes), patience=500, can_augment=True, rollbacks_left=1)
    assert found.evidence.startswith(sentence)


def test_the_evidence_before_there_is_any():
    assert diagnose(history(falling=3), 500, True, 1).evidence == (
        "too early to tell: the health is assessed from the 4th tick on"
    )
    scores = [1.0, *[60.0 + step for step in range(7)]]
    assert health_of(scores[:7]).evidence == "no better yet than at its first tick, 1"
    assert health_of(scores).evidence == (
        "no better yet than at its first tick, 1; the score is 66 and was 1 at example 100"
    )
    never = [
        dataclasses.replace(tick, variety=0.2 - 0.01 * at) for at, tick in enumerate(history(*[{"selection": 1.1}] * 4))
    ]
    never = [dataclasses.replace(tick, variety=min(tick.variety, 0.24)) for tick in never]
    assert diagnose(never, 500, False, 1).evidence == (
        "the variety of samples is 11% of that of reals, and the score does not improve"
    )


@pytest.mark.parametrize(
    ("change", "health"),
    [
        ({"selection": 2.5, "variety": 0.39}, "mode-collapse"),
        ({"selection": 2.5, "variety": 0.4}, "worsening"),  # low is below 40 % of that of reals
        ({"selection": 1.2, "real": 0.95, "fake": 0.95}, "discriminator-dominates"),
        ({"selection": 1.2, "real": 0.949, "fake": 1.0}, "healthy"),
        ({"selection": 1.2, "real": 0.8, "fake": 0.2}, "generator-dominates"),
        (
            {"selection": 1.2, "real": 0.79, "fake": 0.2},
            "healthy",
        ),  # a discriminator that is wrong on both is only weak
        ({"selection": 1.2, "real": 0.9, "fake": 0.21}, "healthy"),
        ({"selection": 1.2, "real": None, "fake": 0.1}, "healthy"),
        ({"selection": 1.2, "real": 0.99, "fake": None}, "healthy"),
        ({"selection": 1.1, "closeness": 0.5, "gap": 0.5}, "memorising"),
        ({"selection": 1.1, "closeness": 0.51, "gap": 0.9}, "healthy"),
        ({"selection": 1.1, "closeness": 0.1, "gap": 0.49}, "healthy"),
        ({"selection": 4.0}, "worsening"),  # four times the best is not yet beyond it
        ({"selection": 4.1}, "diverged"),
    ],
)
def test_limits(change, health):
    assert diagnose(history(*[change] * 2), patience=500, can_augment=True, rollbacks_left=1).health == health


def test_memorising_is_never_gone_back_from_and_is_said_from_the_first_tick_on():
    """Of a training whose first tick is its best, too: its samples are copies, however it scores."""
    copies = {"gap": 0.8, "closeness": 0.3}
    assert diagnose(history(*[{"selection": 3.0, **copies}] * 2), 500, False, 1).action == ""
    found = health_of([1.0, *[2.0] * 6], **copies)
    assert found.health == "memorising"


def test_noise_widens_what_counts_as_a_change():
    """Four standard errors; an unknown error counts as none."""
    for noise, expected in ((0.0, "worsening"), (float("nan"), "worsening"), (0.2, "worsening"), (0.3, "healthy")):
        assert health_of([5.0, 3.0, 2.0, 1.0, 2.1], noise).health == expected, noise
    ticks = ticks_of([5.0, 1.0, *[1.2 - 0.01 * step for step in range(9)]])  # by 8 % within a patience
    actions = [diagnose(ticks, 800, False, 1, noise).action for noise in (0.0, float("nan"), 0.2, 1.0)]
    assert actions == ["", "", "", "stop"]


@pytest.mark.slow
def test_how_often_a_falling_score_is_ended_by_mistake():
    """Below one in a hundred over whole trainings, where the score falls by half with 5 % of noise."""
    rng = np.random.default_rng(0)
    curve = np.linspace(1, 0.5, 100)
    stops = [first_stop(curve * (1 + 0.05 * rng.normal(size=100)), patience=15) for _ in range(300)]
    assert sum(stop is not None for stop in stops) < 3
    flat = [first_stop(1 + 0.05 * rng.normal(size=100), patience=15) for _ in range(100)]
    assert sum(stop is not None for stop in flat) > 80  # and a plateau as noisy is still found


def test_neighbours():
    rng = np.random.default_rng(0)
    training, held_out, fresh = rng.normal(size=(3, 400, 8))
    assert variety(fresh, training) == pytest.approx(1, abs=0.1)
    assert variety(np.repeat(fresh[:4], 100, axis=0) + 1e-3 * rng.normal(size=(400, 8)), training) < 0.01
    assert coverage(fresh, held_out) > 0.9
    assert coverage(np.repeat(fresh[:4], 100, axis=0), held_out) < 0.2
    assert closeness(fresh, training, held_out) == pytest.approx(1, abs=0.1)
    assert closeness(training + 1e-3 * rng.normal(size=(400, 8)), training, held_out) < 0.01
    assert variety(fresh, np.ones((400, 8))) == 1.0  # reals all alike say nothing


def test_coverage_equals_its_definition():
    """Naeem et al. 2020, eq. 9, written as loops."""
    rng = np.random.default_rng(1)
    fake, real = rng.normal(size=(2, 30, 3))
    covered = 0
    for point in real:
        radius = sorted(np.linalg.norm(real - point, axis=1))[5]  # the nearest is itself
        covered += any(np.linalg.norm(sample - point) <= radius for sample in fake)
    assert coverage(fake, real) == covered / 30


def send_back_from(monkeypatch, examples):
    """A training is sent back from `examples`, once; its score is made up so that example 96 is its best until then."""
    score = callbacks.Score.observe

    def once(history, patience, can_augment, rollbacks_left, noise, all_players_from, *rest):
        again = rollbacks_left == 2 and history[-1].examples == examples
        action = Action.ROLL_BACK if again else Action.NONE
        return Diagnosis("mode-collapse" if again else "healthy", "as the test wants it", action)

    def made_up(self, trainer, observation):
        found = score(self, trainer, observation)
        return found and dataclasses.replace(found, selection=float(abs(observation.examples - 96)))

    monkeypatch.setattr(callbacks, "diagnose", once)
    monkeypatch.setattr(callbacks.Score, "observe", made_up)


def train(out, **options):
    return api.train(
        ArraySource(train=60, test=20),
        "mlp",
        out,
        settings=smoke_settings("mlp", examples=256),
        **{"console": Callback(), **options},
    )


def test_going_back_is_exact_whatever_interrupts_it(tmp_path, monkeypatch):
    send_back_from(monkeypatch, 160)
    straight = train(tmp_path / "straight")
    log = straight.log()
    (back,) = (number for number, line in enumerate(log) if line["action"] == "roll back")
    assert log[back + 1]["examples"] == 128
    assert log[back + 1]["lr"]["generator"] == pytest.approx(log[0]["lr"]["generator"] / 2)
    assert log[-1]["examples"] == 256 - 64  # what was given up is not made up for
    expected = fingerprint(straight.path)
    for examples in range(16, 176, 16):
        stop = threading.Event()
        train(tmp_path / str(examples), console=StopAt(examples, stop), stop=stop)
        train(tmp_path / str(examples))
        assert fingerprint(tmp_path / str(examples)) == expected, examples


def test_what_is_said_after_going_back_is_of_what_is_left(tmp_path, monkeypatch):
    class Begins(Callback):
        def __init__(self):
            self.said, self.notes = [], []

        def start(self, examples, total):
            self.said.append((examples, total))

        def note(self, text):
            self.notes.append(text)

    send_back_from(monkeypatch, 160)
    begins = Begins()
    train(tmp_path / "run", console=begins)
    assert begins.said == [(0, 256), (96, 192)]
    train(tmp_path / "run", console=begins)
    assert "more than the 256 it was planned for" in begins.notes[-1]


def test_sheets_after_a_roll_back_are_removed(tmp_path, monkeypatch):
    send_back_from(monkeypatch, 224)
    run = train(tmp_path / "run")
    assert run.log()[-1]["examples"] == 128
    assert max(int(path.stem) for path in (run.path / "samples").glob("*.png")) == 128


def test_going_back_does_not_bring_memory_back(tmp_path, monkeypatch):
    send_back_from(monkeypatch, 160)
    step, found = Trainer.step, []

    def out_of_memory_at_128(self):
        if self.examples == 128 and self.attempt == 0 and not self.split_at:
            self._split()
        step(self)
        found.append((self.attempt, self.micro_batch))

    monkeypatch.setattr(Trainer, "step", out_of_memory_at_128)
    train(tmp_path / "run")
    assert {size for attempt, size in found if attempt == 1} == {8}


def test_a_loss_that_is_not_finite_leads_back_to_the_best_snapshot(tmp_path, monkeypatch):
    step, broken = Trainer.step, []

    def breaking(self):
        if self.examples == 128 and self.attempt == 0:
            broken.append(self.examples)
            raise NotFinite("the generator's loss is not finite")
        step(self)

    monkeypatch.setattr(Trainer, "step", breaking)
    log = train(tmp_path / "run").log()
    assert broken == [128]
    assert [line["event"] for line in log].count("diverged") == 1
    (line,) = (line for line in log if line["event"] == "diverged")
    assert line["evidence"] == line["reason"]  # not the name of the callback that asks for the way back
    assert log[-1]["event"] == "final"
    assert log[-1]["health"] != "diverged"


def test_an_early_end_is_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(
        callbacks,
        "diagnose",
        lambda history, *_: Diagnosis("plateau", "enough", Action.STOP if history[-1].examples == 160 else Action.NONE),
    )
    run = train(tmp_path / "run")
    assert run.log()[-1] | {"scores": 0} == run.log()[-1] | {
        "scores": 0,
        "event": "final",
        "examples": 160,
        "health": "plateau",
        "reason": "enough",
        "planned": 256,
    }
    before = (tmp_path / "run" / "log.jsonl").read_bytes()
    train(tmp_path / "run")
    assert (tmp_path / "run" / "log.jsonl").read_bytes() == before


def test_a_run_that_ended_at_a_plateau_goes_on_when_it_is_made_longer(tmp_path, monkeypatch):
    told = []

    def at_a_plateau(history, patience, can_augment, rollbacks_left, noise, start, extended_at):
        told.append(extended_at)
        return Diagnosis("plateau", "enough", Action.STOP if not extended_at and len(history) == 5 else Action.NONE)

    monkeypatch.setattr(callbacks, "diagnose", at_a_plateau)
    run = train(tmp_path / "run")
    ended = run.log()[-1]["examples"]
    stop = threading.Event()
    stop.set()
    train(run.path, stop=stop, examples=512)  # stopped before its first step
    run = train(run.path)
    assert run.log()[-1]["examples"] == 512
    assert set(told) == {0, ended}


def test_a_kill_between_the_last_tick_and_the_end_is_made_up_for(tmp_path, monkeypatch):
    monkeypatch.setattr(
        callbacks,
        "diagnose",
        lambda history, *_: Diagnosis("plateau", "enough", Action.STOP if history[-1].examples == 160 else Action.NONE),
    )
    expected = fingerprint(train(tmp_path / "straight").path)
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "_finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "run")
    train(tmp_path / "run")
    assert fingerprint(tmp_path / "run") == expected


def test_a_discriminator_that_memorised_shows_in_the_gap(tmp_path, monkeypatch):
    """One that has learned its training examples by heart takes held-out ones for fakes."""
    source, found = ArraySource(train=60, test=20), []
    known = {picture.tobytes() for picture in source.values(np.arange(60))}

    class ByHeart(nn.Module):
        def forward(self, sample, condition):
            pictures = ((sample + 1) * 127.5).round().to(torch.uint8).numpy()
            return DiscriminatorOutput(torch.tensor([float(picture.tobytes() in known) for picture in pictures]))

    def with_one_by_heart(self, trainer, gap=callbacks.HealthCheck._gap):
        honest = gap(self, trainer)
        with monkeypatch.context() as patch:
            patch.setitem(trainer.players, "discriminator", ByHeart())
            found.append(gap(self, trainer))
        return honest

    monkeypatch.setattr(callbacks.HealthCheck, "_gap", with_one_by_heart)
    train(tmp_path / "run")
    assert found == [pytest.approx(1, abs=0.05)] * 8


def test_a_noisy_score_below_zero_is_no_measure_to_fall_behind():
    """The kernel distance of few held-out examples: its luckiest look lies below 0, and four times that is nothing."""
    lucky = [
        dataclasses.replace(FINE, examples=100 * step, selection=value)
        for step, value in enumerate([0.9, 0.5, -0.06, 0.2, 0.22, 0.21])
    ]
    assert diagnose(lucky, 0, False, 1, noise=0.1).health == "healthy"
    assert diagnose(lucky, 0, False, 1, noise=0.01).health == "diverged"
    worse = [*lucky, *(dataclasses.replace(FINE, examples=600 + step, selection=5.0) for step in range(2))]
    assert diagnose(worse, 0, False, 1, noise=0.1).health == "diverged"


def test_the_noise_of_a_score_shrinks_with_what_it_is_measured_on():
    from sparring.metrics.online_score import OnlineScore
    from sparring.modalities.image.features import fit_features

    few, many = ArraySource(train=24, test=8), ArraySource(train=900, test=600)
    net = fit_features(many, 1)
    noises = [OnlineScore(net, source, 400, 1).noise for source in (few, many)]
    assert 0 < noises[1] < 0.5 * noises[0]


def test_a_score_that_is_not_finite_is_worse_than_any():
    broken = [
        *history(),
        *(dataclasses.replace(FINE, examples=600 + step, selection=float("inf")) for step in range(2)),
    ]
    assert diagnose(broken, 0, False, 1, noise=float("inf")).health == "diverged"
    after = [
        *history({"selection": float("inf")}),
        *(dataclasses.replace(FINE, examples=900 + step, selection=8.0) for step in range(2)),
    ]
    assert diagnose(after, 0, False, 1).health == "diverged"


def test_nothing_stands_still_before_all_players_play():
    seen = [dataclasses.replace(FINE, examples=100 * number) for number in range(1, 9)]
    assert diagnose(seen, 300, False, 0).health == "plateau"
    assert diagnose(seen, 300, False, 0, all_players_from=600).health != "plateau"
    assert diagnose(seen, 300, False, 0, all_players_from=500).health == "plateau"
