"""What an evaluation found, in sentences."""

import pytest

from sparring.reports.findings import findings
from sparring.reports.temperatures import temperature_section


@pytest.mark.parametrize(
    ("low", "value", "high", "said"),
    [
        (0.01, 0.03, 0.05, "higher by 0.03 (0.01 to 0.05): it is ahead of what a temperature gives"),
        (-0.01, 0.03, 0.05, "differs by 0.03 (-0.01 to 0.05), which is no difference: the game did not earn its place"),
        (-0.05, -0.03, -0.01, "lower by 0.03 (-0.05 to -0.01): a temperature alone would have done better"),
    ],
)
def test_the_verdict_on_a_game_follows_from_the_interval_of_its_gain(low, value, high, said):
    scores = {"game_gain": {"value": value, "low": low, "high": high}}
    assert any(said in sentence for sentence in findings({"scores": scores}, "texts"))


@pytest.mark.parametrize("score", [{}, {"value": 0.1}, {"value": None, "low": None, "high": None}])
def test_no_verdict_without_an_interval(score):
    assert not any("Self-BLEU" in sentence for sentence in findings({"scores": {"game_gain": score}}, "texts"))


def test_temperatures_are_drawn_and_listed_and_what_cannot_be_read_is_left_out():
    point = {"model": "the <kept> model", "temperature": 1.0, "quality": 0.5, "repetition": 0.6, "copied": 0.25}
    page = temperature_section(
        {"temperatures": [point, {**point, "temperature": 0.8, "quality": 0.7}, {"model": 3}, 7]}
    )
    assert "<svg" in page and "the &lt;kept&gt; model" in page and "25" in page
    assert page.count("<tr>") == 3  # the head and two points
    assert temperature_section({"temperatures": [{**point, "quality": None}]}) == ""
    assert temperature_section({"temperatures": "damaged"}) == temperature_section({}) == ""
