"""Walks through latent space."""

import pytest
import torch

from sparring.tasks.interpolate import between


def test_normal_latents_keep_their_length_on_the_way():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    way = between(a, b, torch.tensor([0.0, 0.5, 1.0]), "normal")
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[2], b, atol=1e-6, rtol=0)
    assert way[1].norm().item() == pytest.approx(1.0)


def test_uniform_latents_stay_in_their_box():
    way = between(torch.tensor([-1.0, 1.0]), torch.tensor([1.0, 1.0]), torch.tensor([0.5]), "uniform")
    assert way[0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("other", [[-2.0], [2.0]])
def test_opposite_and_equal_directions_have_no_great_circle(other):
    way = between(torch.tensor([1.0]), torch.tensor(other), torch.linspace(0, 1, 5), "normal")
    assert way.abs().max() <= 2.0 + 1e-5
