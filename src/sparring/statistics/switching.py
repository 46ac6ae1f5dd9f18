"""How often discrete states of a series switch, and a factor model that makes them switch as often as in the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .factor_analysis import MIN_NOISE_STD
from .factor_mixture import FactorMixture

# pairs that are tried: the share of the factors that is kept, the longest first, and the share of the noise
KEPT_SHARES: tuple[tuple[float, float], ...] = (
    *((1, share) for share in (1, 0.8, 0.6, 0.4, 0.2)),
    *((share, 0.05) for share in (1, 0.5, 0.25, 0.125, 0.06)),
)
MAX_SERIES = 1000  # that are drawn for each pair


def switching_rates(values: Tensor, first: int, widths: Sequence[int]) -> Tensor:
    """The share of steps in which a choice differs from the step before; steps where it is all 0 do not count.

    Args:
        values: N x T x W series, in which a choice is one-hot.
        first: The column at which choices begin.
        widths: Columns of each choice.

    Returns:
        One rate for each choice.
    """
    rates = []
    for choice in values[:, :, first : first + sum(widths)].split(list(widths), dim=2):
        present, state = choice.sum(dim=2) > 0.5, choice.argmax(dim=2)
        both = present[:, 1:] & present[:, :-1]
        rates.append(((state[:, 1:] != state[:, :-1]) & both).sum() / both.sum().clamp(min=1))
    return torch.stack(rates)


@torch.no_grad()
def match_switching_rates(
    mixture: FactorMixture,
    values: Tensor,
    labels: Tensor | None,
    first: int,
    widths: Sequence[int],
    decode: Callable[[Tensor], Tensor],
    chunk_size: int,
) -> None:
    """Changes the mixture so that its choices switch about as often as in the data.

    The largest of normal values switches more often than a state that lasts for many steps. What is rough in a choice
    is its noise, independent from step to step, and its short factors. So for each choice some of these are dropped and
    the long factors lengthened by as much variance; of KEPT_SHARES the pair wins whose switching rate is nearest to
    that of the data.

    Args:
        mixture: Of flattened T x W series; changed in place.
        values: N x T x W training series.
        labels: N class numbers, or None.
        first: The column at which choices begin.
        widths: Columns of each choice.
        decode: Turns drawn values, N x T x W, into series with one-hot choices.
        chunk_size: Series drawn at once.
    """
    shape, count, width = values.shape[1:], min(len(values), MAX_SERIES), sum(widths)
    wanted = switching_rates(values, first, widths)
    label = torch.zeros(count, dtype=torch.long) if labels is None else labels[torch.randperm(len(labels))[:count]]
    noise = torch.randn(count, mixture.noise_size)
    loadings_now = mixture.loadings.unflatten(2, shape)[
        ..., first : first + width
    ]  # components x rank x T x width, a view
    noise_now = mixture.noise_std.unflatten(1, shape)[..., first : first + width]  # components x T x width, a view
    loadings, noise_std = loadings_now.clone(), noise_now.clone()
    variance = loadings.square().sum(dim=1) + noise_std.square()
    rank = (loadings.flatten(2).square().sum(dim=2) > 0).sum(dim=1)

    def keep(factor_share: float, noise_share: float, columns: slice) -> None:
        long = torch.arange(mixture.rank) < (factor_share * rank).ceil()[:, None]
        kept = (loadings * long[:, :, None, None])[..., columns]
        kept_variance = kept.square().sum(dim=1).clamp(min=MIN_NOISE_STD**2)
        wanted_variance = (variance - (noise_std * noise_share).square())[..., columns]
        loadings_now[..., columns] = kept * (wanted_variance / kept_variance).sqrt()[:, None]
        noise_now[..., columns] = (noise_std * noise_share)[..., columns]

    differences = []
    for shares in KEPT_SHARES:
        keep(*shares, slice(None))
        parts = zip(label.split(chunk_size), noise.split(chunk_size), strict=True)
        drawn = torch.cat([mixture.draw(*part).unflatten(1, shape) for part in parts])
        differences.append((switching_rates(decode(drawn), first, widths) - wanted).abs())
    begin = 0
    for size, best in zip(widths, torch.stack(differences).argmin(dim=0), strict=True):
        keep(*KEPT_SHARES[int(best)], slice(begin, begin + size))
        begin += size
