"""Players for series: N x T x W, the values of a step beside one another (see modalities.series.codec for what they are).

The generators begin as a normal distribution of whole series fitted to the data, one for each class: factors along which series vary and, of each value,
what these leave (factor analysis; Tipping & Bishop 1999, JRSS B 61, with a variance for each value). A recurrent or a dilated convolutional
network (Yu & Koltun 2016, arXiv:1511.07122) sees the series drawn and corrects it, as a residual. A longer series is drawn window by window: the next
one from the same distribution given the overlap with the one before, which a normal distribution has in closed form. Joining the two is this
project's own, as in networks.refiner.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from . import Verdict, register, table
from .layers import Condition, JoinedLabel, ProjectionHead, Width
from .recurrent import Cell, Layers, recurrence

ENOUGH = 4  # examples a factor, below which a class has none of its own
LEAST = 1e-3  # deviation of a value that the factors leave nothing of


class Layout(NamedTuple):
    """What a step holds, in this order: channels; for each of `gaps`, a channel that may lack values, 1 where it is there and -1 where it is not;
    where `ends`, 1 while the series goes on and -1 afterwards; and, the same in all steps, a coded row of what belongs to the whole series."""

    channels: int
    gaps: tuple[int, ...] = ()
    ends: bool = False
    whole: Sequence[Any] = ()  # of networks.table.Column


class Start(nn.Module):
    """A normal distribution of N x D values for each class (one without classes)."""

    means: Tensor
    factors: Tensor
    rest: Tensor

    def __init__(self, size: int, classes: int, rank: int):
        super().__init__()
        parts = max(1, classes)
        self.rank, self.noise_size = rank, rank + size
        self.register_buffer("means", torch.zeros(parts, size))
        self.register_buffer("factors", torch.zeros(parts, rank, size))
        self.register_buffer("rest", torch.ones(parts, size))  # deviations

    def draw(self, part: Tensor, noise: Tensor) -> Tensor:
        """N class numbers and N x noise_size normal values -> N x D."""
        along, beside = noise.float().split([self.rank, self.rest.shape[1]], dim=1)
        moved = torch.stack([(along @ factors) for factors in self.factors])[part, torch.arange(len(part), device=part.device)]
        return self.means[part] + moved + self.rest[part] * beside

    @torch.no_grad()
    def move(self, part: Tensor, drawn: Tensor, known: Tensor) -> Tensor:
        """What was drawn, N x D, moved so that its first values are the known ones, N x K, and the others go with them: Matheron's rule (Journel &
        Huijbregts 1978, "Mining Geostatistics", section VII.A)."""
        count, moved = known.shape[1], drawn.clone()
        for number in part.unique().tolist():
            members, factors = part == number, self.factors[number].double()
            own = factors[:, :count].T @ factors[:, :count] + torch.diag(self.rest[number, :count].double().square())
            across = factors[:, :count].T @ factors[:, count:]
            apart = (known[members] - drawn[members, :count]).double()
            moved[members, count:] += (torch.linalg.solve(own, apart.T).T @ across).float()
        moved[:, :count] = known
        return moved

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None) -> None:
        part = torch.zeros(len(rows), dtype=torch.long) if labels is None or len(self.means) == 1 else labels
        counts = torch.bincount(part, minlength=len(self.means))
        for number in range(len(self.means)):
            self.means[number] = rows[part == number].mean(dim=0) if counts[number] else rows.mean(dim=0)
        apart = rows - self.means[part]
        shared = self._fitted(apart)
        for number in range(len(self.means)):
            own = len(self.means) > 1 and counts[number] >= ENOUGH * self.rank
            self.factors[number], self.rest[number] = self._fitted(apart[part == number]) if own else shared

    def _fitted(self, apart: Tensor) -> tuple[Tensor, Tensor]:
        """rank x D factors, the principal axes of rows around 0, each as long as their deviation along it, and the D deviations of what is left."""
        factors = torch.zeros_like(self.factors[0])
        rank = min(self.rank, *apart.shape)
        _, lengths, axes = torch.svd_lowrank(apart, q=min(rank + 8, *apart.shape), niter=4)
        factors[:rank] = (axes * lengths / len(apart) ** 0.5).T[:rank]
        left = apart.square().mean(dim=0) - factors.square().sum(dim=0)
        return factors, left.clamp(min=LEAST**2).sqrt()


class _Series(nn.Module, ABC):
    """What the two generators share: latent (N x latent_size) and noise -> the start's series -> corrected by `self.body` -> N x T x W.

    rank: factors of the start. temperature: of the softmax through which choices learn. The condition may hold "before", N x K x W: the
    start's values of the first K steps, which the others then go with. `fit` must have seen the data before the start shows any.
    """

    def __init__(self, shape: tuple[int, int], classes: int, latent_size: int, layout: Any, rank: int, temperature: float, width: int):
        super().__init__()
        self.chunk = 50  # series of a forward pass when sampling
        self.layout = Layout(*layout) if layout is not None else Layout(shape[1])
        self.whole = table.Layout([table.Column(*column) for column in self.layout.whole])
        self.classes, self.temperature, self.shape = classes, temperature, shape
        self.start = Start(shape[0] * shape[1], classes, min(rank, shape[0] * shape[1]))
        self.noise_size = self.start.noise_size
        self.join = JoinedLabel(latent_size, classes)
        self.first = nn.Linear(shape[1] + self.join.width, width)
        self.strength = nn.Parameter(torch.full((), 0.1))  # of the correction: it begins small

    @abstractmethod
    def body(self, steps: Tensor) -> Tensor:
        """N x T x width -> N x T x W."""

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        return self.correct(self.draw(condition, noise), latent, condition)

    def draw(self, condition: Condition, noise: Tensor) -> Tensor:
        """The start's series, N x T x W."""
        labelled = condition is not None and "class" in condition
        part = condition["class"] if labelled and condition is not None else torch.zeros(len(noise), dtype=torch.long, device=noise.device)
        drawn = self.start.draw(part, noise)
        if condition is not None and "before" in condition:
            drawn = self.start.move(part, drawn, condition["before"].flatten(1))
        return drawn.unflatten(1, self.shape)

    def correct(self, drawn: Tensor, latent: Tensor, condition: Condition = None) -> Tensor:
        """The series made of what the start drew."""
        joined = self.join(latent, condition)[:, None].expand(-1, drawn.shape[1], -1)
        correction = self.body(self.first(torch.cat([drawn, joined], dim=2)))
        return self._finished(drawn + self.strength * correction.float())

    def _finished(self, raw: Tensor) -> Tensor:
        """Switches are on or off, nothing stands where nothing is, and the whole's row is the same in all steps; switches and choices pass gradients
        on, straight through (Bengio et al. 2013, arXiv:1308.3432)."""
        layout = self.layout
        if not layout.gaps and not layout.ends and not self.whole.width:
            return raw
        channels, gaps, ends, whole = raw.split([layout.channels, len(layout.gaps), int(layout.ends), self.whole.width], dim=2)
        alive = torch.ones_like(raw[:, :, :1])
        if layout.ends:
            going = ends > 0
            going[:, 0] = True  # a series has one step at least
            alive = _switched(ends, going.cumprod(dim=1) > 0)
        lives = (alive + 1) / 2
        gaps = _switched(gaps, (gaps > 0) & (lives > 0.5))
        there = torch.ones_like(channels)
        if layout.gaps:
            there = there.index_copy(2, torch.tensor(layout.gaps, device=raw.device), (gaps + 1) / 2)
        parts = [channels * there * lives, gaps, *([alive] if layout.ends else [])]
        if self.whole.width:
            mean = whole.mean(dim=1)
            row = table.hard_rows(self.whole, mean[:, self.whole.choosing], mean[:, self.whole.scores], self.temperature)
            parts.append(row[:, None].expand(-1, raw.shape[1], -1))
        return torch.cat(parts, dim=2)

    @torch.no_grad()
    def look(self, samples: Tensor) -> Tensor:
        return samples.float().flatten(1)

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        """Take the start from examples: rows as `look` gives them, labels N class numbers, or None."""
        self.start.fit(rows, labels)


