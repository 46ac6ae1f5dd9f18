"""Fits a model that draws trajectories to observed ones, by the energy distance of their places and changes.

The energy distance (Szekely & Rizzo 2013, Journal of Statistical Planning and Inference 143, 1249-1272) is 0 for equal
distributions alone and needs no discriminator, which for so few numbers takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

BATCH = 128
MAX_COLUMNS = 64  # of classes; beyond so many several share one


def fit_trajectories(
    model: nn.Module,
    draw: Callable[[Tensor, Tensor | None], Tensor],
    noise_size: int,
    paths: Tensor,
    labels: Tensor | None,
    steps: int,
) -> None:
    """Changes a model so that the paths that it draws are distributed as those given.

    Args:
        model: Whose parameters are changed.
        draw: N x noise_size normal values and N class numbers (None without classes) -> paths, N x T x D.
        noise_size: Normal values of a path.
        paths: Observed ones, N x T x D.
        labels: Their class numbers, or None.
        steps: Of gradient descent.
    """
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=4e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    classes = 0 if labels is None else int(labels.max()) + 1
    scales = paths.std().clamp(min=1e-4), paths.diff(dim=1).std().clamp(min=1e-4)
    with torch.enable_grad():
        for _ in range(steps):
            chosen = torch.randint(len(paths), (BATCH,))
            numbers = None if labels is None else labels[chosen]
            drawn = draw(torch.randn(BATCH, noise_size), numbers)
            pairs = zip(aspects(paths[chosen], *scales), aspects(drawn, *scales), strict=True)
            both = [tuple(_with_class(rows, numbers, classes) for rows in pair) for pair in pairs]
            loss = torch.stack([energy_distance(*pair) for pair in both]).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
    optimizer.zero_grad(set_to_none=True)


def aspects(paths: Tensor, place: Tensor, step: Tensor) -> list[Tensor]:
    """What of paths, N x T x D, is compared, N rows each: places, changes, speeds, and single moments.

    A moment is a place with the changes before and after it, another one of each path: where paths turn.
    place, step: The scales of places and of changes.
    """
    places, changes = paths / place, paths.diff(dim=1) / step
    speed = (changes.square().sum(dim=2) + 1e-8).sqrt()
    found = [places.flatten(1), changes.flatten(1), speed]
    if paths.shape[1] > 2:
        row = torch.arange(len(paths))
        moment = row % (paths.shape[1] - 2)
        found.append(torch.cat([places[row, moment + 1], changes[row, moment], changes[row, moment + 1]], dim=1))
    return found


def _with_class(rows: Tensor, numbers: Tensor | None, classes: int) -> Tensor:
    """N x D rows, joined with their classes as far away as the rows are from one another, so that these count."""
    if numbers is None:
        return rows
    columns = min(classes, MAX_COLUMNS)
    return torch.cat([rows, rows.shape[1] ** 0.5 * torch.eye(columns)[numbers % columns]], dim=1)


def energy_distance(first: Tensor, second: Tensor) -> Tensor:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| for N x D and M x D rows, by the root of D; pairs are of different rows."""
    size = first.shape[1] ** 0.5

    def within(rows: Tensor) -> Tensor:
        return torch.pdist(rows).mean()

    return (2 * torch.cdist(first, second).mean() - within(first) - within(second)) / size
