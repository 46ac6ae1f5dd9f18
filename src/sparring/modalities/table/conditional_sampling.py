"""Rows under conditions: every one holds in every row, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...errors import UserError
from ...networks import sampling
from ...util.random import derive_seed, make_rng
from .codec import TableCodec
from .columns import Column
from .where import Condition, Where, parse

if TYPE_CHECKING:
    from ...inference.generator import Gan

ATTEMPTS = 8  # rows drawn for each row asked for, of which the first that fits is taken
POOL, ENOUGH = 20_000, 100  # draws of columns that a constraint joins; so many that fit are enough
WAYS = 400  # in which others are brought to what is asked, where fewer fit
STEP = 1e-6  # of the size of a number without decimals: next to a value that is asked for
Candidates = dict[int, tuple[np.ndarray, np.ndarray]]  # by part of the codec: cells of its columns, and how often each was seen


def values_where(gan: Gan, text: str, indices: Sequence[int], seed: int) -> np.ndarray:
    """Cells of the rows with these numbers: each depends on (seed, number) and the conditions alone.

    A row is drawn a few times; one that never fits by itself is given values that do, drawn as often as they were seen, and the generator
    makes the rest to go with them. Raises UserError where the conditions cannot be read, or no value that was seen fits.
    """
    codec: Any = gan.codec
    where, numbers = parse(text, codec), np.array(indices, dtype=np.int64)
    asked = {each.place for each in where.conditions}
    candidates = {at: _candidates(codec, where, at) for at, part in enumerate(codec.parts) if asked & {*part.places}}
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


def _candidates(codec: TableCodec, where: Where, at: int) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a part's columns that fit, and how often each was seen. Raises UserError where there are none."""
    part, coded = codec.parts[at], codec.codes[codec.slices[at]]
    conditions = [(part.places.index(each.place), each) for each in where.conditions if each.place in part.places]
    if part.listed:
        inner, shares = coded[0].seen([cell for _, each in conditions for cell in each.asked] if len(part.places) == 1 else ())
        cells = part.outer(inner[:, None])
        fits = _fit(cells, conditions)
    else:
        cells = _drawn(codec, at)
        fits = _fit(cells, conditions)
        if fits.sum() < ENOUGH:
            cells = np.concatenate([cells, _brought(codec, at, cells, conditions)])
            fits = part.holds(cells) & _fit(cells, conditions)
        shares = np.ones(len(cells))
    if not fits.any():
        asked = list(dict.fromkeys(own for own, _ in conditions))
        raise UserError(f"--where {where.text}: {_why_not([codec.learned[part.places[own]] for own in asked], cells[:, asked])}")
    return cells[fits], shares[fits] / shares[fits].sum()


def _fit(cells: np.ndarray, conditions: list[tuple[int, Condition]]) -> np.ndarray:
    fits = np.ones(len(cells), bool)
    for own, condition in conditions:
        fits &= condition.holds(cells[:, own])
    return fits


def _drawn(codec: TableCodec, at: int) -> np.ndarray:
    """Cells of columns that a constraint joins, of what is coded of them each drawn by itself."""
    draw, seen = make_rng("pool", at), [code.seen() for code in codec.codes[codec.slices[at]]]
    return codec.parts[at].outer(np.stack([draw.choice(cells, POOL, p=shares / shares.sum()) for cells, shares in seen], axis=1))


def _brought(codec: TableCodec, at: int, drawn: np.ndarray, conditions: list[tuple[int, Condition]]) -> np.ndarray:
    """Those, brought to what is asked in several ways: the first of the columns that is wanted draws the others with it, further ones are set."""
    part, draw, found = codec.parts[at], make_rng("ways", at), []
    targets: dict[int, np.ndarray] = {}
    for own in dict.fromkeys(own for own, _ in conditions):
        mine = [(0, each) for other, each in conditions if other == own]
        near = _near(codec.learned[part.places[own]], [cell for _, each in mine for cell in each.asked])
        cells = np.unique(np.concatenate([drawn[:, own], near]))
        targets[own] = cells[_fit(cells[:, None], mine) & ~np.isnan(cells)]
    for number in range(WAYS):
        rows = drawn[number::WAYS]
        wanted = [own for own in targets if len(targets[own]) and (len(targets) == 1 or draw.random() < 0.7)]
        for own in wanted:
            to = float(draw.choice(targets[own]))
            if own == wanted[0]:
                rows = part.moved(rows, own, to)
            else:
                rows[:, own] = to
        found.append(rows)
    return np.concatenate(found)


def _near(column: Column, cells: list[float]) -> np.ndarray:
    """Those, and the next ones below and above, as the column can hold them."""
    asked, places = np.array(cells, np.float64), column.cell_decimals
    if places is None:
        step = STEP * np.maximum(1.0, np.abs(asked))
        return np.concatenate([asked, asked - step, asked + step])
    scaled = asked * 10.0**places
    whole = np.concatenate([np.floor(scaled), np.ceil(scaled)])
    return np.concatenate([whole, whole - 1, whole + 1]) / 10.0**places


def _why_not(columns: list[Column], cells: np.ndarray) -> str:
    if len(columns) > 1:
        return f"no values of {', '.join(column.name for column in columns)} that may stand together fit"
    (column,) = columns
    seen = column.series(cells[~np.isnan(cells)])
    what = f"they lay between {seen.min()} and {seen.max()}" if column.numeric and len(seen) else "none was seen together"
    return f"no value of column '{column.name}' that was learned from fits; {what}"


def _clamped(gan: Gan, codec: TableCodec, candidates: Candidates, numbers: np.ndarray, seed: int) -> np.ndarray:
    wanted = np.full((len(numbers), len(codec.learned)), np.nan)
    known = np.zeros(len(codec.codes), np.float32)
    for at, (cells, shares) in candidates.items():
        places = codec.parts[at].places  # the first names the draw
        rows = [make_rng(seed, "value", places[0], int(number)).choice(len(cells), p=shares) for number in numbers]
        wanted[:, list(places)] = cells[rows]
        known[codec.slices[at]] = 1
    mask = np.repeat(known, [code.width for code in codec.codes])[None].repeat(len(numbers), axis=0)
    condition = {"known": torch.nan_to_num(codec.encode(wanted)), "mask": torch.from_numpy(mask)}
    indices = numbers.tolist()
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    made = codec.decode(torch.cat(list(sampling.sample(gan.generator, latents, condition, seed=seed, indices=indices))))
    fixed = [place for at in candidates for place in codec.parts[at].places]
    made[:, fixed] = wanted[:, fixed]
    return made
