"""Losses of detectors that see objects as points of a heat map (CenterNet; Zhou et al. 2019, arXiv:1904.07850)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def centre_loss(logits: Tensor, heat: Tensor, weight: Tensor) -> Tensor:
    """The focal loss of a heat map, less where a centre is near (equation 1, alpha 2, beta 4), over all centres.

    Args:
        logits: Any shape.
        heat: 1 at centres, less around them, down to 0; same shape.
        weight: Of each place, 0 to 1; same shape, or one that stretches to it.
    """
    chance, at_centre = torch.sigmoid(logits), heat >= 1
    found = torch.where(
        at_centre,
        (1 - chance) ** 2 * logsigmoid(logits),
        (1 - heat) ** 4 * chance**2 * logsigmoid(-logits),
    )
    return -(found * weight).sum() / at_centre.sum().clamp(min=1)


def gaussians(centres: Tensor, deviations: Tensor, rows: int, columns: int) -> Tensor:
    """A bell with the top 1 in the cell of each centre, M x rows x columns (Liu et al. 2020, arXiv:1909.00700, 3.2).

    Args:
        centres: Column and row in cells, M x 2; cell 0 reaches from 0 to 1.
        deviations: Across and down, in cells, M x 2.
        rows: Of the grid.
        columns: Of the grid.
    """
    cells = centres.floor()
    across = torch.arange(columns, device=centres.device)[None] - cells[:, :1]
    down = torch.arange(rows, device=centres.device)[None] - cells[:, 1:]
    one = torch.exp(-(across**2) / (2 * deviations[:, :1] ** 2))
    other = torch.exp(-(down**2) / (2 * deviations[:, 1:] ** 2))
    return other[:, :, None] * one[:, None, :]
