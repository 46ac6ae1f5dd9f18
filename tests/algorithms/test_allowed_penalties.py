"""Penalties that a recipe or its data does not allow are refused."""

import pytest

from sparring import api
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.modalities.opening import open_data


def test_pseudo_labels_are_for_semi_supervised_recipes_only():
    settings = {"players.discriminator.penalties.pseudo-labels": {"weight": 1.0}}
    with_settings(load_recipe("sgan"), settings)
    with pytest.raises(UserError, match="no penalty 'pseudo-labels'"):
        with_settings(load_recipe("dcgan"), settings)


def test_consistency_is_refused_for_points(tmp_path):
    source = open_data("ring", {"labels": "none"})
    settings = {"players.discriminator.penalties.consistency": {"weight": 1.0}}
    with pytest.raises(UserError, match="shifts pictures"):
        api.train(source, "points", tmp_path / "run", settings=settings, device="cpu", console=Callback())