def _switched(raw: Tensor, on: Tensor) -> Tensor:
    """1 where on, else -1, with the gradient of tanh."""
    soft = torch.tanh(raw)
    return torch.where(on, 1.0, -1.0) + soft - soft.detach()


@register("series-generator")
class RecurrentSeries(_Series):
    """A recurrent network in both directions corrects the start's series."""

    def __init__(
        self,
        shape: tuple[int, int],
        classes: int,
        latent_size: int,
        layout: Any = None,
        *,
        rank: Width = 64,
        width: Width = 64,
        cell: Cell = "gru",
        layers: Layers = 1,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, temperature, width)
        self.recurrence = recurrence(cell, width, width, layers, bidirectional=True)
        self.last = nn.Linear(2 * width, shape[1])

    def body(self, steps: Tensor) -> Tensor:
        return self.last(self.recurrence(steps)[0])


@register("series-conv-generator")
class ConvolutionalSeries(_Series):
    """Dilated residual convolutions correct the start's series: `blocks` of them, each twice as far apart as the one before."""

    def __init__(
        self,
        shape: tuple[int, int],
        classes: int,
        latent_size: int,
        layout: Any = None,
        *,
        rank: Width = 64,
        width: Width = 64,
        blocks: Layers = 5,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, temperature, width)
        self.blocks = nn.ModuleList(_Dilated(width, 2**power) for power in range(blocks))
        self.last = nn.Linear(width, shape[1])

    def body(self, steps: Tensor) -> Tensor:
        x = steps.transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.last(x.transpose(1, 2))


class _Dilated(nn.Module):
    def __init__(self, width: int, apart: int):
        super().__init__()
        self.first = nn.Conv1d(width, width, 3, padding=apart, dilation=apart)
        self.second = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(leaky_relu(self.first(leaky_relu(x, 0.2)), 0.2))


@register("series-conv-discriminator")
class SeriesDiscriminator(nn.Module):
    """A series (N x T x W) -> convolutions of stride 2, each twice as wide as the one before (four times the first at most), until `end_steps`
    steps are left -> logits (N), with classes by projection (Miyato & Koyama 2018, arXiv:1802.05637)."""

    def __init__(self, shape: tuple[int, int], classes: int, *, width: Width = 64, end_steps: Width = 4):
        super().__init__()
        widths, steps = [shape[1]], shape[0]
        self.convs = nn.ModuleList()
        while len(widths) == 1 or steps > end_steps:
            widths.append(width * min(4, 2 ** (len(widths) - 1)))
            self.convs.append(nn.Conv1d(widths[-2], widths[-1], 5, stride=2, padding=2))
            steps = -(-steps // 2)
        self.head = ProjectionHead(widths[-1] * steps, classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> Verdict:
        x = sample.transpose(1, 2)
        for conv in self.convs:
            x = leaky_relu(conv(x), 0.2)
        return Verdict(self.head(x.flatten(1), condition))
