"""Every count of a training follows from its length; only a budget's length depends on the clock."""

import pytest

from sparring.config.reading import load_recipe, with_settings
from sparring.training.autoconfig import Choices
from sparring.training.autoconfig.lengths import MIN_STEPS, Data, Lengths, lengths_of, settle_lengths
from sparring.training.autoconfig.throughput import Throughput

DATA = Data(examples=50_000, values=784, per_step=32)
COUNTS = ("tick", "patience", "score_samples", "final_samples")


def settled(speed=None, budget=None, data=DATA, **settings):
    choices = Choices(with_settings(load_recipe("mlp"), settings))
    settle_lengths(choices, speed or Throughput(1.0, 1.0), data, budget)
    return choices.recipe


@pytest.mark.parametrize("examples", [320, 3_200, 64_000, 1_000_000, "50epochs"])
def test_counts_do_not_depend_on_the_speed_of_the_machine(examples):
    speeds = Throughput(1e-4, 1e-6), Throughput(5.0, 3.0, 10.0)
    quick, slow = (settled(speed, examples=examples) for speed in speeds)
    assert quick == slow
    assert all(getattr(quick, count) for count in COUNTS)


@pytest.mark.parametrize("budget", [20.0, 75.0, 200.0, 3600.0])
@pytest.mark.parametrize("step", [0.002, 0.05, 2.0])
def test_a_budget_gives_the_counts_of_the_length_that_it_gives(budget, step):
    """The same plan is the same training: a budget writes down what --examples would have chosen."""
    planned = settled(Throughput(step, 1e-4, 0.05), budget)
    assert planned == settled(examples=planned.examples)


@pytest.mark.parametrize("examples", [320, 350, 999, 3_200, 39_999, 40_000, 1_000_000, 30_000_000])
@pytest.mark.parametrize("count", [50, 50_000])
def test_there_are_at_least_ten_ticks(examples, count):
    found = lengths_of(examples // 32 * 32, load_recipe("mlp"), Data(count, 784, 32))
    assert found.ticks >= 10
    assert found.tick <= 100_000
    assert found.tick % 32 == 0


@pytest.mark.parametrize("budget", [30.0, 60.0, 110.0, 130.0, 240.0, 3600.0])
@pytest.mark.parametrize(("a_sample", "a_look"), [(1e-5, 0.5), (4e-4, 0.02), (3e-3, 0.2)])
@pytest.mark.parametrize("step", [0.02, 0.5])
def test_the_plan_fills_the_budget_and_no_more(a_sample, a_look, step, budget):
    speed = Throughput(step, a_sample, a_look)
    planned = settled(speed, budget)
    seconds = lengths_of(planned.examples, planned, DATA).seconds(speed, 32)
    assert seconds <= budget or planned.examples == MIN_STEPS * 32
    if planned.examples > MIN_STEPS * 32:
        assert seconds > 0.7 * budget
        assert -(-planned.examples // planned.tick) >= 10


@pytest.mark.parametrize(
    ("slowness", "share", "least"), [(1.0, 0.5, (256, 2000)), (3.0, 0.5, (100, 1000)), (7.0, 0.7, (32, 250))]
)
def test_slow_samples_leave_time_for_the_training(slowness, share, least):
    """Texts of up to 186 letters on a quiet and a busy machine: a sample takes as long as three training examples."""
    speed = Throughput(64 * 0.002 * slowness, 0.006 * slowness, 0.5 * slowness)
    data, choices = Data(12_406, 186, 64), Choices(load_recipe("text"))
    settle_lengths(choices, speed, data, 214.0)
    found = lengths_of(choices.recipe.examples, choices.recipe, data)
    assert 0.7 * 214.0 < found.seconds(speed, 64) <= 214.0
    assert found.scoring_seconds(speed) < share * 214.0
    assert found.score_samples >= least[0] and found.final_samples >= least[1]
    assert "as samples are slow to make" in choices.reasons["final_samples"]


@pytest.mark.parametrize("budget", [128.0, 131.0, 145.0])
def test_no_last_tick_follows_soon_after_the_one_before(budget):
    planned = settled(Throughput(0.5, 1e-5), budget)
    rest = planned.examples % planned.tick
    assert rest == 0 or rest >= planned.tick // 4


def test_the_time_of_a_training_is_that_of_its_steps_ticks_and_final_score():
    lengths = Lengths(examples=640, tick=64, patience=0, score_samples=256, final_samples=2000)
    by_hand = 20 * 0.5 + 10 * ((256 + 120) * 0.01 + 0.3) + 1.5 * 2000 * 0.01
    assert lengths.seconds(Throughput(0.5, 0.01, 0.3), per_step=32) == pytest.approx(by_hand)


@pytest.mark.parametrize(("examples", "final"), [(320, 2000), (3_200, 4_800), (1_000_000, 10_000)])
def test_the_final_score_has_two_thousand_samples_at_least(examples, final):
    assert settled(examples=examples).final_samples == final


def test_what_is_stated_stays():
    stated = {"tick": 64, "score_samples": 300, "final_samples": 400, "patience": 0, "examples": 6400}
    found = settled(**stated)
    assert {name: getattr(found, name) for name in stated} == stated


def test_small_data_is_scored_with_more_samples_than_it_has_examples():
    few = Data(examples=300, values=12_288, per_step=64)
    found = settled(data=few, examples=30_000)
    assert (found.score_samples, found.final_samples) == (256, 2000)
