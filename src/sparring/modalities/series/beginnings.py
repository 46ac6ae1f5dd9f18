"""When new series begin: as those of the data do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...util.random import make_rng

QUANTILES = 257  # of the places at which series begin


def quantiles(firsts: np.ndarray) -> tuple[float, ...]:
    """What `drawn` needs to draw places like these, at which series begin; () where all begin alike."""
    different = len(np.unique(firsts))
    if different < 2:
        return ()
    again = different <= len(firsts) / 2  # then others than these are no places to begin at
    shares = np.linspace(0, 1, QUANTILES)
    return tuple(np.quantile(firsts, shares, method="inverted_cdf" if again else "linear").tolist())


def drawn(starts: Sequence[float], begins: float, step: float | None, series: range, seed: int) -> np.ndarray:
    """The places at which series begin.

    Args:
        starts: quantiles of those of the data; () where all begin alike.
        begins: the usual one.
        step: how far it is from step to step, where that is the same everywhere: all places are such steps apart.
        series: the numbers of the series, by which they are drawn.
        seed: of the random numbers.
    """
    if not starts:
        return np.full(len(series), begins)
    shares = np.linspace(0, 1, len(starts))
    random = [make_rng(seed, "begins", number).random() for number in series]
    if len(set(starts)) < len(starts) / 2:  # few places, at which many series begin
        return np.array(starts)[np.searchsorted(shares, random)]
    places = np.interp(random, shares, starts)
    return places if step is None else begins + step * np.round((places - begins) / step)
