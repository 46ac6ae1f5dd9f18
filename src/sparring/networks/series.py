"""Players for series: N x T x W, the values of a step beside one another (see modalities.series.codec for what they are).

The generators begin as normal distributions of whole series fitted to the data: factors along which series vary and, of each value, what these leave (factor
analysis; Tipping & Bishop 1999, JRSS B 61, with a variance for each value), one for each class, or several where their mixture makes held-out series likelier,
told apart by their spectra at first (hard expectation maximisation; waves of many frequencies are of many kinds). A recurrent or a dilated convolutional
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

from . import DiscriminatorOutput, register, table
from .layers import Condition, JoinedLabel, ProjectionHead, Width
from .recurrent import Cell, Layers, recurrence

ENOUGH = 4  # examples a factor, below which a class has none of its own
LEAST = 1e-3  # deviation of a value that the factors leave nothing of
LOOSE = 0.5  # deviation of what choices are drawn from beside its factors, at least, as a share of theirs, where values are to go with it
KINDS, ROWS_A_KIND = (4, 16, 32), 100  # numbers of kinds that are tried; rows that each must have on average
NO_LIKELIER = 0.01  # nats a series by which more kinds are not worth it
ROUNDS, FEW_MOVED = 10, 0.01  # in which rows move among kinds; share of them below which another round is not worth it
MOST_NUMBERS, FEWEST_COMPARED = 2_000_000, 2000  # values by which kinds are told apart, and rows, of which there are so many all the same
MOST_PARTS = 64  # kinds of all classes together
FILLS, MOST_FILLED, AT_ONCE = 15, 3000, 500  # rounds in which what lacks is filled in, of so many rows, so many at once
# shares of a choice's factors and of its noise that are tried
KEPT: tuple[tuple[float, float], ...] = (
    *((1, share) for share in (1, 0.8, 0.6, 0.4, 0.2)),
    *((share, 0.05) for share in (1, 0.5, 0.25, 0.125, 0.06)),
)
LOOKED_AT = 1000  # series that are drawn with each
FEWEST, ROWS_A_FACTOR = 10, 16  # rows of a kind, and of each of its factors, where there are several


class Layout(NamedTuple):
    """What a step holds, in this order: channels; choices, one-hot of these widths; for each of `gaps`, a channel that may lack values, 1 where it is
    there and -1 where it is not; where `ends`, 1 while the series goes on and -1 afterwards; and, the same in all steps, a coded row of what belongs
    to the whole series. Channels and choices are 0 after the end."""

    channels: int
    gaps: tuple[int, ...] = ()
    ends: bool = False
    whole: Sequence[Any] = ()  # of networks.table.Column
    choices: tuple[int, ...] = ()

    @property
    def widths(self) -> list[int]:
        """Of all parts but the whole's."""
        return [self.channels, sum(self.choices), len(self.gaps), int(self.ends)]


