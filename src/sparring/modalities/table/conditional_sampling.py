"""Sample rows under conditions. All conditions hold in all rows, and the time is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...errors import UserError
from ...networks import sampling
from ...util.random import derive_seed, make_rng
from .codec import TableCodec
from .columns import Column
from .where import Condition, Where, parse

ATTEMPTS = 8  # draws for each row; the first that fits is taken
POOL = 20_000  # draws of the columns of a constraint
MIN_FITTING = 100  # of these draws that must fit; else some are adjusted
ADJUSTMENTS = 400  # different ones that are tried on draws which do not fit
MAX_WANTED = 30  # cells of a column that rows are changed to have, where too few that are drawn fit
NEXT_SHARE = 1e-6  # of a number without decimals: how far the next number is


@dataclass(frozen=True)
class Candidates:
    """Cells that fit the conditions on some groups of the codec.

    groups: their numbers. places: of their columns. cells: N x places. shares: how often each occurs in training, N.
    """

    groups: tuple[int, ...]
    places: tuple[int, ...]
    cells: np.ndarray
    shares: np.ndarray


def conditional_sampling(gan: Any, text: str, indices: Sequence[int], seed: int) -> np.ndarray:
    """Cells of the rows with these numbers. Each depends on (seed, number) and the conditions alone.

    A row is drawn up to ATTEMPTS times. Where it never fits, the columns of the conditions get values that fit, drawn
    as often as they occur in training, and the generator draws the other columns given these. Raises UserError where
    the conditions cannot be read, or no value fits.
    """
    codec: TableCodec = gan.codec
    where, numbers = parse(text, codec), np.array(indices, dtype=np.int64)
    candidates = [_candidates(codec, where, groups) for groups in _together(codec, where)]
    values = np.full((len(numbers), len(codec.learned)), np.nan)
    open_ = np.arange(len(numbers))
    for attempt in range(ATTEMPTS):
        made = gan.at(numbers[open_].tolist(), seed if attempt == 0 else derive_seed(seed, "attempt", attempt))
        values[open_] = made
        open_ = open_[~where(made)]
        if not len(open_):
            return values
    values[open_] = _clamped(gan, codec, candidates, numbers[open_], derive_seed(seed, "clamped"))
    return values


def _together(codec: TableCodec, where: Where) -> list[tuple[int, ...]]:
    """Numbers of the groups that conditions are about, in sets that have no condition in common."""
    group_of = {place: at for at, group in enumerate(codec.groups) for place in group.places}
    sets: list[set[int]] = []
    for condition in where.conditions:
        mine = {group_of[place] for place in _sources(codec, condition.place) if place in group_of}
        mine |= {_group_of_code(codec, by) for at in mine for by in _splits(codec, at)}
        for other in [each for each in sets if each & mine]:
            sets.remove(other)
            mine |= other
        sets.append(mine)
    return [tuple(sorted(each)) for each in sets]


def _splits(codec: TableCodec, group: int) -> set[int]:
    """Numbers of the encoded cells by which codes of a group are split."""
    return {code.by for code in codec.codes[codec.slices[group]] if code.by is not None}


def _group_of_code(codec: TableCodec, number: int) -> int:
    return next(at for at, cells in enumerate(codec.slices) if cells.start <= number < cells.stop)


def _sources(codec: TableCodec, place: int) -> set[int]:
    """A column and all those that relations make it of."""
    found, open_ = {place}, [place]
    while open_:
        at = open_.pop()
        more = {each for relation in codec.relations if relation.target == at for each in relation.sources} - found
        found |= more
        open_ += more
    return found


def _candidates(codec: TableCodec, where: Where, groups: tuple[int, ...]) -> Candidates:
    """The cells of the columns of these groups that fit. Raises UserError where there are none."""
    places = tuple(place for at in groups for place in codec.groups[at].places)
    mine = [each for each in where.conditions if _sources(codec, each.place) & {*places}]
    changed = {relation.target for relation in codec.relations}
    if len(groups) == 1 and not changed & {each.place for each in mine}:
        cells, shares, fits = _of_group(codec, mine, groups[0])
    else:
        cells, shares, fits = _of_groups(codec, mine, groups, places)
    if not fits.any():
        columns = list(dict.fromkeys(each.place for each in mine))
        why = _why_not(
            [codec.learned[at] for at in columns], cells[:, [places.index(at) for at in columns if at in places]]
        )
        raise UserError(f"--where {where.text}: {why}")
    return Candidates(groups, places, cells[fits], shares[fits] / shares[fits].sum())


def _of_group(codec: TableCodec, conditions: Sequence[Condition], at: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells of the columns of a group, the share of each in training, and which fit."""
    group, coded = codec.groups[at], codec.codes[codec.slices[at]]
    own = [(group.places.index(each.place), each) for each in conditions]
    if group.listed:
        inner, shares = coded[0].seen(
            [cell for each in conditions for cell in each.asked] if len(group.places) == 1 else ()
        )
        cells = group.outer(inner[:, None])
        return cells, shares, _fit(cells, own)
    cells = _drawn(codec, at)
    fits = _fit(cells, own)
    if fits.sum() < MIN_FITTING:
        cells = np.concatenate([cells, _adjusted(codec, at, cells, own)])
        fits = group.holds(cells) & _fit(cells, own)
    return cells, np.ones(len(cells)), fits


