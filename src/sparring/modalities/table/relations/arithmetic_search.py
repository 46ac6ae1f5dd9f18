"""Find number columns that are worked out from others: sums, differences, products, ratios, other units, rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator

import numpy as np

from .lookup_search import NEAR, Table
from .relation import Linear, Product, Relation

PROBES, PROBE_MISSES = 12, 1  # rows on which pairs of columns are tried, and how many may miss (nearly held relations)
MIN_VALUES, MIN_SOURCE_VALUES = 5, 3  # different values of a column that is worked out, and of those it is made of
MAX_COUNTS = 100  # different values of a column that is the sum of counts
MAX_USUAL = 0.9  # share of the most frequent value of a column that is worked out
MAX_NUMBERS = 60  # columns among which relations are looked for: the first ones
MAX_TRIED = 12  # candidates for a column that are held against all rows
STRAIGHT = 0.99  # correlation from which one column may be another one in other units
EXACT, EXACT_SINGLE = 1e-9, 1e-5  # how far floats may be off, as a share
MAX_SOLVED, ROWS_PER_SOLVED, SOLVED_ROWS = 60, 3, 240  # columns of equations for sums, rows for each, and of all
PARTS, MIN_WEIGHTED = (1, 2, 3, 4, 5, 8, 10, 20, 100), 20  # of weights; different values of a column with such
DIGITS = range(1, 13)  # of a factor
MAX_SCALED_ROWS = 120  # largest numbers of a column, of which PROBES say by what number a pair is multiplied
MAX_FACTOR = 8  # characters of such a number
SQUARED = "/²"
SCALED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    SQUARED: lambda a, b: a / b**2,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
}


def arithmetic(table: Table, done: set[int]) -> Iterator[Relation]:
    """Relations for number columns, each with sources that do not depend on it. done: places already worked out."""
    numbers = [at for at, column in enumerate(table.columns) if column.kind in ("integer", "float")][:MAX_NUMBERS]
    made: dict[int, set[int]] = {}  # what each column that is worked out depends on
    targets = [at for at in table.open_targets(done) if at in set(numbers) and _varied(table, at)]
    for earlier in (True, False):  # what is worked out mostly stands behind what it is made of
        for at in reversed(targets):
            sources = [
                each
                for each in numbers
                if (each < at or not earlier)
                and each != at
                and at not in _roots(made, each)
                and table.different[each] > 1
            ]
            found = None if at in made else _best(table, at, sources, made)
            if found:
                found = _as_sum(table, found, made, done)
                made[found.target] = set(found.sources)
                yield found


def sums_of_counts(table: Table, done: set[int]) -> Iterator[Relation]:
    """Whole numbers of few values, such as counts of flags, that are the sum of others."""
    counts = [at for at, column in enumerate(table.columns) if column.kind == "integer" and _counts(table, at)]
    made: dict[int, set[int]] = {}
    for at in reversed(counts[:MAX_NUMBERS]):
        if at not in table.open_targets(done) or not MIN_SOURCE_VALUES <= table.different[at] <= MAX_COUNTS:
            continue
        sources = [each for each in counts[:MAX_NUMBERS] if each != at and at not in _roots(made, each)]
        found = next(
            (
                each
                for one, other, sign in _pairs(table, at, sources)
                if sign == "+" and (each := _pair(table, at, one, other, sign))
            ),
            None,
        ) or _sum(table, at, sources)
        combined = math.prod(int(table.different[each]) for each in found.sources) if found else 0
        if isinstance(found, Linear) and min(found.factors) > 0 and table.unlikely(at, len(table.cells) - combined):
            made[at] = set(found.sources)
            yield found


def _counts(table: Table, at: int) -> bool:
    return bool(table.different[at] > 1 and np.nanmin(table.cells[:, at]) >= 0)


def _as_sum(table: Table, found: Relation, made: dict[int, set[int]], done: set[int]) -> Relation:
    """A difference that is never below 0 as the sum it comes from: rest = all - used as all = used + rest.

    So the rest is not below 0 in new rows either.
    """
    if not isinstance(found, Linear) or found.factors != (1.0, -1.0) or found.constant:
        return found
    whole, used = found.sources
    free = whole not in done | table.taken | made.keys() and whole not in _roots(made, used)
    if not free or np.nanmin(table.cells[:, found.target]) < 0 or table.columns[whole].cell_decimals is None:
        return found
    names = [table.columns[at].name for at in (whole, used, found.target)]
    text, decimals = f"{names[0]} = {names[1]} + {names[2]}", table.columns[whole].cell_decimals
    total = Linear(text, whole, (used, found.target), (1.0, 1.0), 0.0, decimals)
    return total if _holds(table, total) else found


def _roots(made: dict[int, set[int]], at: int) -> set[int]:
    """All columns on which one depends."""
    found, open_ = set(), [at]
    while open_:
        for each in made.get(open_.pop(), ()):
            if each not in found:
                found.add(each)
                open_.append(each)
    return found


def _varied(table: Table, at: int) -> bool:
    usual = np.bincount(table.codes[:, at]).max() / len(table.cells)
    return bool(table.different[at] >= MIN_VALUES and usual <= MAX_USUAL)


def _best(table: Table, at: int, sources: list[int], made: Collection[int]) -> Relation | None:
    """The first relation that holds for a column: other units first, then pairs, then sums of more columns.

    made: columns that are worked out, of which some may be too many for a sum.
    """
    varied = [each for each in sources if table.different[each] >= MIN_SOURCE_VALUES]
    if found := _straight(table, at, varied):
        return found
    for first, second, sign in _pairs(table, at, varied):
        if found := _pair(table, at, first, second, sign):
            return found
    free = [each for each in varied if each not in made]
    return _scaled_pair(table, at, sources) or _sum(table, at, varied) or _sum(table, at, free)


def _straight(table: Table, at: int, sources: list[int]) -> Relation | None:
    """The column is another one times a factor plus a constant, rounded or rounded down."""
    own, there = table.cells[:, at], ~np.isnan(table.cells[:, at])
    for source in sources:
        other = table.cells[:, source]
        if (np.isnan(other) == there).any():
            continue
        if table.correlation[at, source] < STRAIGHT:
            continue
        x, y = other[there], own[there]
        name = f"{table.columns[at].name} = "
        for factor, constant, term in _lines(x, y, table.columns[at].cell_decimals, table.columns[source].name):
            text = name + term + (f" + {constant:g}" if constant else "")
            for down in (False, True):
                decimals = table.columns[at].cell_decimals
                rounding = _rounding(table, at, source, down)
                found = Linear(text + rounding, at, (source,), (factor,), constant, decimals, down)
                if _holds(table, found):
                    return found
    return None


def _lines(x: np.ndarray, y: np.ndarray, decimals: int | None, name: str) -> Iterator[tuple[float, float, str]]:
    """Factors, constants and terms of lines by which y can be made of x; those whose numbers have few digits first."""
    yield 1.0, 0.0, name
    slack = EXACT * np.abs(y) if decimals is None else 0.5 * 10.0**-decimals * (1 + 1e-6)
    some = np.abs(x) > 0
    ends = np.stack([(y - slack)[some] / x[some], (y + slack)[some] / x[some]])
    low, high = ends.min(axis=0).max(), ends.max(axis=0).min()
    if 0 < low <= high:
        times, per = _shortest(low, high), _shortest(1 / high, 1 / low)
        if len(f"{per:g}") < len(f"{times:.12g}"):
            yield 1 / per, 0.0, f"{name} / {per:g}"
        yield times, 0.0, f"{times:g} * {name}"
    slope, start = np.polyfit(x - x.mean(), y, 1)
    for digits in DIGITS:
        factor = float(f"{slope:.{digits}g}")
        constant = float(f"{float(np.median(y - factor * x)):.{max(digits, 2)}g}")
        yield factor, constant, name if factor == 1 else f"{factor:g} * {name}"


def _shortest(low: float, high: float) -> float:
    """The number with the fewest digits between two others."""
    for digits in DIGITS:
        middle = float(f"{(low + high) / 2:.{digits}g}")
        if low <= middle <= high:
            return middle
    return (low + high) / 2


def _rounding(table: Table, at: int, source: int, down: bool) -> str:
    own, other = table.columns[at].cell_decimals, table.columns[source].cell_decimals
    return (", rounded down" if down else "") or (
        ", rounded" if own is not None and (other is None or other > own) else ""
    )


def _pairs(table: Table, at: int, sources: list[int]) -> list[tuple[int, int, str]]:
    """Pairs of sources whose sum, difference, product or ratio is the column in (nearly) all of a few rows."""
    own = table.cells[:, at]
    usual = np.bincount(table.codes[:, at]).argmax()
    rows = np.flatnonzero(~np.isnan(own) & (table.codes[:, at] != usual))
    rows = rows[np.random.default_rng(at).permutation(len(rows))[:PROBES]]
    values = table.cells[rows][:, sources]
    if not values.size:
        return []
    misses = {sign: np.zeros((len(sources), len(sources)), np.int64) for sign in "+-*/"}
    for row, wanted in zip(values, own[rows], strict=True):
        a, b = row[:, None], row[None]
        for sign in misses:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                made = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[sign]
                misses[sign] += ~(np.abs(made - wanted) <= _slack(table, at, made)) & ~np.isnan(a + b)
        if min(int(counts.min()) for counts in misses.values()) > PROBE_MISSES:
            return []
    found = []
    for sign, counts in misses.items():
        allowed = counts <= PROBE_MISSES
        if sign in "+*":
            allowed &= np.triu(np.ones_like(allowed), 1)
        else:
            allowed &= ~np.eye(len(sources), dtype=bool)
        found += [(int(counts[i, j]), sources[i], sources[j], sign) for i, j in np.argwhere(allowed)]
    return [each[1:] for each in sorted(found, key=lambda each: each[0])[:MAX_TRIED]]


def _pair(table: Table, at: int, first: int, second: int, sign: str) -> Relation | None:
    column, decimals = table.columns[at], table.columns[at].cell_decimals
    a, b = table.columns[first].name, table.columns[second].name
    text = f"{column.name} = {a} {sign} {b}"
    found: Relation = (
        Linear(text, at, (first, second), (1.0, 1.0 if sign == "+" else -1.0), 0.0, decimals)
        if sign in "+-"
        else Product(text, at, (first, second), sign == "/", 1.0, decimals)
    )
    return found if _holds(table, found) else None


def _scaled_pair(table: Table, at: int, sources: list[int]) -> Relation | None:
    """The column is a pair times one number: 100 * part / whole, 60 * km / minutes, 0.5 * (low + high)."""
    own = table.cells[:, at]
    slack = float(_slack(table, at, own[~np.isnan(own)]).max(initial=0.0))
    rows = np.flatnonzero(~np.isnan(own) & (np.abs(own) > slack))
    rows = rows[np.argsort(-np.abs(own[rows]), kind="stable")[: MAX_SCALED_ROWS : MAX_SCALED_ROWS // PROBES]]
    found = []
    for sign, make in SCALED.items():
        values = table.cells[rows][:, sources]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            made = make(values[:, :, None], values[:, None, :])
            ends = np.stack([(own[rows] - slack)[:, None, None] / made, (own[rows] + slack)[:, None, None] / made])
        low, high = ends.min(axis=0).max(axis=0, initial=-np.inf), ends.max(axis=0).min(axis=0, initial=np.inf)
        with np.errstate(invalid="ignore"):
            fits = np.isfinite(low) & np.isfinite(high) & (low <= high) & (low > 0) & ~np.eye(len(sources), dtype=bool)
        fits &= np.triu(fits) if sign in "+*" else fits
        found += [(sources[i], sources[j], sign, low[i, j], high[i, j]) for i, j in np.argwhere(fits)]
    for first, second, sign, least, most in found[:MAX_TRIED]:
        factor = _shortest(float(least), float(most))
        if len(f"{factor:.12g}") <= MAX_FACTOR and (each := _scaled(table, at, first, second, sign, factor)):
            return each
    return None


def _scaled(table: Table, at: int, first: int, second: int, sign: str, factor: float) -> Relation | None:
    column, decimals = table.columns[at], table.columns[at].cell_decimals
    a, b = table.columns[first].name, table.columns[second].name
    if sign in "+-":
        text = f"{column.name} = {factor:g} * ({a} {sign} {b})"
        factors = (factor, factor if sign == "+" else -factor)
        found: Relation = Linear(text, at, (first, second), factors, 0.0, decimals)
    else:
        times = "" if factor == 1 else f"{factor:g} * "
        text = f"{column.name} = {times}{a} {sign[0]} {b}{'²' * (sign == SQUARED)}"
        found = Product(text, at, (first, second), sign != "*", factor, decimals, sign == SQUARED)
    return found if _holds(table, found) else None


def _sum(table: Table, at: int, sources: list[int]) -> Relation | None:
    """The column is the sum of some others, each plus or minus or with a weight of few digits, and a constant."""
    full = [each for each in sources if not np.isnan(table.cells[:, each]).any()]
    rows = table.some[:: max(1, len(table.some) // SOLVED_ROWS)]
    own = table.cells[rows, at]
    if not 1 < len(full) <= MAX_SOLVED or np.isnan(own).any() or len(own) < ROWS_PER_SOLVED * len(full):
        return None
    terms = table.cells[rows][:, full]
    matrix = np.column_stack([terms, np.ones(len(own))])
    scale = np.abs(matrix).max(axis=0) + 1e-300
    solved, _, rank, _ = np.linalg.lstsq(matrix / scale, own, rcond=None)
    factors = solved[:-1] / scale[:-1]
    for parts in PARTS if rank >= len(full) and table.different[at] >= MIN_WEIGHTED else PARTS[:1]:
        whole = np.round(factors * parts) / parts
        unclear = np.abs(factors - whole) * np.ptp(terms, axis=0) > 0.01 * (np.ptp(own) + 1e-300)
        used = [(each, float(factor)) for each, factor in zip(full, whole, strict=True) if factor]
        if rank < len(full) or unclear.any() or len(used) < 2:
            continue
        constant = float(np.round(np.median(own - terms @ whole), 6))
        made = terms @ whole + constant
        if (np.abs(made - own) > 2 * _slack(table, at, made)).any():
            continue
        if found := _weighted(table, at, used, constant):
            return found
    return None


def _weighted(table: Table, at: int, used: list[tuple[int, float]], constant: float) -> Relation | None:
    """The column as the sum of others with these factors, if it is."""
    pieces = [
        f"{'+' if factor > 0 else '-'} {'' if abs(factor) == 1 else f'{abs(factor):.4g} * '}{table.columns[each].name}"
        for each, factor in used
    ]
    more = f" + {constant:g}" if constant else ""
    places, factors = zip(*used, strict=True)
    text = f"{table.columns[at].name} = {' '.join(pieces).removeprefix('+ ')}{more}"
    found = Linear(text, at, places, factors, constant, table.columns[at].cell_decimals)
    return found if _holds(table, found) else None


def _slack(table: Table, at: int, made: np.ndarray) -> np.ndarray:
    """How far a number may be off: half its last decimal, or the precision of a float."""
    decimals = table.columns[at].cell_decimals
    close = EXACT_SINGLE if "32" in table.columns[at].dtype else EXACT
    fine = close * np.maximum(np.abs(made), 1e-6)
    return fine if decimals is None else np.maximum(fine, 0.5000001 * 10.0**-decimals)


def _holds(table: Table, relation: Relation) -> bool:
    """Does it hold in all rows, empty cells included? One that nearly does is noted."""
    found, own = relation.apply(table.cells), table.cells[:, relation.target]
    with np.errstate(invalid="ignore"):
        right = np.abs(found - own) <= _slack(table, relation.target, found)
    right |= np.isnan(found) & np.isnan(own)
    share = float(right.mean())
    if NEAR <= share < 1:
        table.near[relation.text] = share
    return share == 1
