"""Players for rows of mixed columns: one-hot choices and normal scores (see modalities.table.codes for the layout).

The generator begins as a mixture fitted to the data by expectation maximisation (Dempster et al. 1977, JRSS B 39): within a part, choices are
independent and scores jointly normal (a latent class model with a Gaussian: McLachlan & Peel 2000, "Finite Mixture Models", chapter 2).
A residual network (He et al. 2016) sees the row that the mixture drew and shifts its logits and scores; choices stay one-hot by the
straight-through Gumbel-softmax (Jang et al. 2017, arXiv:1611.01144, section 2.2). Joining the two is this project's own, as in networks.refiner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log, pi
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, leaky_relu, one_hot, relu

from . import DiscriminatorOutput, register
from .layers import Condition, Share, Width

SMOOTHING = 1.0  # rows of the whole data's kind that every part is given beside its own
LEAST_VARIANCE = 1e-3  # of a score within a part
ROUNDS, ENOUGH = 40, 2e-3  # of expectation maximisation; nats a row below which another round is not worth it
NEVER = -1e4  # logarithm of the share of a part that is not used
UNLIKELY = -12.0  # logarithm of the least share of a choice within a part
ROWS_A_PART = 40  # fewest training rows a part, on average
SLICE = 2048  # rows looked at at once
MOST_TOGETHER = 64  # scores whose correlations within a part are kept


class Column(NamedTuple):
    """What the coded row holds of one column, in this order: one-hot choices of these widths, then a score where `scored`, which means something
    only where the choice is number `some_number` (always, where there is nothing to choose)."""

    widths: tuple[int, ...]
    scored: bool
    some_number: int | None


class Layout:
    """Where in a row what is. choices: (start, width); scores: where each is; switches: the place of the choice that each score hangs on, or -1."""

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
        self.choosing = [place for start, width in self.choices for place in range(start, start + width)]
        self.order = sorted(range(at), key=[*self.choosing, *self.scores].__getitem__)  # of choices before scores, to that of the row


class Mixture(nn.Module):
    """shares, logits (of each choice, within each part), means and factors (lower triangular, of the covariance) of the scores."""

    shares: Tensor
    logits: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, layout: Layout, parts: int):
        super().__init__()
        self.layout, scores = layout, len(layout.scores)
        self.register_buffer("shares", torch.full((parts,), -log(parts)))  # logarithms
        self.register_buffer("logits", torch.zeros(parts, len(layout.choosing)))
        self.register_buffer("means", torch.zeros(parts, scores))
        self.register_buffer("factors", torch.eye(scores).repeat(parts, 1, 1))

    def split(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Choices, scores, and 1 where a score means something."""
        scores = rows[:, self.layout.scores]
        if not self.layout.scores:
            return rows[:, self.layout.choosing], scores, scores
        there = torch.stack([rows[:, at] if at >= 0 else torch.ones_like(rows[:, 0]) for at in self.layout.switches], dim=1)
        return rows[:, self.layout.choosing], scores * there, there

    def log_likelihood(self, rows: Tensor) -> Tensor:
        """N x parts: of the part and the row. Scores that mean nothing count as if they lay at their part's mean, which is exact where they do
        not go together with others."""
        choices, scores, there = self.split(rows)
        found = self.shares + choices @ self.logits.T
        if not self.layout.scores:
            return found
        widths = torch.diagonal(self.factors, dim1=1, dim2=2).log()
        whitening = torch.linalg.inv(self.factors)
        slices = _slices(scores.shape[1])
        parts = [
            ((part[:, None] - self.means) * here[:, None]).permute(1, 0, 2) @ whitening.mT
            for part, here in zip(scores.split(slices), there.split(slices), strict=True)
        ]
        distance = torch.cat([part.square().sum(dim=2).T for part in parts])
        return found - distance / 2 - there @ (widths + log(2 * pi) / 2).T

    def posterior(self, rows: Tensor, known: Tensor) -> Tensor:
        """N x parts: logarithms of what is known of each row and the part, up to a constant. known: N x width, 1 where a value is known."""
        choices, scores, there = self.split(rows)
        found = self.shares + (choices * known[:, self.layout.choosing]) @ self.logits.T
        for members, seen in _patterns(there * known[:, self.layout.scores]):
            covariance = self._covariance()[:, seen][:, :, seen]
            apart = scores[members][:, seen] - self.means[:, None, seen]  # parts x members x seen
            factor = torch.linalg.cholesky(covariance)
            distance = torch.linalg.solve_triangular(factor, apart.mT, upper=False).square().sum(dim=1)
            spread = torch.diagonal(factor, dim1=1, dim2=2).log().sum(dim=1)
            found[members] = found[members] - (distance / 2 + spread[:, None]).T
        return found

    def _covariance(self) -> Tensor:
        return self.factors @ self.factors.mT

    @torch.no_grad()
    def fit(self, rows: Tensor) -> None:
        """Expectation maximisation from clusters. Every part is given SMOOTHING rows of the whole data's kind, so that none rules anything out."""
        used = max(1, min(len(self.shares), len(rows) // ROWS_A_PART))
        parts = one_hot(clusters(rows, used), len(self.shares)).to(rows.dtype)
        before = -torch.inf
        for _ in range(ROUNDS):
            self._maximise(rows, parts)
            likelihood = self.log_likelihood(rows)
            now = float(likelihood.logsumexp(dim=1).mean())
            if now - before < ENOUGH:
                return
            before, parts = now, likelihood.softmax(dim=1)

    def _maximise(self, rows: Tensor, parts: Tensor) -> None:
        """parts: N x parts, the share of each row that belongs to each."""
        choices, scores, there = self.split(rows)
        count = parts.sum(dim=0)[:, None]
        self.shares.copy_((count / count.sum()).log().clamp(min=NEVER)[:, 0])
        count = count + SMOOTHING
        self.logits.copy_(((parts.T @ choices + SMOOTHING * choices.mean(dim=0)) / count).clamp(min=1e-12).log().clamp(min=UNLIKELY))
        if not self.layout.scores:
            return
        all_there = there.sum(dim=0).clamp(min=1)
        mean = scores.sum(dim=0) / all_there
        variance = ((scores - mean).square() * there).sum(dim=0) / all_there
        seen = parts.T @ there
        sums = parts.T @ scores
        self.means.copy_((sums + SMOOTHING * mean) / (seen + SMOOTHING))
        own = (parts.T @ scores.square() - 2 * self.means * sums + self.means.square() * seen + SMOOTHING * variance) / (seen + SMOOTHING)
        self.factors.copy_(_factors(parts, scores, there, self.means, own.clamp(min=LEAST_VARIANCE)))

    def draw(self, part: Tensor, uniform: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
        """Of rows of these parts: logits with Gumbel noise, N x choices, and scores."""
        logits = self.logits[part] - (-uniform.log()).log()
        return logits, self.means[part] + (self.factors[part] @ normal[:, :, None])[:, :, 0]

    def draw_beside(self, part: Tensor, drawn: Tensor, rows: Tensor, known: Tensor) -> Tensor:
        """The scores that `draw` drew for rows of these parts, moved so that they go with those that are known (the conditional normal distribution)."""
        _, scores, there = self.split(rows)
        drawn = drawn.clone()
        for members, seen in _patterns(there * known[:, self.layout.scores]):
            covariance = self._covariance()[part[members]]
            inner, across = covariance[:, seen][:, :, seen], covariance[:, :, seen]
            # Matheron's rule: a draw of all, moved by how far its known ones are from what they should be
            apart = (scores - drawn)[members][:, seen]
            drawn[members] = drawn[members] + (across @ torch.linalg.solve(inner, apart[:, :, None]))[:, :, 0]
        return drawn


@register("table-generator")
class TableGenerator(nn.Module):
    """latent (N x latent_size) and noise (N x noise_size) -> the mixture's row -> shifted by the network -> a row (N x width).

    parts: of the mixture, fewer where there are few rows. temperature: of the softmax through which choices learn. The condition may hold
    "known", N x width with rows whose values are known, and "mask", 1 where they are: the part is drawn from those that make them likely,
    and they come out as they are. `fit` must have seen the data before the mixture shows any.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        layout: Sequence[Any],
        latent_size: int,
        *,
        parts: Width = 200,
        width: Width = 256,
        blocks: Width = 2,
        temperature: float = 0.5,
    ):
        super().__init__()
        self.chunk = 500  # rows of a forward pass when sampling
        self.layout, self.temperature = Layout([Column(*column) for column in layout]), temperature
        self.noise_size = 1 + len(self.layout.choosing) + len(self.layout.scores)
        self.mixture = Mixture(self.layout, parts)
        self.part = nn.Embedding(parts, 32)
        self.first = nn.Linear(self.layout.width + latent_size + 32, width)
        self.blocks = nn.Sequential(*(_Residual(width) for _ in range(blocks)))
        self.last = nn.Linear(width, self.layout.width)
        nn.init.normal_(self.last.weight, std=1e-3)  # the mixture's rows, to begin with
        nn.init.zeros_(self.last.bias)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        known = None if condition is None or "known" not in condition else (condition["known"], condition["mask"])
        logits, scores, part = self.start(noise.float(), known)
        drawn = self._row(logits, scores, known, learning=False)
        shift = self.last(self.blocks(self.first(torch.cat([drawn, latent, self.part(part)], dim=1)))).float()
        return self._row(logits + shift[:, self.layout.choosing], scores + shift[:, self.layout.scores], known, learning=True)

    def start(self, noise: Tensor, known: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """What the mixture draws: logits of choices, scores, parts."""
        uniform = torch.special.ndtr(noise[:, : 1 + len(self.layout.choosing)]).clamp(1e-7, 1 - 1e-6)
        weights = self.mixture.shares.expand(len(noise), -1) if known is None else self.mixture.posterior(*known)
        ends = weights.softmax(dim=1).cumsum(dim=1)
        part = (uniform[:, :1] > ends).sum(dim=1).clamp(max=ends.shape[1] - 1)
        normal = noise[:, 1 + len(self.layout.choosing) :]
        logits, scores = self.mixture.draw(part, uniform[:, 1:], normal)
        return logits, scores if known is None else self.mixture.draw_beside(part, scores, *known), part

    def _row(self, logits: Tensor, scores: Tensor, known: tuple[Tensor, Tensor] | None, learning: bool) -> Tensor:
        row = hard_rows(self.layout, logits, scores, self.temperature if learning else None)
        return row if known is None else torch.where(known[1] > 0, known[0], row)

    @torch.no_grad()
    def look(self, rows: Tensor) -> Tensor:
        return rows.float()

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        """Take the mixture from examples, rows as they are coded."""
        self.mixture.fit(rows)


def hard_choice(logits: Tensor, temperature: float | None = None) -> Tensor:
    """... x choices -> the largest, one-hot; temperature as in `hard_rows`."""
    choice = one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    if temperature is None:
        return choice
    soft = (logits / temperature).softmax(dim=-1)
    return choice + soft - soft.detach()


def hard_rows(layout: Layout, logits: Tensor, scores: Tensor, temperature: float | None = None) -> Tensor:
    """N x choices and N x scores -> coded rows, N x width: of every choice the largest, and scores where a choice says that they mean something.
    temperature: of the softmax whose gradient the choices pass on, straight through; None: they pass on none."""
    parts = logits.split([width for _, width in layout.choices], dim=1) if layout.choices else ()
    choices = [hard_choice(part, temperature) for part in parts]
    if any(at >= 0 for at in layout.switches):
        chosen = torch.cat(choices, dim=1)
        columns = {place: column for column, place in enumerate(layout.choosing)}
        there = [chosen[:, columns[at]] if at >= 0 else torch.ones_like(scores[:, 0]) for at in layout.switches]
        scores = scores * torch.stack(there, dim=1)
    return torch.cat([*choices, scores], dim=1)[:, layout.order]


@register("table-discriminator")
class TableDiscriminator(nn.Module):
    """A row (N x width) -> leaky ReLU layers with dropout -> logits (N), or, with `pack` rows judged together, N / pack rounded down
    (PacGAN: Lin et al. 2018, arXiv:1712.04086, section 3)."""

    def __init__(self, shape: tuple[int, ...], *, width: Width = 256, layers: Width = 2, dropout: Share = 0.0, pack: Width = 1):
        super().__init__()
        self.dropout, self.pack = dropout, pack
        widths = [shape[0] * pack, *[width] * layers]
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))
        self.last = nn.Linear(width, 1)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample[: len(sample) // self.pack * self.pack].reshape(-1, self.pack * sample.shape[1])
        for layer in self.hidden:
            x = dropout(leaky_relu(layer(x), 0.2), self.dropout, self.training)
        return DiscriminatorOutput(self.last(x)[:, 0])


class _Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(relu(self.first(self.norm(x))))


def clusters(rows: Tensor, count: int) -> Tensor:
    """A cluster for each row, N, by k-means among their principal components."""
    from sklearn.cluster import KMeans

    centred = (rows - rows.mean(dim=0)) / (rows.std(dim=0) + 0.1)  # rare choices would rule otherwise
    _, _, directions = torch.svd_lowrank(centred, q=min(24, *rows.shape))
    return torch.from_numpy(KMeans(count, n_init=1, max_iter=20, random_state=0).fit_predict((centred @ directions).numpy())).long()


def _slices(size: int) -> int:
    """Rows looked at at once, fewer the more scores they have."""
    return max(16, min(SLICE, SLICE * MOST_TOGETHER // max(1, size * size // 8)))


def _patterns(seen: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows of which the same scores are known, and which; none where nothing is."""
    if not seen.shape[1]:
        return
    kinds, which = torch.unique(seen > 0.5, dim=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        if kind.any():
            yield torch.nonzero(which == number)[:, 0], torch.nonzero(kind)[:, 0]


def _factors(parts: Tensor, scores: Tensor, there: Tensor, means: Tensor, variances: Tensor) -> Tensor:
    """Lower triangular factors of each part's covariance: its variances, and its correlations drawn towards 0 where it has few rows or a score
    is seldom there; of many scores the variances alone."""
    size = scores.shape[1]
    if size > MOST_TOGETHER:
        return torch.diag_embed(variances.sqrt())
    both, one, none = (torch.zeros(len(means), size * size) for _ in range(3))
    for part, here, member in zip(*(each.split(_slices(size)) for each in (scores, there, parts)), strict=True):
        for total, (left, right) in ((both, (part, part)), (one, (part, here)), (none, (here, here))):
            total += member.T @ (left[:, :, None] * right[:, None]).flatten(1)
    crossed = one.unflatten(1, (size, size)) * means[:, None]  # x_i there_j mean_j
    spread = both.unflatten(1, (size, size)) - crossed - crossed.mT + means[:, :, None] * means[:, None] * none.unflatten(1, (size, size))
    length = torch.diagonal(spread, dim1=1, dim2=2).clamp(min=1e-9).sqrt()
    count = parts.sum(dim=0)[:, None, None]
    correlation = spread / (length[:, :, None] * length[:, None]) * (count / (count + 2 * size))
    correlation = correlation - torch.diag_embed(torch.diagonal(correlation, dim1=1, dim2=2)) + torch.eye(size)
    deviation = variances.sqrt()
    return torch.linalg.cholesky(correlation * deviation[:, :, None] * deviation[:, None] + 1e-4 * torch.eye(size))
