"""Discrete values that pass gradients straight through.

Bengio et al. 2013 (arXiv:1308.3432); Jang et al. 2017 (arXiv:1611.01144).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..statistics.row_layout import RowLayout


def hard_switch(raw: Tensor, on: Tensor) -> Tensor:
    """1 where `on`, else -1, with the gradient of tanh(raw)."""
    soft = torch.tanh(raw)
    return torch.where(on, 1.0, -1.0) + soft - soft.detach()


def hard_choice(logits: Tensor, temperature: float | None = None) -> Tensor:
    """The largest of ... x choices logits, one-hot, with the gradient of softmax(logits / temperature); None: none."""
    choice = one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    if temperature is None:
        return choice
    soft = (logits / temperature).softmax(dim=-1)
    return choice + soft - soft.detach()


def hard_rows(layout: RowLayout, logits: Tensor, scores: Tensor, temperature: float | None = None) -> Tensor:
    """N x choice places and N x scores -> coded rows, N x width.

    Each choice is the largest of its logits. A score is 0 where a choice says that it means nothing. temperature: as of
    `hard_choice`.
    """
    parts = logits.split([width for _, width in layout.choices], dim=1) if layout.choices else ()
    choices = [hard_choice(part, temperature) for part in parts]
    if any(at >= 0 for at in layout.switches):
        chosen = torch.cat(choices, dim=1)
        column_of = {place: column for column, place in enumerate(layout.choice_places)}
        always = torch.ones_like(scores[:, 0])
        scores = scores * torch.stack(
            [chosen[:, column_of[at]] if at >= 0 else always for at in layout.switches], dim=1
        )
    return torch.cat([*choices, scores], dim=1)[:, layout.order]
