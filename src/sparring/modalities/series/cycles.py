"""What goes with the hour of the day, the day of the week or the month: new series begin where their values fit.

Windows are learned wherever they lie, and series may begin at any time. A new one does not know its time: it gets the
place in the cycle at which the usual values resemble its own most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..table.columns import Column
from ..table.relations.times import NANOSECONDS_A_DAY
from .grid import Grid

LENGTHS = {  # of cycles, in places of a grid; of columns by units in days
    "unit": (("day", 1), ("week", 7)),
    "day": (("week", 7),),
    "weekday": (("week", 5),),
    "month": (("year", 12),),
}
MIN_SHARE = 0.1  # of the variance of a channel that goes with the cycle
MIN_MORE = 0.03  # of the variance that a longer cycle must add
MAX_PHASES = 400  # steps of a cycle
MIN_CYCLES = 3  # that the data last


@dataclass(frozen=True)
class Cycle:
    """The usual values in each phase of a cycle.

    name: "day", "week" or "year". channels: which follow it. means, deviations: of these channels. usual: for each of
    them, in each phase of the cycle, which is as many steps long, from place 0 on, in deviations from the mean.
    """

    name: str
    channels: tuple[int, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    usual: tuple[tuple[float, ...], ...]

    def shifts(self, values: np.ndarray, phase: int) -> np.ndarray:
        """By how many steps series should begin later than at this phase. values: N x T x channels, NaN where empty."""
        usual, count = np.array(self.usual), len(self.usual[0])
        apart = (values[:, :, list(self.channels)] - np.array(self.means)) / np.array(self.deviations)
        when = phase + np.arange(values.shape[1])
        misses = [np.nansum((apart - usual[:, (when + shift) % count].T) ** 2, axis=(1, 2)) for shift in range(count)]
        return np.argmin(np.stack(misses), axis=0)


def find_cycle(
    series: Sequence[np.ndarray], places: Sequence[np.ndarray], step: float, column: Column, grid: Grid
) -> Cycle | None:
    """The cycle that channels follow most; None where there is none.

    Args:
        series: steps x channels each, NaN where there is nothing.
        places: of these steps on the grid.
        step: by which places usually grow.
        column: orders the steps.
        grid: of its places.
    """
    if column.kind != "time" or step <= 0:
        return None
    values, where = np.concatenate(list(series)), np.concatenate(list(places))
    best, share = None, 0.0
    for name, length in LENGTHS[grid.kind]:
        phases = length * (NANOSECONDS_A_DAY / column.unit if grid.kind == "unit" else 1) / step
        if phases % 1 or not 2 <= phases <= MAX_PHASES or np.ptp(where) / step < MIN_CYCLES * phases:
            continue
        found, explained = _cycle(name, values, (where // step).astype(np.int64) % int(phases), int(phases))
        if found is not None and explained > share + (MIN_MORE if best else 0):
            best, share = found, explained
    return best


def _cycle(name: str, values: np.ndarray, phase: np.ndarray, count: int) -> tuple[Cycle | None, float]:
    """The cycle, and the largest share of the variance of a channel that goes with it beyond chance."""
    found: list[tuple[int, float, float, tuple[float, ...]]] = []
    most = 0.0
    for at in range(values.shape[1]):
        there = ~np.isnan(values[:, at])
        numbers, phases = values[there, at], phase[there]
        deviation = float(numbers.std()) if len(numbers) else 0.0
        if deviation == 0:
            continue
        apart = (numbers - numbers.mean()) / deviation
        often = np.bincount(phases, minlength=count)
        usual = np.bincount(phases, apart, minlength=count) / np.maximum(often, 1)
        share = float((often * usual**2).sum()) / len(numbers) - (often > 0).sum() / len(numbers)
        if share >= MIN_SHARE:
            found.append((at, float(numbers.mean()), deviation, tuple(usual.tolist())))
            most = max(most, share)
    if not found:
        return None, 0.0
    channels, means, deviations, every = zip(*found, strict=True)
    return Cycle(name, channels, means, deviations, every), most


def cycle_from(description: dict | None) -> Cycle | None:
    """The inverse of dataclasses.asdict."""
    if description is None:
        return None
    lists = {key: tuple(description[key]) for key in ("channels", "means", "deviations")}
    return Cycle(description["name"], **lists, usual=tuple(map(tuple, description["usual"])))
