"""What the configuration says of a game is what the game does."""

import pytest

from smoke import trainer
from sparring import algorithms
from sparring.config.recipe import RULES, Recipe


def test_every_game_has_its_rules():
    assert set(RULES) == set(Recipe.model_fields["game"].annotation.__args__)
    assert all({name for turn in rules.turns for name in turn} == set(rules.penalties) for rules in RULES.values())


@pytest.mark.parametrize("recipe", ["mlp", "vae"])
def test_the_turns_are_those_of_the_rules(bars, tmp_path, recipe):
    ours = trainer(bars, recipe, tmp_path)
    assert isinstance(ours.game, algorithms.kind(ours.recipe))
    assert tuple(turn.learners for turn in ours.turns if not turn.penalty) == RULES[ours.recipe.game].turns
    assert [turn.fresh for turn in ours.turns] == [True] + [False] * (len(ours.turns) - 1)  # the first counts the images
    assert set(ours.game.averaged) <= set(ours.game.players)
