from __future__ import annotations

import pytest

from report_samples import recipe, source, tick
from sparring.reports.findings import findings
from sparring.reports.headline import headline_of
from sparring.reports.scores import logged_scores
from sparring.reports.summary import summary

FINAL = {"event": "final", "examples": 200000, "snapshot": 160000}


def scored(fake=3.3, real=1.1, agreement=0.973, spread=0.1, **fingerprint):
    """Scores as the final line of a log has them; spread: half of an interval, as a share; None: no intervals."""

    def of(value, **more):
        ends = {}
        if spread is not None and isinstance(value, float):
            ends = {"low": value * (1 - spread), "high": value * (1 + spread)}
        print_of = {"features": "a", "generated": 2500, "real": 2048, **more}
        return {"value": value, "fingerprint": print_of, **ends}

    return {
        "frechet_distance": of(fake),
        "frechet_distance_real": of(real, **fingerprint),
        "label_agreement": of(agreement),
    }


def final(scores, **changed):
    return {**FINAL, "headline": "frechet_distance", "scores": scores, **changed}


def verdict(scores, evaluation=None):
    return summary(recipe(), source(), [tick(3), final(scores)], evaluation or {})[1]


def test_a_finished_run_in_three_sentences():
    assert summary(recipe(), source(), [*map(tick, range(1, 11)), final(scored())]) == [
        "Recipe dcgan was trained on 1,437 examples of digits in 10 classes, "
        "each seen about 139 times (200,000 in all), in 58s.",
        "The Frechet distance of 2,500 generated examples from 2,048 held-out ones is 3.3 (95 %: 2.97 to 3.63), "
        "that of as many training examples 1.1 (95 %: 0.99 to 1.21): 3.0 times as far (95 %: 2.6 to 3.4); "
        "a classifier sees the requested label in 97 % of its examples.",
        "The training is finished; the snapshot taken after 160,000 examples is kept; "
        "it ended too early to tell whether it was healthy.",
    ]


def test_features_that_were_cut_short_are_said_until_an_evaluation():
    scores = {
        name: {**score, "fingerprint": {**score["fingerprint"], "hurried": True}} for name, score in scored().items()
    }
    assert "3.0 times as far (95 %: 2.6 to 3.4) (in features whose learning the budget cut short" in verdict(scores)
    assert "cut short" not in verdict(scored())


@pytest.mark.parametrize(("fake", "real", "spread"), [(0.812, 1.397, 0.1), (1.2, 1.1, 0.2), (1.0, 1.1, 0.01)])
def test_samples_never_read_as_better_than_real_ones(fake, real, spread):
    said = verdict(scored(fake, real, spread=spread))
    assert "with so few, no difference from real examples can be told" in said
    assert "times" not in said
    assert f"{fake:.4g} (95 %" in said and f"{real:.4g} (95 %" in said


def test_a_tick_carries_no_verdict():
    said = summary(recipe(), source(), [tick(3, scores=scored(0.8, 1.4, spread=None))])[1]
    assert said.startswith("The latest Frechet distance of 2,500 generated examples from 2,048 held-out ones is 0.8")
    assert "carry no verdict" in said and "times" not in said


def test_a_final_score_without_an_interval_carries_no_verdict_and_promises_none():
    """As with one held-out example, of which nothing can tell the spread."""
    for pages in (
        summary(recipe(), source(), [tick(3), final(scored(0.8, 1.4, spread=None))])[1],
        findings({"headline": "frechet_distance", "scores": {"frechet_distance": {"value": 0.8, "real": 1.4}}})[0],
    ):
        assert pages.startswith("The Frechet distance of") and "carry no verdict, and have no interval" in pages
        assert "latest" not in pages and "final score" not in pages and "times" not in pages


def test_a_kernel_distance_below_zero_is_explained():
    scores = {
        "kernel_distance": {"value": -0.05, "low": -0.1, "high": 0.01, "fingerprint": {"generated": 50, "real": 9}},
        "kernel_distance_real": {"value": 0.02, "low": -0.1, "high": 0.1, "fingerprint": {"generated": 50, "real": 9}},
    }
    said = summary(recipe(), source(), [tick(3), final(scores, headline="kernel_distance")])[1]
    assert "50 generated examples from 9 held-out ones is -0.05" in said
    assert "no difference" in said and "(below 0 means that no difference was found)" in said


@pytest.mark.parametrize(("low", "verdict"), [(0.2, "farther away beyond doubt"), (0.05, "no difference from real")])
def test_the_kernel_distance_carries_a_verdict_by_its_intervals(low, verdict):
    scores = {
        "kernel_distance": {"value": 0.3, "low": low, "high": 0.4, "fingerprint": {"generated": 50, "real": 9}},
        "kernel_distance_real": {"value": 0.02, "low": -0.1, "high": 0.1, "fingerprint": {"generated": 50, "real": 9}},
    }
    assert verdict in summary(recipe(), source(), [tick(3), final(scores, headline="kernel_distance")])[1]


