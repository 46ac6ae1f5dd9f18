"""Numbers of rows with a rare value, such as those of fraud, that are distributed unlike those of all other rows.

Such numbers get ranks of their own (see `codes`), so that they come back in the range and the distribution of their
few rows, however far apart these lie from all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .codes import Code, fit_code

MIN_ROWS = 10  # with a rare value
MAX_SHARE = 0.05  # of all rows
MAX_VALUES = 200  # different values of a column in which rare ones are looked for
MIN_DISTANCE = 0.4  # between the distributions: the Kolmogorov-Smirnov statistic
EVIDENCE = 2.2  # the same, times the root of the number of rows: how unlikely it is by chance
MAX_COLUMNS = 300  # of the table: with more, none are looked for
MAX_COMPARED = 1000  # rows with a rare value whose numbers are compared
Together = tuple[float, ...]  # values with one meaning
Rare = dict[Together, np.ndarray]  # rare values and the numbers of their rows


def stratified(
    codes: Sequence[Code], cells: np.ndarray, numeric: Sequence[bool], together: Mapping[int, Sequence[Together]]
) -> list[Code]:
    """The codes, with strata where numbers depend on a rare value of another column.

    Args:
        codes: of the encoded cells.
        cells: of the training rows, N x codes.
        numeric: which cells are numbers.
        together: of some codes the groups of values by which a column that is not encoded has one value.
    """
    found = list(codes)
    if len(codes) > MAX_COLUMNS:
        return found
    rare = {
        at: _rare(codes[at], cells[:, at], together.get(at, ())) for at in range(len(codes)) if not codes[at].scored
    }
    rare = {at: values for at, values in rare.items() if values}
    named = {by: values for by, values in rare.items() if not numeric[by]}
    order = sorted(range(len(codes)), key=lambda at: at not in rare)
    for at in order:  # numbers that are choices first: those which are split tell nothing about others any more
        if not numeric[at] or at in together or len(codes[at].choices) + len(codes[at].values) < 3:
            continue
        tellers = named if at in rare else rare
        ranks = _Ranks(cells[:, at])
        unlike = [(_unlike(ranks, values), by) for by, values in tellers.items()]
        best, by = max(unlike, default=({}, at), key=lambda each: sum(each[0].values()))
        if best:
            found[at] = _split(codes[at], cells[:, at], cells[:, by], by, list(best))
            rare.pop(at, None)
    return found


def _rare(code: Code, cells: np.ndarray, together: Sequence[Together]) -> Rare:
    """Groups of values that are rare, and rare values that are in none."""
    if len(code.choices) > MAX_VALUES:
        return {}
    found: Rare = {}
    for values in (*together, *((float(value),) for value in code.choices)):
        rows = np.flatnonzero(np.isin(cells, values))
        if MIN_ROWS <= len(rows) <= MAX_SHARE * len(cells) and not any({*values} & {*other} for other in found):
            found[values] = rows
    return found


class _Ranks:
    """Numbers of a column with their ranks, sorted once. below, upto: the shares of numbers below and up to each."""

    def __init__(self, numbers: np.ndarray):
        self.numbers, self.there = numbers, ~np.isnan(numbers)
        ordered = np.sort(numbers[self.there])
        self.count = len(ordered)
        self.below, self.upto = (np.searchsorted(ordered, numbers, side) / self.count for side in ("left", "right"))

    def distance(self, rows: np.ndarray) -> float:
        """The Kolmogorov-Smirnov statistic of the numbers in these rows, none of them empty, and all others.

        Against all numbers it is smaller by the share of the others. It is reached beside one of the rows, of which
        MAX_COMPARED are compared.
        """
        some = rows[:: -(-len(rows) // MAX_COMPARED)]
        some = some[np.argsort(self.numbers[some])]
        mine = self.numbers[some]
        below, upto = (np.searchsorted(mine, mine, side) / len(mine) for side in ("left", "right"))
        off = max(np.abs(upto - self.upto[some]).max(), np.abs(below - self.below[some]).max())
        return float(off * self.count / (self.count - len(rows)))


def _unlike(ranks: _Ranks, values: Rare) -> dict[Together, float]:
    """The rare values whose rows have other numbers than all other rows, with the weight of each."""
    found = {}
    for value, rows in values.items():
        rows = rows[ranks.there[rows]]
        if len(rows) < MIN_ROWS or ranks.count - len(rows) < MIN_ROWS or np.ptp(ranks.numbers[rows]) == 0:
            continue
        distance = ranks.distance(rows)
        if distance >= MIN_DISTANCE and distance * len(rows) ** 0.5 >= EVIDENCE:
            found[value] = distance**2 * len(rows)
    return found


def _split(code: Code, cells: np.ndarray, by: np.ndarray, place: int, values: Sequence[Together]) -> Code:
    """The code of the rows without these values, with a stratum for each value."""
    special = np.isin(by, [value for each in values for value in each])
    nullable = bool(np.isnan(code.choices).sum() > (code.some_number is not None))
    code = fit_code(cells, True, code.decimals, nullable, listed=False)  # choices have no ranks
    single = set(code.choices.tolist())
    own = ~np.isnan(cells) & ~np.isin(cells, [choice for choice in single if not np.isnan(choice)])
    rows = {each: own & np.isin(by, each) for each in values}
    strata = [(value, code.ranked(cells[rows[each]])) for each in values if rows[each].any() for value in each]
    others = cells[own & ~special]
    return replace(code.ranked(others) if len(others) else code, by=place, strata=tuple(strata))
