"""The space of a search: what a file may say, and what is refused in one sentence."""

import pytest

from sparring.config.reading import load_recipe, with_settings
from sparring.config.space import Range, read_space, settings_of
from sparring.errors import UserError

RECIPE = load_recipe("mlp-small")


def space(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return read_space(path, RECIPE)


def test_ranges_and_choices_are_read(tmp_path):
    found = space(
        tmp_path,
        "players.generator.optimizer.lr: {low: 1e-4, high: 1e-2, log: true}\n"
        "batch: {low: 16, high: 128, step: 16}\n"
        "algorithm.objective.name: [non-saturating, hinge]\n",
    )
    rate, batch, objective = found.values()
    assert rate == Range(low=1e-4, high=1e-2, log=True)
    assert not rate.whole
    assert batch.whole
    assert objective == ["non-saturating", "hinge"]
    own = settings_of(RECIPE, found)
    assert own == {"players.generator.optimizer.lr": 2e-4, "batch": 128, "algorithm.objective.name": "non-saturating"}
    assert settings_of(with_settings(RECIPE, {"batch": 256}), found) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("batch: [", "is not valid YAML"),
        ("", "should be lines of KEY"),
        ("{}", "should be lines of KEY"),
        ("[batch]", "should be lines of KEY"),
        ("batch: 3", "batch should be .VALUE"),
        ("batch: [64]", "two values or more"),
        ("batch: {low: 2, high: 1}", "low is smaller than high"),
        ("batch: {low: 0, high: 9, log: true}", "low is above 0"),
        ("batch: {low: 1, high: 9, log: true, step: 2}", "do not go together"),
        ("batch: {low: 1, high: .inf}", "finite"),
        ("batch: {low: 1, high: 2, lgo: true}", "key 'lgo' is unknown"),
        ("batch: [1, [2]]", "a number or a text"),
        ("batsh: [1, 2]", "did you mean 'batch'"),
        ("batch: [0, 2]", "batch"),
        ("algorithm.objective.name: [hinge, hing]", "hing"),
    ],
)
def test_what_is_no_space_is_refused(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        space(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="none.yaml cannot be read"):
        read_space(tmp_path / "none.yaml", RECIPE)
