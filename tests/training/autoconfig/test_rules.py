"""What a recipe leaves open is chosen from the data and the machine, with a reason; what is stated stays."""

import torch

from smoke import ArraySource
from sparring.config.reading import load_recipe, with_settings
from sparring.training.autoconfig import Choices, rules


def chosen(settings=None, train=120, device="cpu", shape=(1, 8, 8)):
    choices, source = Choices(with_settings(load_recipe("mixture"), settings or {})), ArraySource(shape, train=train)
    rules.from_data(choices, source)
    rules.sizes(choices, source, torch.device(device))
    return choices


def widths(choices):
    return [choices.value(f"players.{player}.options.width") for player in ("generator", "discriminator")]


def test_widths_follow_data_and_device_and_give_their_reason():
    assert widths(chosen()) == [16, 16]
    assert widths(chosen(shape=(3, 8, 8))) == [32, 32]
    assert widths(chosen(device="cuda")) == [64, 64]
    assert "cpu" in chosen().reasons["players.generator.options.width"]
    stated = chosen({"players.generator.options.width": 8})
    assert widths(stated) == [8, 16]
    assert "players.generator.options.width" not in stated.reasons


def test_colour_has_more_components_where_each_class_has_enough_pictures():
    cases = (1, 5000), (3, 5000), (3, 600), (4, 60)  # channels, pictures of three classes
    ranks = [
        chosen(shape=(channels, 8, 8), train=count).value("players.generator.options.rank") for channels, count in cases
    ]
    assert ranks == [16, 48, 25, 16]
    assert chosen({"players.generator.options.rank": 5}).value("players.generator.options.rank") == 5


def test_a_batch_is_no_larger_than_the_data():
    assert (chosen().recipe.batch, chosen(train=20).recipe.batch) == (64, 20)
