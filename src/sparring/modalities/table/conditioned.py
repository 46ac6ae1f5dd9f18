"""Rows under conditions: every one holds in every row, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ... import sampling
from ...draws import key, numpy_generator
from ...errors import UserError
from .codec import TableCodec
from .columns import Column
from .constraints import Part
from .where import Where, parse

if TYPE_CHECKING:
    from ...gan import Gan

ATTEMPTS = 8  # rows drawn for each row asked for, of which the first that fits is taken
POOL, MOST_WAYS = 20_000, 64  # values of columns that a constraint joins, and ways to bring them to what is asked, that are tried
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
        made = gan.at(numbers[open_].tolist(), seed if attempt == 0 else key(seed, "attempt", attempt))
        values[open_] = made
        open_ = open_[~where(made)]
        if not len(open_):
            return values
    values[open_] = _clamped(gan, codec, candidates, numbers[open_], key(seed, "clamped"))
    return values


def _candidates(codec: TableCodec, where: Where, at: int) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a part's columns that fit, and how often each was seen. Raises UserError where there are none."""
    part, coded = codec.parts[at], codec.codes[codec.slices[at]]
    asked: dict[int, list[float]] = {}  # by column of the part
    for condition in where.conditions:
        if condition.place in part.places:
            asked.setdefault(part.places.index(condition.place), []).extend(condition.asked)
    if len(coded) == 1:
        inner, shares = coded[0].seen([cell for cells in asked.values() for cell in cells] if len(part.places) == 1 else ())
        cells = part.outer(inner[:, None])
    else:
        cells = _pool(codec, at, asked)
        shares = np.ones(len(cells))
    fits = part.holds(cells)
    for condition in where.conditions:
        if condition.place in part.places:
            fits &= condition.holds(cells[:, part.places.index(condition.place)])
    if not fits.any():
        raise UserError(f"--where {where.text}: {_why_not([codec.learned[part.places[own]] for own in asked], cells[:, list(asked)])}")
    return cells[fits], shares[fits] / shares[fits].sum()


def _pool(codec: TableCodec, at: int, asked: dict[int, list[float]]) -> np.ndarray:
    """Cells of columns that a constraint joins: drawn, each coded one by itself, and brought to what is asked in several ways."""
    part, draw = codec.parts[at], numpy_generator("pool", at)
    seen = [code.seen() for code in codec.codes[codec.slices[at]]]
    drawn = part.outer(np.stack([draw.choice(cells, POOL, p=shares / shares.sum()) for cells, shares in seen], axis=1))
    ways = product(*([None, *_near(codec.learned[part.places[own]], cells)] for own, cells in asked.items()))
    return np.concatenate([drawn, *(_brought(part, drawn, asked, way) for way, _ in zip(ways, range(MOST_WAYS), strict=False))])


def _near(column: Column, cells: list[float]) -> list[float]:
    """Those, and the next ones below and above."""
    steps = [STEP * max(1.0, abs(cell)) if column.cell_decimals is None else 10.0**-column.cell_decimals for cell in cells]
    return [near for cell, step in zip(cells, steps, strict=True) for near in (cell, cell - step, cell + step)]


def _brought(part: Part, cells: np.ndarray, asked: dict[int, list[float]], way: tuple[float | None, ...]) -> np.ndarray:
    """The first of the columns that is wanted draws the others with it; further ones are set."""
    found = cells[:0]
    for own, to in zip(asked, way, strict=True):
        if to is not None and not len(found):
            found = part.moved(cells, own, to)
        elif to is not None:
            found[:, own] = to
    return found


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
        rows = [numpy_generator(seed, "value", places[0], int(number)).choice(len(cells), p=shares) for number in numbers]
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