def _of_groups(
    codec: TableCodec, conditions: Sequence[Condition], groups: tuple[int, ...], places: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for columns of several groups, or for conditions on columns that relations make of them."""
    group, shares = codec.groups[groups[0]], np.ones(POOL)
    whole = np.full((POOL, len(codec.learned)), np.nan)
    if len(groups) == 1 and group.listed:
        inner, shares = codec.codes[codec.slices[groups[0]]][0].seen()
        whole = np.full((len(inner), len(codec.learned)), np.nan)
        whole[:, list(group.places)] = group.outer(inner[:, None])
    else:
        split = {_group_of_code(codec, by): None for at in groups for by in _splits(codec, at)}
        for at in sorted(groups, key=lambda each: each not in split):
            encoded = codec.inner(whole) if _splits(codec, at) else None
            whole[:, list(codec.groups[at].places)] = _drawn(codec, at, encoded)
    own = [(each.place, each) for each in conditions]
    fits = _fit(codec.related(whole), own)
    if fits.sum() < MIN_FITTING:
        more = _solved(codec, conditions, whole)
        for at in groups:
            held = codec.groups[at].holds(more[:, list(codec.groups[at].places)])
            more = more[held & _possible(codec, at, more)]
        fits = np.concatenate([fits, _fit(codec.related(more), own)])
        whole = np.concatenate([whole, more])
        shares = np.concatenate([shares, np.full(len(more), shares.min())])
    return whole[:, list(places)], shares, fits


def _possible(codec: TableCodec, at: int, rows: np.ndarray) -> np.ndarray:
    """Are the numbers of a group in the ranges that go with the values by which its codes are split? N bool."""
    possible = np.ones(len(rows), bool)
    inner = codec.inner(rows) if _splits(codec, at) else rows
    for number in range(codec.slices[at].start, codec.slices[at].stop):
        code = codec.codes[number]
        if code.by is None:
            continue
        for value in np.unique(inner[:, code.by]):
            mine = inner[:, code.by] == value
            own, cells = code.of(float(value)), inner[mine, number]
            possible[mine] = np.isin(cells, own.choices) | ((cells >= own.values.min()) & (cells <= own.values.max()))
    return possible


def _solved(codec: TableCodec, conditions: Sequence[Condition], drawn: np.ndarray) -> np.ndarray:
    """The drawn rows, changed so that what is made of their columns is what conditions ask for."""
    found = [drawn[:0]]
    for condition in conditions:
        for cell in _wanted(codec, condition):
            rows = _stepped_back(codec, condition.place, drawn, float(cell))
            if rows is None:
                continue
            for place in sorted(_sources(codec, condition.place)):
                if (decimals := codec.learned[place].cell_decimals) is not None:
                    rows[:, place] = np.round(rows[:, place], decimals)
            found.append(rows)
    return np.concatenate(found)


def _wanted(codec: TableCodec, condition: Condition) -> np.ndarray:
    """Cells that a condition allows: some of all that can come out, or those next to the ones that it names."""
    near = _near(condition.column, list(condition.asked))
    at = next((at for at, group in enumerate(codec.groups) if group.places == (condition.place,)), None)
    if at is not None and condition.column.numeric:
        code = codec.codes[codec.slices[at].start]
        seen = [each.seen(condition.asked)[0] for each in (code, *(own for _, own in code.strata))]
        fitting = np.unique(np.concatenate(seen))
        fitting = fitting[condition.holds(fitting)]
        if len(fitting):
            return fitting[:: max(1, -(-len(fitting) // MAX_WANTED))]
    return near[condition.holds(near)]


def _stepped_back(codec: TableCodec, place: int, rows: np.ndarray, wanted: float) -> np.ndarray | None:
    """The rows with the column at this place as wanted, by changing what it is made of."""
    relation = next((each for each in codec.relations if each.target == place and each.replaces), None)
    if relation is None:
        found = rows.copy()
        found[:, place] = wanted
        return found
    return relation.solved(codec.related(rows), wanted)


def _fit(cells: np.ndarray, conditions: list[tuple[int, Condition]]) -> np.ndarray:
    fits = np.ones(len(cells), bool)
    for own, condition in conditions:
        fits &= condition.holds(cells[:, own])
    return fits


def _drawn(codec: TableCodec, at: int, inner: np.ndarray | None = None) -> np.ndarray:
    """Cells of the columns of a group. Its encoded cells are drawn each by itself.

    inner: encoded cells of all columns, by which codes of the group are split; None: none is.
    """
    draw, found = make_rng("pool", at), []
    for code in codec.codes[codec.slices[at]]:
        cells, shares = code.seen()
        drawn = draw.choice(cells, POOL, p=shares / shares.sum())
        for value, own in code.strata:
            rows = np.flatnonzero(inner[:, code.by] == value) if inner is not None else np.zeros(0, np.int64)
            cells, shares = own.seen()
            drawn[rows] = draw.choice(cells, len(rows), p=shares / shares.sum())
        found.append(drawn)
    return codec.groups[at].outer(np.stack(found, axis=1))


def _adjusted(codec: TableCodec, at: int, drawn: np.ndarray, conditions: list[tuple[int, Condition]]) -> np.ndarray:
    """The drawn cells, with columns of the conditions set to values that fit, in several ways.

    The first column that is set moves the others too.
    """
    group, draw, found = codec.groups[at], make_rng("ways", at), []
    targets: dict[int, np.ndarray] = {}
    for own in dict.fromkeys(own for own, _ in conditions):
        mine = [(0, each) for other, each in conditions if other == own]
        near = _near(codec.learned[group.places[own]], [cell for _, each in mine for cell in each.asked])
        cells = np.unique(np.concatenate([drawn[:, own], near]))
        targets[own] = cells[_fit(cells[:, None], mine) & ~np.isnan(cells)]
    for number in range(ADJUSTMENTS):
        rows = drawn[number::ADJUSTMENTS]
        wanted = [own for own in targets if len(targets[own]) and (len(targets) == 1 or draw.random() < 0.7)]
        for own in wanted:
            to = float(draw.choice(targets[own]))
            if own == wanted[0]:
                rows = group.moved(rows, own, to)
            else:
                rows[:, own] = to
        found.append(rows)
    return np.concatenate(found)


def _near(column: Column, cells: list[float]) -> np.ndarray:
    """These cells, and the next ones below and above that the column can hold."""
    asked, places = np.array(cells, np.float64), column.cell_decimals
    if places is None:
        step = NEXT_SHARE * np.maximum(1.0, np.abs(asked))
        return np.concatenate([asked, asked - step, asked + step])
    scaled = asked * 10.0**places
    whole = np.concatenate([np.floor(scaled), np.ceil(scaled)])
    return np.concatenate([whole, whole - 1, whole + 1]) / 10.0**places


def _why_not(columns: list[Column], cells: np.ndarray) -> str:
    """Why no candidate fits, for a message."""
    if len(columns) > 1:
        return f"no values of {', '.join(column.name for column in columns)} that can occur together fit"
    (column,) = columns
    if not cells.shape[1]:
        return f"no value of column '{column.name}' fits, which is worked out from others"
    seen = column.series(cells[~np.isnan(cells)])
    what = f"they lay between {seen.min()} and {seen.max()}" if column.numeric and len(seen) else "none occurs"
    return f"no value of column '{column.name}' that was learned from fits; {what}"


def _clamped(
    gan: Any, codec: TableCodec, candidates: Sequence[Candidates], numbers: np.ndarray, seed: int
) -> np.ndarray:
    """Rows whose columns in the conditions get candidates, and whose other columns are generated given these."""
    wanted = np.full((len(numbers), len(codec.learned)), np.nan)
    known = np.zeros(len(codec.codes), np.float32)
    for each in candidates:
        first = each.places[0]  # addresses the draw
        rows = [
            make_rng(seed, "value", first, int(number)).choice(len(each.cells), p=each.shares) for number in numbers
        ]
        wanted[:, list(each.places)] = each.cells[rows]
        for at in each.groups:
            known[codec.slices[at]] = 1
    mask = np.repeat(known, [code.width for code in codec.codes])[None].repeat(len(numbers), axis=0)
    condition = {"known": torch.nan_to_num(codec.encode(wanted)), "mask": torch.from_numpy(mask)}
    indices = numbers.tolist()
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    made = codec.decode(torch.cat(list(sampling.sample(gan.generator, latents, condition, seed=seed, indices=indices))))
    fixed = [place for each in candidates for place in each.places]
    made[:, fixed] = wanted[:, fixed]
    return codec.related(made)