class Start(nn.Module):
    """For each class (one without classes) a mixture of up to `kinds` normal distributions of N x D values; part `label * kinds + kind` is one of them.
    loose: D, values that are not followed to the letter where others are to go with them, as what choices are drawn from (see `_Series._calm`)."""

    shares: Tensor
    means: Tensor
    factors: Tensor
    rest: Tensor
    loose: Tensor

    def __init__(self, size: int, classes: int, rank: int, kinds: int = 1, loose: Tensor | None = None):
        super().__init__()
        parts = max(1, classes) * kinds
        self.rank, self.kinds, self.noise_size = rank, kinds, 1 + rank + size
        self.register_buffer("shares", torch.eye(kinds)[:1].repeat(max(1, classes), 1))  # of the kinds of a class
        self.register_buffer("means", torch.zeros(parts, size))
        self.register_buffer("factors", torch.zeros(parts, rank, size))
        self.register_buffer("rest", torch.ones(parts, size))  # deviations
        self.register_buffer("loose", torch.zeros(size, dtype=torch.bool) if loose is None else loose, persistent=False)

    def draw(self, label: Tensor, noise: Tensor, known: Tensor | None = None) -> Tensor:
        """N class numbers and N x noise_size normal values -> N x D; known: the first values, N x K, which the others then go with."""
        which, along, beside = noise.float().split([1, self.rank, self.rest.shape[1]], dim=1)
        shares = self.shares[label] if known is None else self.posterior(label, known)
        kind = (torch.special.ndtr(which) > shares.cumsum(dim=1)).sum(dim=1).clamp(max=self.kinds - 1)
        none = shares.gather(1, kind[:, None])[:, 0] == 0  # where rounding left the sum of shares below the draw
        part = label * self.kinds + torch.where(none, shares.argmax(dim=1), kind)
        moved = torch.stack([(along @ factors) for factors in self.factors])[part, torch.arange(len(part), device=part.device)]
        drawn = self.means[part] + moved + self.rest[part] * beside
        return drawn if known is None else self.move(part, drawn, known, beside)

    def _beside(self, number: int) -> Tensor:
        """D deviations of a part's values beside its factors."""
        least = LOOSE * self.factors[number].square().sum(dim=0).sqrt()
        return torch.where(self.loose, torch.maximum(self.rest[number], least), self.rest[number])

    @torch.no_grad()
    def move(self, part: Tensor, drawn: Tensor, known: Tensor, beside: Tensor | None = None) -> Tensor:
        """What was drawn, N x D, moved so that its first values are the known ones, N x K, and the others go with them: Matheron's rule (Journel &
        Huijbregts 1978, "Mining Geostatistics", section VII.A). beside: normal values, N x D, which both what is drawn and what is known lack where
        they are taken loosely."""
        count, moved = known.shape[1], drawn.clone()
        for number in part.unique().tolist():
            members, factors = part == number, self.factors[number].double()
            loosely = self._beside(number)[:count].double().square()
            own = factors[:, :count].T @ factors[:, :count] + torch.diag(loosely)
            across = factors[:, :count].T @ factors[:, count:]
            apart = (known[members] - drawn[members, :count]).double()
            if beside is not None:
                lacking = (loosely - self.rest[number, :count].double().square()).clamp(min=0)
                apart = apart + (2 * lacking).sqrt() * beside[members, :count]
            moved[members, count:] += (torch.linalg.solve(own, apart.T).T @ across).float()
        moved[:, :count] = known
        return moved

    @torch.no_grad()
    def posterior(self, label: Tensor, known: Tensor) -> Tensor:
        """N x kinds: how likely each kind of the label is where the first values are these, N x K."""
        if self.kinds == 1:
            return torch.ones_like(known[:, :1])
        found = torch.empty(len(known), self.kinds, device=known.device)
        for number in label.unique().tolist():
            found[label == number] = self._likelihoods(number, known[label == number])
        return found.softmax(dim=1)

    def log_likelihood(self, known: Tensor, parts: slice) -> Tensor:
        """N x parts: of the first values, N x K, under each: how far they lie from where their factors (those expected given the values) put them, and
        how far these lie from 0, which is the same as the matrix inversion lemma says and loses no digits."""
        count, found = known.shape[1], []
        for number in range(parts.start, parts.stop):
            factors, rest = self.factors[number], self._beside(number)[:count]
            white = (known - self.means[number, :count]) / rest
            long = factors[factors.square().sum(dim=1) > 0, :count] / rest
            inner = torch.linalg.cholesky(torch.eye(len(long), dtype=torch.float64, device=known.device) + long.double() @ long.double().T)
            along = torch.cholesky_solve((long @ white.T).double(), inner).to(white.dtype).T
            distance = (white - along @ long).square().sum(dim=1).double() + along.square().sum(dim=1)
            spread = torch.diagonal(inner).log().sum() + rest.double().log().sum()
            found.append(-distance / 2 - spread)
        return torch.stack(found, dim=1).float()

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None, looks: Tensor | None = None, there: Tensor | None = None) -> None:
        """rows: N x D; labels: N class numbers. looks: N x F, by which kinds are first told apart; None: there is one kind. there: N x D, False where
        a row's value stands for nothing."""
        classes = len(self.shares)
        part = torch.zeros(len(rows), dtype=torch.long) if labels is None or classes == 1 else labels
        counts = torch.bincount(part, minlength=classes)
        if there is not None and not there.all():
            rows = self._filled(rows, there, part)
        means = self._means(rows, part)
        shared = self._axes(rows - means[part], self.rank)
        for number in range(classes):
            members, first = part == number, number * self.kinds
            self.means[first], (self.factors[first], self.rest[first]) = means[number], shared
            if classes > 1 and counts[number] < ENOUGH * self.rank:
                continue
            if looks is None:
                self._fit_kinds(number, rows[members], torch.zeros(int(counts[number]), dtype=torch.long))
            else:
                self._choose_kinds(number, rows[members], looks[members])

    def _means(self, rows: Tensor, part: Tensor) -> Tensor:
        """Classes x D: of each class's rows, of all where it has none."""
        return torch.stack(
            [rows[part == number].mean(dim=0) if (part == number).any() else rows.mean(dim=0) for number in range(len(self.shares))]
        )

    def _filled(self, rows: Tensor, there: Tensor, part: Tensor) -> Tensor:
        """Values that lack drawn as they go with those of their row, by turns with fitting the distribution (stochastic expectation maximisation:
        Celeux & Diebolt 1985); the last turn, of all rows, follows those of some."""
        known, holes = there.float(), ~there.all(dim=1)
        weight = known.sum(dim=0).clamp(min=1)
        mean = (rows * known).sum(dim=0) / weight
        deviation = (((rows - mean).square() * known).sum(dim=0) / weight).sqrt()
        filled = torch.where(there, rows, mean + deviation * torch.randn_like(rows))
        for round_ in range(FILLS + 1):
            count = len(rows) if round_ == FILLS else min(len(rows), MOST_FILLED)
            seen, own = filled[:count], part[:count]
            means = self._means(seen, own)
            factors, rest = self._shrunk(*self._axes(seen - means[own], self.rank))
            for some in torch.nonzero(holes[:count])[:, 0].split(AT_ONCE):
                drawn = self._completed(rows[some], known[some], means[part[some]], factors, rest)
                filled[some] = torch.where(there[some], rows[some], drawn)
        return filled

    def _shrunk(self, factors: Tensor, rest: Tensor) -> tuple[Tensor, Tensor]:
        """Axes less what noise alone would give them (Tipping & Bishop 1999, eq. 7 and 8): else what is filled in by them strengthens them."""
        lengths = factors.square().sum(dim=1)
        noise = rest.square().sum() / max(1, len(rest) - int((lengths > 0).sum()))
        shrunk = factors * (1 - noise / lengths.clamp(min=1e-12)).clamp(min=0).sqrt()[:, None]
        return shrunk, (rest.square() + factors.square().sum(dim=0) - shrunk.square().sum(dim=0)).sqrt()

    def _completed(self, rows: Tensor, known: Tensor, means: Tensor, factors: Tensor, rest: Tensor) -> Tensor:
        """A draw of every row given its known values, 1 where they are: first how far it lies along each factor, then the rest."""
        precision = known / rest.square()
        inner = (precision @ (factors[:, None] * factors[None]).flatten(0, 1).T).unflatten(1, (self.rank, self.rank)) + torch.eye(self.rank)
        lower = torch.linalg.cholesky(inner.double())
        along = torch.cholesky_solve((((rows - means) * precision) @ factors.T).double()[:, :, None], lower)
        along = along + torch.linalg.solve_triangular(lower.mT, torch.randn_like(along), upper=True)
        return means + along[:, :, 0].float() @ factors + rest * torch.randn_like(rows)

    def _choose_kinds(self, label: int, rows: Tensor, looks: Tensor) -> None:
        """The fewest kinds that make held-out rows as likely as can be, from clusters on, each row moved to the kind under which it is likeliest; told
        apart by some of the rows where all would take long."""
        every = max(1, min(rows.numel() // MOST_NUMBERS, len(rows) // FEWEST_COMPARED))
        chosen = torch.arange(len(rows)) if every == 1 else torch.randperm(len(rows))[: len(rows) // every].sort().values
        some, seen = rows[chosen], looks[chosen]
        kept = len(some) - len(some) // 5
        tried: dict[int, float] = {}
        for count in (1, *(count for count in KINDS if count <= min(self.kinds, len(some) // ROWS_A_KIND))):
            self._separate(label, some[:kept], seen[:kept], count)
            tried[count] = float(self._likelihoods(label, some[kept:]).logsumexp(dim=1).mean())
        best = max(tried.values())
        self._separate(label, some, seen, min(count for count, likely in tried.items() if likely > best - NO_LIKELIER))
        if every > 1:
            self._fit_kinds(label, rows, self._likelihoods(label, rows).argmax(dim=1))

    def _likelihoods(self, label: int, rows: Tensor) -> Tensor:
        """N x kinds: logarithms of how likely each row and kind are together."""
        return self.log_likelihood(rows, slice(label * self.kinds, (label + 1) * self.kinds)) + self.shares[label].log()

    def _separate(self, label: int, rows: Tensor, looks: Tensor, count: int) -> None:
        kind = torch.zeros(len(rows), dtype=torch.long) if count == 1 else table.clusters(looks, count)
        self._fit_kinds(label, rows, kind)
        for _ in range(ROUNDS if count > 1 else 0):
            now = self._likelihoods(label, rows).argmax(dim=1)
            moved = int((now != kind).sum())
            kind = now
            if moved:
                self._fit_kinds(label, rows, kind)
            if moved < FEW_MOVED * len(rows):
                break

    def _fit_kinds(self, label: int, rows: Tensor, kind: Tensor) -> None:
        """kind: N, of each row. One with too few rows is given up."""
        self.shares[label] = torch.bincount(kind, minlength=self.kinds) / len(kind)
        for number in range(self.kinds):
            mine = rows[kind == number]
            if len(mine) < FEWEST and len(mine) < len(rows):
                self.shares[label, number] = 0
                continue
            at, rank = label * self.kinds + number, self.rank if len(mine) == len(rows) else min(self.rank, 1 + len(mine) // ROWS_A_FACTOR)
            self.means[at] = mine.mean(dim=0)
            self.factors[at], self.rest[at] = self._axes(mine - self.means[at], rank)
        self.shares[label] /= self.shares[label].sum()

    def _axes(self, apart: Tensor, most: int) -> tuple[Tensor, Tensor]:
        """rank x D factors, the principal axes of rows around 0, each as long as their deviation along it (`most` of them), and the D deviations
        of what is left."""
        factors = torch.zeros_like(self.factors[0])
        rank = min(most, *apart.shape)
        _, lengths, axes = torch.svd_lowrank(apart, q=min(rank + 8, *apart.shape), niter=4)
        factors[:rank] = (axes * lengths / len(apart) ** 0.5).T[:rank]
        left = apart.square().mean(dim=0) - factors.square().sum(dim=0)
        return factors, left.clamp(min=LEAST**2).sqrt()


class _Series(nn.Module, ABC):
    """What the two generators share: latent (N x latent_size) and noise -> the start's series -> corrected by `self.body` -> N x T x W.

    rank: factors of the start. kinds: normal distributions of a class at most. temperature: of the softmax through which choices learn. The
    condition may hold "before", N x K x W: the start's values of the first K steps, which the others then go with. `fit` must have seen the data before the start shows any.
    """

    def __init__(
        self, shape: tuple[int, int], classes: int, latent_size: int, layout: Any, rank: int, kinds: int, temperature: float, width: int
    ):
        super().__init__()
        self.chunk = 50  # series of a forward pass when sampling
        self.layout = Layout(*layout) if layout is not None else Layout(shape[1])
        self.whole = table.Layout([table.Column(*column) for column in self.layout.whole])
        self.classes, self.temperature, self.shape = classes, temperature, shape
        kinds = max(1, min(kinds, MOST_PARTS // max(1, classes)))
        choosing = torch.zeros(shape, dtype=torch.bool)
        choosing[:, self.layout.channels : self.layout.channels + sum(self.layout.choices)] = True
        self.start = Start(shape[0] * shape[1], classes, min(rank, shape[0] * shape[1]), kinds, choosing.flatten())
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
        known = condition["before"].flatten(1) if condition is not None and "before" in condition else None
        return self.start.draw(part, noise, known).unflatten(1, self.shape)

    def correct(self, drawn: Tensor, latent: Tensor, condition: Condition = None) -> Tensor:
        """The series made of what the start drew."""
        joined = self.join(latent, condition)[:, None].expand(-1, drawn.shape[1], -1)
        correction = self.body(self.first(torch.cat([drawn, joined], dim=2)))
        return self._finished(drawn + self.strength * correction.float())

    def _finished(self, raw: Tensor) -> Tensor:
        """Switches are on or off, nothing stands where nothing is, and the whole's row is the same in all steps; switches and choices pass gradients
        on, straight through (Bengio et al. 2013, arXiv:1308.3432)."""
        layout = self.layout
        channels, choices, gaps, ends, whole = raw.split([*layout.widths, self.whole.width], dim=2)
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
        chosen = (
            [table.hard_choice(part, self.temperature) * lives for part in choices.split(layout.choices, dim=2)] if layout.choices else []
        )
        parts = [channels * there * lives, *chosen, gaps, *([alive] if layout.ends else [])]
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
        layout, values = self.layout, rows.unflatten(1, self.shape)
        channels, choices, gaps, ends, _ = values.split([*layout.widths, self.whole.width], dim=2)
        there = torch.ones_like(values, dtype=torch.bool)
        there[:, :, layout.gaps] = gaps > 0
        if layout.ends:
            there[:, :, : layout.channels + sum(layout.choices)] &= ends > 0
        looks = torch.fft.rfft(torch.cat([channels, choices], dim=2), dim=1).abs().flatten(1)
        self.start.fit(rows, labels, looks, there.flatten(1))
        if layout.choices:
            self._calm(values, labels)

    def _calm(self, values: Tensor, labels: Tensor | None) -> None:
        """The largest of normal values flips more often than a choice that stays for many steps. So much of what is rough in a choice is kept (of what
        the factors leave, which is independent from step to step, and of the short factors), and the long factors lengthened for the rest, as gives the
        most nearly as many changes as the data has."""
        start, count, first, width = self.start, min(len(values), LOOKED_AT), self.layout.channels, sum(self.layout.choices)
        wanted = self._changes(values)
        part = torch.zeros(count, dtype=torch.long)
        if labels is not None and self.classes:
            part = labels[torch.randperm(len(labels))[:count]]
        noise = torch.randn(count, self.noise_size)
        # parts x rank x T x choices, and parts x T x choices
        now = (
            start.factors.unflatten(2, self.shape)[..., first : first + width],
            start.rest.unflatten(1, self.shape)[..., first : first + width],
        )
        factors, rest = (values.clone() for values in now)
        total = factors.square().sum(dim=1) + rest.square()
        rank = (factors.flatten(2).square().sum(dim=2) > 0).sum(dim=1)

        def settle(share: float, kept: float, columns: slice) -> None:
            long = (factors * (torch.arange(start.rank) < (share * rank).ceil()[:, None])[:, :, None, None])[..., columns]
            along = long.square().sum(dim=1).clamp(min=LEAST**2)
            now[0][..., columns] = long * ((total - (rest * kept).square())[..., columns] / along).sqrt()[:, None]
            now[1][..., columns] = (rest * kept)[..., columns]

        apart = []
        for tried in KEPT:
            settle(*tried, slice(None))
            drawn = [
                start.draw(*some).unflatten(1, self.shape) for some in zip(part.split(self.chunk), noise.split(self.chunk), strict=True)
            ]
            apart.append((self._changes(self._finished(torch.cat(drawn))) - wanted).abs())
        begin = 0
        for each, best in zip(self.layout.choices, torch.stack(apart).argmin(dim=0), strict=True):
            settle(*KEPT[int(best)], slice(begin, begin + each))
            begin += each

    def _changes(self, values: Tensor) -> Tensor:
        """Of each choice, the share of steps in which it is not what it was in the one before."""
        parts = values[:, :, self.layout.channels :].split(
            [*self.layout.choices, values.shape[2] - self.layout.channels - sum(self.layout.choices)], dim=2
        )
        found = []
        for part in parts[:-1]:
            there, now = part.sum(dim=2) > 0.5, part.argmax(dim=2)
            both = there[:, 1:] & there[:, :-1]
            found.append(((now[:, 1:] != now[:, :-1]) & both).sum() / both.sum().clamp(min=1))
        return torch.stack(found)


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
        kinds: Width = 32,
        width: Width = 64,
        cell: Cell = "gru",
        layers: Layers = 1,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, kinds, temperature, width)
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
        kinds: Width = 32,
        width: Width = 64,
        blocks: Layers = 5,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, kinds, temperature, width)
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

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample.transpose(1, 2)
        for conv in self.convs:
            x = leaky_relu(conv(x), 0.2)
        return DiscriminatorOutput(self.head(x.flatten(1), condition))
