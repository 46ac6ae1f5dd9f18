"""Scores, their intervals and their differences, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from sparring import UserError
from sparring.metrics.intervals import Estimate, Interval, Parts, jackknife, quantile
from sparring.metrics.score_facts import FACTS, ScoreFacts, facts_of
from sparring.metrics.scores import Score, difference, differences, score_from

NORMAL = 1.959964  # half the width of a 95 % interval in standard errors


def measured(value, error, name="frechet_distance", **options):
    return Score(name, value, value - NORMAL * error, value + NORMAL * error, **options)


def test_a_score_takes_over_an_interval_and_makes_one_of_an_error():
    assert score_from("coverage", Interval(0.5, 0.4, 0.7)) == Score("coverage", 0.5, 0.4, 0.7)
    found = score_from("frechet_distance", Estimate(2.0, 0.5))
    assert (found.low, found.high) == pytest.approx((2 - NORMAL / 2, 2 + NORMAL / 2), rel=1e-5)
    cut = score_from("frechet_distance", Estimate(2.0, 5.0), least=0.0)
    assert (cut.low, cut.high) == pytest.approx((0, 2 + 5 * NORMAL), rel=1e-5)
    assert score_from("frechet_distance", Estimate(2.0, math.inf)) == Score("frechet_distance", 2.0)


def test_two_scores_five_tenths_apart_in_error():
    """Errors of 0.3 and 0.4 are 0.5 together: a difference of 1 is two of them, by chance in 4.55 % of cases."""
    found = difference(measured(1.0, 0.3), measured(2.0, 0.4))
    assert (found.name, found.value, found.ahead) == ("frechet_distance", -1.0, "mine")
    assert found.chance == pytest.approx(0.0455, abs=1e-4)
    assert found.sure
    less = difference(measured(2.0, 0.4), measured(1.1, 0.3))
    assert (less.ahead, less.sure) == ("theirs", False)
    assert less.chance == pytest.approx(math.erfc(1.8 / math.sqrt(2)), rel=1e-4)


def test_more_is_better_where_the_facts_say_so():
    assert difference(measured(0.9, 0.1, "coverage"), measured(0.8, 0.1, "coverage")).ahead == "mine"
    assert difference(measured(0.7, 0.1, "coverage"), measured(0.8, 0.1, "coverage")).ahead == "theirs"
    assert difference(measured(0.8, 0.1, "coverage"), measured(0.8, 0.1, "coverage")).ahead == ""
    assert difference(Score("coverage", math.inf), Score("coverage", 0.8)).ahead == ""


def test_an_interval_that_is_cut_off_at_the_lowest_value_counts_by_its_longer_side():
    cut = Score("frechet_distance", 0.1, 0.0, 0.1 + 0.3 * NORMAL)
    assert difference(cut, measured(1.1, 0.4)).chance == pytest.approx(0.0455, abs=1e-4)
    assert difference(Score("frechet_distance", 0.5, 0.5 - 0.3 * NORMAL, 0.5), measured(1.5, 0.4)).chance < 0.05


def test_scores_without_an_interval_are_never_sure():
    for mine, theirs in ((Score("coverage", 1.0), measured(0.2, 0.1, "coverage")), (Score("coverage", 1.0),) * 2):
        found = difference(mine, theirs)
        assert (found.chance, found.sure) == (None, False)
    assert difference(Score("coverage", 1.0, low=0.9), Score("coverage", 0.5, 0.4, 0.6)).chance is None


def test_scores_without_any_error_differ_or_not():
    assert difference(measured(1.0, 0), measured(1.0, 0)).chance == 1.0
    assert difference(measured(1.0, 0), measured(1.1, 0)).chance == 0.0


def test_scores_of_other_measurements_are_refused_and_the_differences_named():
    mine = measured(1.0, 0.1, fingerprint={"features": "a", "samples": 300, "seed": 0, "split": "test"})
    theirs = measured(1.0, 0.1, fingerprint={"features": "b", "samples": 256, "split": "validation"})
    said = "these two scores were measured differently (features a and b, samples 300 and 256, seed 0 and none)"
    with pytest.raises(UserError) as refusal:
        difference(mine, theirs)
    assert str(refusal.value) == f"{said} and cannot be compared; evaluate both with the same options"
    assert difference(mine, mine).value == 0
    with pytest.raises(UserError, match=r"\(frechet_distance and coverage\)"):
        difference(measured(1.0, 0.1), measured(1.0, 0.1, "coverage"))
    long = measured(1.0, 0.1, fingerprint={"features": "x" * 99})
    with pytest.raises(UserError, match=f"features {'x' * 60} and none"):
        difference(long, measured(1.0, 0.1))


def test_every_score_that_both_have_is_compared():
    mine = {name: measured(0.5, 0.1, name) for name in ("coverage", "density")}
    theirs = {name: measured(0.25, 0.1, name) for name in ("density", "recall")}
    assert [(each.name, each.value) for each in differences(mine, theirs)] == [("density", 0.25)]


def test_plain_values_have_no_infinity():
    described = Score("coverage", math.inf, 0.5, math.nan, fingerprint={"seed": 0}).described()
    assert (described["value"], described["low"], described["high"]) == (None, 0.5, None)
    assert (described["fingerprint"], described["real"]) == ({"seed": 0}, None)
    assert difference(Score("coverage", math.inf), Score("coverage", 0.5)).described() == {
        "name": "coverage",
        "value": None,
        "ahead": "",
        "chance": None,
    }


def test_quantiles_of_the_normal_distribution():
    assert [quantile(level) for level in (0.6826895, 0.95)] == pytest.approx([1.0, NORMAL], rel=1e-5)
    for level in (0.0, 1.0, -0.5):
        with pytest.raises(ValueError, match="between 0 and 1"):
            quantile(level)
    assert Estimate(1.0, 2.0).interval(0.6826895) == pytest.approx((-1.0, 3.0), rel=1e-5)


def test_an_interval_needs_samples():
    with pytest.raises(ValueError, match="an interval needs at least one sample of every kind"):
        jackknife(np.mean, np.zeros(0))
    assert Parts(1.0, 0.5, 10).deviation == 0.5


def test_facts_of_classes_and_references_follow_from_their_score():
    iou, coverage = FACTS["iou"], FACTS["coverage"]
    assert facts_of("iou sky") == ScoreFacts("iou sky", "iou sky", iou.meaning, iou.better, iou.trivial)
    assert iou.meaning and iou.trivial
    real = facts_of("coverage_real")
    assert (real.key, real.title, real.better) == ("coverage_real", f"{coverage.title} of real examples", "higher")
    assert "real training examples" in real.meaning
    plain = facts_of("psnr_trivial")
    assert (plain.title, plain.better) == (f"{FACTS['psnr'].title}, without learning", "higher")
    assert "the input itself" in plain.meaning
    assert facts_of("of_my_own") == ScoreFacts("of_my_own", "of_my_own", "", "")
    assert facts_of("of_my_own_real") == ScoreFacts("of_my_own_real", "of_my_own_real", "", "")
