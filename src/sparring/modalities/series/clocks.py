"""Numbers that are times, told by what they do: within a series they rise evenly, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .axes import ROUGH, SMOOTH

EPOCH_PARTS = (1, 1_000, 1_000_000, 1_000_000_000)  # of a second since 1970
EPOCH_SECONDS = (631_152_000, 2_524_608_000)  # 1990 and 2050
MIN_USUAL, MAX_USUAL = 0.6, 3.0  # share of the steps that are the usual one, and how many times as long others may be
MIN_EVEN = 0.9  # share of the steps that may not be longer
MIN_DIFFERENT = 0.5  # share of different numbers, from which they need not be evenly spaced
MAX_ROWS = 50_000  # that are looked at


def is_epoch(values: np.ndarray) -> bool:
    """Do numbers count seconds, or thousandths, millionths or billionths of them, since 1970, in our days?

    Numbers that tell things apart may be as large. Times are evenly spaced by more than 1, or hardly ever the same.
    """
    seconds = [(values.min() / parts, values.max() / parts) for parts in EPOCH_PARTS]
    if not any(EPOCH_SECONDS[0] <= first and last <= EPOCH_SECONDS[1] for first, last in seconds):
        return False
    different = np.unique(values)
    if len(different) < 3:
        return False
    steps = np.diff(different)
    usual = float(np.median(steps))
    even = usual > 1 and float(np.mean(steps == usual)) >= MIN_USUAL
    return even or len(different) >= MIN_DIFFERENT * len(values)


def rises_evenly(values: np.ndarray, groups: np.ndarray) -> bool:
    """Are numbers, in order, evenly spaced within each group, none of them twice, but for a few?"""
    some = groups < max(1, (int(groups.max()) + 1) * MAX_ROWS // len(groups))
    values, groups = values[some], groups[some]
    rows = np.lexsort((values, groups))
    steps = np.diff(values[rows])[np.diff(groups[rows]) == 0]
    if not len(steps):
        return False
    usual = float(np.median(steps))
    if usual <= 0 or float((steps <= 0).mean()) > 1 - MIN_EVEN:
        return False
    same, near = np.isclose(steps, usual, rtol=1e-6, atol=0), steps <= MAX_USUAL * usual * (1 + 1e-6)
    return float(same.mean()) >= MIN_USUAL and float(near.mean()) >= MIN_EVEN


def smooth_along(frame: pd.DataFrame, channels: list[str], one: str, other: str) -> str | None:
    """Along which of two columns do the numbers of channels follow one another, within the other? None: neither, both.

    Neighbours are compared with strangers, as in `axes`.
    """
    found = {order: roughness(frame, channels, order, key) for order, key in ((one, other), (other, one))}
    for order, against in ((one, other), (other, one)):
        if found[order] < SMOOTH and found[against] > ROUGH:
            return order
    return None


def roughness(frame: pd.DataFrame, channels: list[str], order: str, key: str) -> float:
    """The mean difference of neighbours along `order` within `key`, as a share of that of strangers within `key`."""
    frame = frame.iloc[: 4 * MAX_ROWS].sort_values([key, order], kind="stable")
    groups = pd.factorize(frame[key])[0]
    mixed = np.lexsort((np.random.Generator(np.random.Philox(0)).permutation(len(groups)), groups))
    inside = np.diff(groups) == 0
    shares = [
        np.nanmean(np.abs(np.diff(numbers))[inside]) / far
        for numbers in (frame[name].to_numpy(np.float64, na_value=np.nan) for name in channels)
        if (far := np.nanmean(np.abs(np.diff(numbers[mixed]))[inside])) > 0
    ]
    return float(min(shares, default=1.0))
