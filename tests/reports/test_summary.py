from __future__ import annotations

from report_samples import recipe, source, tick
from sparring.reports.scores import logged_scores, multiple_of_real
from sparring.reports.summary import summary

FINAL = {"event": "final", "examples": 200000, "snapshot": 160000}


def scored(fake=3.3, real=1.1, agreement=0.973, **fingerprint):
    return {
        "frechet_distance": {"value": fake, "fingerprint": {"features": "a", "samples": 100}},
        "frechet_distance_real": {"value": real, "fingerprint": {"features": "a", "samples": 100, **fingerprint}},
        "label_agreement": {"value": agreement, "fingerprint": {}},
    }


def test_a_finished_run_in_three_sentences():
    assert summary(recipe(), source(), [*map(tick, range(1, 11)), {**FINAL, "scores": scored()}]) == [
        "Recipe dcgan was trained on 1,437 examples of digits in 10 classes, "
        "each seen about 139 times (200,000 in all), in 58 s.",
        "By Frechet distance, generated examples are 3.0 times as far from held-out examples as training examples are "
        "(1.0: no difference); a classifier sees the requested label in 97 % of its examples.",
        "The training is finished; the snapshot taken after 160,000 examples is kept; its health was not assessed.",
    ]


def test_the_source_may_name_its_unit():
    said = summary(recipe(), {**source(), "unit": "pictures"}, [tick(1)])
    assert "1,437 pictures of digits" in said[0]


def test_an_empty_run_is_summarised():
    assert summary({}, {}, []) == [
        "A GAN was set up on an unknown number of examples, but nothing has been trained yet."
    ]


def test_an_unfinished_run_says_how_far_it_came():
    said = summary(recipe(), source(), [tick(3)])
    assert said[2].startswith("The training is not finished (it has seen 60,000 of 200,000 examples)")


def test_a_diverged_run_says_so_and_names_what_is_kept():
    said = summary(
        recipe(), source(), [tick(3), {"event": "diverged", "examples": 70000, "reason": "a loss was not finite"}]
    )
    assert (
        said[2] == "The training diverged after 70,000 examples (a loss was not finite); "
        "the snapshot taken after 60,000 examples is kept."
    )
    assert "diverged" in summary(recipe(), source(), [tick(3, health="diverged")])[2]


def test_an_unknown_health_is_shown():
    assert "health: generator collapsed" in summary(recipe(), source(), [tick(3, health="generator collapsed")])[2]


def test_null_and_nan_scores_are_not_numbers():
    for bad in (None, float("nan"), float("inf"), "3", True):
        said = summary(recipe(), source(), [tick(3, scores=scored(fake=bad, agreement=bad))])
        assert said[1] == "How good it is was not measured."
    only_label = summary(recipe(), source(), [tick(3, scores=scored(real=None, fake=None))])[1]
    assert only_label == "A classifier sees the requested label in 97 % of its examples."


def test_incomparable_scores_are_not_divided():
    log = [tick(3, scores=scored(features="b"))]
    assert multiple_of_real(logged_scores(log)) is None
    assert "times as far" not in summary(recipe(), source(), log)[1]
    assert multiple_of_real(logged_scores([tick(3, scores=scored())])) == 3.3 / 1.1
    assert multiple_of_real(logged_scores([tick(3, scores=scored(real=0.0))])) is None


def test_scores_come_from_the_final_line_then_the_best_tick():
    rows = [tick(1, scores=scored(fake=2.0)), tick(2, best=False, scores=scored(fake=9.0))]
    assert logged_scores(rows)["frechet_distance"].value == 2.0
    assert logged_scores([*rows, {**FINAL, "scores": scored(fake=4.0)}])["frechet_distance"].value == 4.0
    assert logged_scores([*rows, {**FINAL, "snapshot": 20000, "scores": None}])["frechet_distance"].value == 2.0


def test_a_share_below_one_is_not_shown_as_100_percent():
    said = summary(recipe(), source(), [tick(3, scores=scored(agreement=0.9997))])[1]
    assert "99.9 %" in said


def test_an_early_end_gives_its_reason_and_the_rollbacks():
    log = [
        tick(3),
        {**tick(4), "action": "roll back"},
        tick(3),
        {**FINAL, "examples": 90000, "health": "plateau", "reason": "no better score since"},
    ]
    said = summary(recipe(), source(), log)[2]
    assert said.startswith(
        "The training ended early, after 90,000 of 200,000 examples (plateau: no better score since)"
    )
    assert said.endswith("It was rolled back to its best snapshot 1 time.")
