"""Trajectories fitted by the energy distance."""

import numpy as np
import pytest
import torch
from torch import nn

from sparring.statistics.trajectories import aspects, energy_distance, fit_trajectories


def test_the_energy_distance_by_hand():
    """Two rows each, in one dimension: 2 * mean |x - y| - |x1 - x2| - |y1 - y2|."""
    first, second = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    assert energy_distance(first, second).item() == pytest.approx(2 * (1 + 5 + 1 + 3) / 4 - 2 - 4)


def test_equal_distributions_are_near_and_others_are_not():
    rng = torch.Generator().manual_seed(0)
    first, second = (torch.randn(400, 6, generator=rng) for _ in range(2))
    assert abs(energy_distance(first, second)) < 0.02 < 10 * 0.02 < energy_distance(first, 2 * second + 1)


def test_aspects_by_hand():
    paths = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [3.0, 8.0]]])
    places, changes, speed, moment = aspects(paths, torch.tensor(2.0), torch.tensor(1.0))
    assert places.tolist() == [[0, 0, 1.5, 2, 1.5, 4]] and changes.tolist() == [[3, 4, 0, 4]]
    np.testing.assert_allclose(speed, [[5, 4]], rtol=1e-6)
    assert moment.tolist() == [[1.5, 2, 3, 4, 0, 4]]
    assert len(aspects(paths[:, :2], torch.tensor(1.0), torch.tensor(1.0))) == 3


def test_a_line_learns_where_paths_begin_and_how_fast_they_go():
    torch.manual_seed(0)
    begin, speed = torch.randn(500, 1) * 0.3 + 1, torch.rand(500, 1) * 0.2 + 0.5
    time = torch.arange(5.0)
    paths = (begin + speed * time)[:, :, None]
    model = nn.Linear(2, 2)

    def draw(noise, labels):
        values = model(noise)
        return (values[:, :1] + values[:, 1:] * time)[:, :, None]

    fit_trajectories(model, draw, 2, paths, None, 800)
    made = draw(torch.randn(2000, 2), None)[:, :, 0].detach()
    assert made[:, 0].mean().item() == pytest.approx(1, abs=0.1) and made[:, 0].std().item() == pytest.approx(
        0.3, abs=0.1
    )
    assert made.diff(dim=1).mean().item() == pytest.approx(0.6, abs=0.05)


def test_classes_go_their_own_ways():
    torch.manual_seed(0)
    labels = torch.arange(200) % 2
    paths = (torch.arange(4.0) * (labels[:, None] * 2 - 1))[:, :, None] + 0.1 * torch.randn(200, 1, 1)
    speeds = nn.Embedding(2, 1)
    nn.init.zeros_(speeds.weight)

    def draw(noise, numbers):
        return (torch.arange(4.0) * speeds(numbers))[:, :, None] + 0.1 * noise[:, :, None]

    fit_trajectories(speeds, draw, 1, paths, labels, 800)
    np.testing.assert_allclose(speeds.weight.detach().ravel(), [-1, 1], atol=0.1)
