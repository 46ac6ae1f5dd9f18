"""Rows under conditions: every one holds in every row, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ... import sampling
from ...draws import key, numpy_generator
from ...errors import UserError
from .codec import TableCodec
from .where import Where, parse

if TYPE_CHECKING:
    from ...gan import Gan

ATTEMPTS = 8  # rows drawn for each row asked for, of which the first that fits is taken


def values_where(gan: Gan, text: str, indices: Sequence[int], seed: int) -> np.ndarray:
    """Cells of the rows with these numbers: each depends on (seed, number) and the conditions alone.

    A row is drawn a few times; one that never fits by itself is given values that do, drawn as often as they were seen, and the generator
    makes the rest to go with them. Raises UserError where the conditions cannot be read, or no value that was seen fits.
    """
    codec: Any = gan.codec
    where, numbers = parse(text, codec), np.array(indices, dtype=np.int64)
    candidates = {place: _candidates(codec, where, place) for place in dict.fromkeys(each.place for each in where.conditions)}
    values = np.full((len(numbers), len(codec.codes)), np.nan)
    open_ = np.arange(len(numbers))
    for attempt in range(ATTEMPTS):
        made = gan.at(numbers[open_].tolist(), seed if attempt == 0 else key(seed, "attempt", attempt))
        values[open_] = made
        open_ = open_[~where(made)]
        if not len(open_):
            return values
    values[open_] = _clamped(gan, codec, candidates, numbers[open_], key(seed, "clamped"))
    return values


def _candidates(codec: TableCodec, where: Where, place: int) -> tuple[np.ndarray, np.ndarray]:
    """The cells of a column that fit, and how often each was seen. Raises UserError where there are none."""
    asked = [cell for condition in where.conditions if condition.place == place for cell in condition.asked]
    cells, shares = codec.codes[place].seen(asked)
    fits = np.ones(len(cells), bool)
    for condition in where.conditions:
        if condition.place == place:
            fits &= condition.holds(cells)
    if not fits.any():
        column = codec.learned[place]
        seen = column.series(cells[~np.isnan(cells)])
        what = f"they lay between {seen.min()} and {seen.max()}" if column.numeric and len(seen) else "none was seen together"
        raise UserError(f"--where {where.text}: no value of column '{column.name}' that was learned from fits; {what}")
    return cells[fits], shares[fits] / shares[fits].sum()


def _clamped(
    gan: Gan, codec: TableCodec, candidates: dict[int, tuple[np.ndarray, np.ndarray]], numbers: np.ndarray, seed: int
) -> np.ndarray:
    wanted = np.full((len(numbers), len(codec.codes)), np.nan)
    for place, (cells, shares) in candidates.items():
        wanted[:, place] = [numpy_generator(seed, "value", place, int(number)).choice(cells, p=shares) for number in numbers]
    mask = np.concatenate(
        [np.full((len(numbers), code.width), float(place in candidates), np.float32) for place, code in enumerate(codec.codes)], axis=1
    )
    condition = {"known": torch.nan_to_num(codec.encode(wanted)), "mask": torch.from_numpy(mask)}
    indices = numbers.tolist()
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    made = codec.decode(torch.cat(list(sampling.sample(gan.generator, latents, condition, seed=seed, indices=indices))))
    for place in candidates:
        made[:, place] = wanted[:, place]
    return made
