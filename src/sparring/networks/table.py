"""Players for rows of mixed columns: one-hot choices and normal scores.

statistics.row_layout says what stands where, modalities.table.codes how values are coded. The generator begins as a
mixture fitted to the data (statistics.row_mixture). A residual network (He et al. 2016, arXiv:1512.03385) sees the row
that the mixture drew and shifts its logits and scores. Choices stay one-hot by the straight-through Gumbel-softmax
(Jang et al. 2017, arXiv:1611.01144, section 2.2). Joining mixture and network is this project's own, as in
networks.refiner.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from ..statistics.row_layout import Column, RowLayout
from ..statistics.row_mixture import RowMixture
from . import register_network
from .base import Condition, Discriminator, FittedStart, Generator
from .layers import Share, Width
from .output import DiscriminatorOutput
from .straight_through import hard_rows

EMBEDDING_WIDTH = 32  # of the mixture's component, beside the row that it drew
MIN_UNIFORM, MAX_UNIFORM = 1e-7, 1 - 1e-6  # so that the logarithms of Gumbel noise are finite


@register_network("table-generator")
class TableGenerator(Generator, FittedStart):
    """Draws a row from a mixture fitted to the data and shifts it.

    latent (N x latent_size) and noise (N x noise_size) -> the mixture's row -> shifted by the network -> coded rows (N
    x width). The condition may hold "known", N x width rows of which some values are known, and "mask", N x width, 1
    where they are: then the component is drawn by how likely it makes them, and known values come out as they went in.

    Args:
        shape: (row width,).
        layout: A Column, or its fields, for each column.
        latent_size: Values of the latent.
        components: Of the mixture; fewer are used where there are few rows.
        width: Units of each layer.
        blocks: Residual blocks.
        temperature: Of the softmax whose gradient choices pass on.
    """

    chunk_size = 500

    def __init__(
        self,
        shape: tuple[int, ...],
        layout: Sequence[Any],
        latent_size: int,
        *,
        components: Width = 200,
        width: Width = 256,
        blocks: Width = 2,
        temperature: float = 0.5,
    ):
        super().__init__()
        self.layout, self.temperature = RowLayout([Column(*column) for column in layout]), temperature
        self.choice_count = len(self.layout.choice_places)
        self.noise_size = 1 + self.choice_count + len(self.layout.scores)
        self.mixture = RowMixture(self.layout, components)
        self.embedding = nn.Embedding(components, EMBEDDING_WIDTH)
        self.first = nn.Linear(self.layout.width + latent_size + EMBEDDING_WIDTH, width)
        self.blocks = nn.Sequential(*(_ResidualBlock(width) for _ in range(blocks)))
        self.last = nn.Linear(width, self.layout.width)
        nn.init.normal_(self.last.weight, std=1e-3)  # almost the mixture's rows, to begin with
        nn.init.zeros_(self.last.bias)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        known = None if condition is None or "known" not in condition else (condition["known"], condition["mask"])
        logits, scores, component = self.draw(noise.float(), known)
        row = self._row(logits, scores, known, None)
        hidden = self.blocks(self.first(torch.cat([row, latent, self.embedding(component)], dim=1)))
        shift = self.last(hidden).float()
        logits, scores = logits + shift[:, self.layout.choice_places], scores + shift[:, self.layout.scores]
        return self._row(logits, scores, known, self.temperature)

    def draw(self, noise: Tensor, known: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Draws of the mixture by N x noise_size normal values.

        Returns logits of choices with Gumbel noise, scores, and component numbers (N). known: rows and the mask of
        their known values, N x width each, to condition on; None: no condition.
        """
        selector, gumbel, normal = noise.split([1, self.choice_count, len(self.layout.scores)], dim=1)
        selector, gumbel = (torch.special.ndtr(each).clamp(MIN_UNIFORM, MAX_UNIFORM) for each in (selector, gumbel))
        log_weights = (
            self.mixture.log_weights.expand(noise.shape[0], -1) if known is None else self.mixture.log_posterior(*known)
        )
        edges = log_weights.softmax(dim=1).cumsum(dim=1)
        component = (selector > edges).sum(dim=1).clamp(max=edges.shape[1] - 1)
        logits, scores = self.mixture.draw(component, gumbel, normal)
        if known is not None:
            scores = self.mixture.condition(component, scores, *known)
        return logits, scores, component

    def _row(
        self, logits: Tensor, scores: Tensor, known: tuple[Tensor, Tensor] | None, temperature: float | None
    ) -> Tensor:
        row = hard_rows(self.layout, logits, scores, temperature)
        return row if known is None else torch.where(known[1] > 0, known[0], row)

    @torch.no_grad()
    def statistics_input(self, samples: Tensor) -> Tensor:
        return samples.float()

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        self.mixture.fit(rows)


@register_network("table-discriminator")
class TableDiscriminator(Discriminator):
    """coded rows (N x width) -> leaky ReLU layers with dropout -> logits (N).

    Args:
        shape: (row width,).
        width: Units of each layer.
        layers: Number of hidden layers.
        dropout: Share of units dropped after each hidden layer.
        pack: Rows that are scored together, which gives N // pack logits (PacGAN: Lin et al. 2018, arXiv:1712.04086,
            section 3).
    """

    def __init__(
        self, shape: tuple[int, ...], *, width: Width = 256, layers: Width = 2, dropout: Share = 0.0, pack: Width = 1
    ):
        super().__init__()
        self.dropout, self.pack = nn.Dropout(dropout), pack
        widths = [shape[0] * pack, *[width] * layers]
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))
        self.last = nn.Linear(width, 1)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample[: len(sample) // self.pack * self.pack].reshape(-1, self.pack * sample.shape[1])
        for layer in self.hidden:
            x = self.dropout(leaky_relu(layer(x), 0.2))
        return DiscriminatorOutput(self.last(x)[:, 0])


class _ResidualBlock(nn.Module):
    """x + linear(ReLU(linear(norm(x)))), N x width; the last layer begins at 0."""

    def __init__(self, width: int):
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(relu(self.first(self.norm(x))))