def test_an_evaluation_renews_the_verdict():
    measured = {"value": 1.04, "low": 1.0, "high": 1.1, "real": 0.28, "real_low": 0.26, "real_high": 0.3}
    scores = {
        "frechet_distance": {**measured, "fingerprint": {"generated": 7810, "real": 1065}},
        "coverage": {"value": 0.47, "low": 0.45, "high": 0.5, "real": 0.81, "fingerprint": {"generated": 1065}},
    }
    said = verdict(scored(0.8, 1.4), {"headline": "frechet_distance", "scores": scores})
    assert "7,810 generated examples from 1,065 held-out ones is 1.04" in said
    assert "3.7 times as far (95 %: 3.4 to 4.1)" in said
    assert "1,065 samples cover 47 % of as many held-out examples (training examples: 81 %)" in said


def test_a_restoration_that_is_worse_than_nothing_says_so():
    scores = {"psnr": {"value": 22.0, "low": 21.0, "high": 23.0}, "psnr_trivial": {"value": 28.1}}
    said = summary(recipe(), source(), [tick(3), final(scores, headline="psnr")])[1]
    assert said == (
        "On held-out examples its PSNR (dB) is 22 (95 %: 21 to 23), without learning 28.1; "
        "it is worse than doing nothing, by PSNR (dB)."
    )
    better = {**scores, "psnr": {"value": 30.0}}
    assert "worse" not in summary(recipe(), source(), [tick(3), final(better, headline="psnr")])[1]


def test_a_training_that_gets_worse_does_not_end_as_healthy():
    log = [tick(3), final(scored(), health="worsening", evidence="the score is 12.4 and was 1.5 at example 2,880")]
    assert summary(recipe(), source(), log)[2].endswith(
        "health: worsening (the score is 12.4 and was 1.5 at example 2,880)."
    )


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


def test_a_diverged_training_shows_the_score_of_what_is_kept_and_why_it_diverged():
    """The verdict is that of the kept snapshot, and the divergence is told beside it."""
    line = final(scored(), health="diverged", evidence="the score is 60 and was 2 at example 900")
    said = summary(recipe(), source(), [tick(3), line])
    assert "is 3.3 (95 %" in said[1]
    assert said[2] == (
        "The training diverged (the score is 60 and was 2 at example 900); "
        "the snapshot taken after 160,000 examples is kept."
    )


def test_an_unknown_health_is_shown():
    assert "health: generator collapsed" in summary(recipe(), source(), [tick(3, health="generator collapsed")])[2]


def test_null_and_nan_scores_are_not_numbers():
    for bad in (None, float("nan"), float("inf"), "3", True):
        said = summary(recipe(), source(), [tick(3, scores=scored(fake=bad, agreement=bad))])
        assert said[1] == "How good it is was not measured."
    only_label = summary(recipe(), source(), [tick(3, scores=scored(real=None, fake=None))])[1]
    assert only_label == "A classifier sees the requested label in 97 % of its examples."


def test_incomparable_scores_are_not_divided():
    assert headline_of({}, [final(scored(features="b"))]).times is None
    assert "times" not in verdict(scored(features="b"))
    assert headline_of({}, [final(scored())]).times.value == pytest.approx(3)
    assert headline_of({}, [final(scored(real=0.0))]).times is None


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
    log[-1] |= {"examples": 200000}
    said = summary(recipe(), source(), [{**tick(3), "examples": 200000}, log[-1]])[2]
    assert said.startswith("The training ended, after 200,000 of 200,000 examples (plateau")


def test_a_game_that_did_not_better_its_start_says_so():
    pretrained = {**recipe(), "algorithm": {"name": "weighted-likelihood", "pretrain_fraction": 0.5}}
    ticks = [*map(tick, range(1, 11)), final(scored())]
    assert (
        "what followed did not better it" not in summary(pretrained, source(), ticks)[2]
    )  # kept at 160,000 of 200,000
    earlier = [*ticks[:-1], final(scored(), snapshot=100_000)]
    said = summary(pretrained, source(), earlier)[2]
    assert "what followed did not better it, so the start is handed out." in said
    assert "handed out" not in summary(recipe(), source(), earlier)[2]
    unfinished = [line for line in earlier if line.get("examples", 0) <= 100_000 and line.get("event") != "final"]
    assert "handed out" not in summary(pretrained, source(), unfinished)[2]  # the game is still to come


def test_findings_of_texts_name_the_likelihood_copies_and_an_alarm():
    scores = {
        "nats_a_character": {"value": 2.0, "trivial": 2.8},
        "text_detection": {"value": 0.54, "real": 0.5},
        "copied_texts": {"value": 0.2, "real": 0.14},
        "repeated_texts": {"value": 0.9, "real": 0.02},
    }
    said = " ".join(findings({"scores": scores}, "texts"))
    assert "costs it 2 nats (2.885 bits)" in said and "letters are, 2.8" in said
    assert "AUC of 0.54" in said and "20 % of its texts equal a training text; of held-out texts, 14 % do" in said
    assert "Alarm: 90 % of its texts repeat another one" in said
    varied = {**scores, "repeated_texts": {"value": 0.03, "real": 0.02}}
    assert "Alarm" not in " ".join(findings({"scores": varied}, "texts"))
