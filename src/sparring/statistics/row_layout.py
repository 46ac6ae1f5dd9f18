"""What stands where in a coded row of mixed columns: one-hot choices and normal scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Column(NamedTuple):
    """What a coded row holds of one column, in this order.

    Attributes:
        widths: Widths of its one-hot choices.
        scored: Whether a normal score follows them.
        some_number: The number of the (first) choice for which the score means something; None: it always does.
    """

    widths: tuple[int, ...]
    scored: bool
    some_number: int | None


class RowLayout:
    """Places in a coded row.

    Attributes:
        width: Of the row.
        choices: (start, width) of each one-hot choice.
        scores: The place of each score.
        switches: For each score the place that is 1 where the score means something, or -1 where it always does.
        choice_places: The places of all choices.
        order: For each place of the row, where it is among choices followed by scores.
    """

    def __init__(self, columns: Sequence[Column]):
        self.choices: list[tuple[int, int]] = []
        self.scores: list[int] = []
        self.switches: list[int] = []
        at = 0
        for widths, scored, some_number in columns:
            first = at
            for width in widths:
                self.choices.append((at, width))
                at += width
            if scored:
                self.scores.append(at)
                self.switches.append(first + some_number if widths and some_number is not None else -1)
                at += 1
        self.width = at
        self.choice_places = [place for start, width in self.choices for place in range(start, start + width)]
        self.order = sorted(range(at), key=[*self.choice_places, *self.scores].__getitem__)

    def split(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """N x width rows -> choices, scores, and 1 where a score means something, else 0; scores are 0 there."""
        choices, scores = rows[:, self.choice_places], rows[:, self.scores]
        if not self.scores:
            return choices, scores, scores
        always = torch.ones_like(rows[:, 0])
        present = torch.stack([rows[:, at] if at >= 0 else always for at in self.switches], dim=1)
        return choices, scores * present, present
