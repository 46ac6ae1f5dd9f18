"""Sample rows under conditions. All conditions hold in all rows, and the time is bounded."""

from __future__ import annotations

from collections.abc import Sequence
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
NEXT_SHARE = 1e-6  # of a number without decimals: how far the next number is
Candidates = dict[
    int, tuple[np.ndarray, np.ndarray]
]  # by group of the codec: cells of its columns, and the share of each in training


def conditional_sampling(gan: Any, text: str, indices: Sequence[int], seed: int) -> np.ndarray:
    """Cells of the rows with these numbers. Each depends on (seed, number) and the conditions alone.

    A row is drawn up to ATTEMPTS times. Where it never fits, the columns of the conditions get values that fit, drawn
    as often as they occur in training, and the generator draws the other columns given these. Raises UserError where
    the conditions cannot be read, or no value fits.
    """
    codec: TableCodec = gan.codec
    where, numbers = parse(text, codec), np.array(indices, dtype=np.int64)
    asked = {each.place for each in where.conditions}
    candidates = {at: _candidates(codec, where, at) for at, group in enumerate(codec.groups) if asked & {*group.places}}
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
    """The cells of the columns of a group that fit, and the share of each. Raises UserError where there are none."""
    group, coded = codec.groups[at], codec.codes[codec.slices[at]]
    conditions = [(group.places.index(each.place), each) for each in where.conditions if each.place in group.places]
    if group.listed:
        inner, shares = coded[0].seen(
            [cell for _, each in conditions for cell in each.asked] if len(group.places) == 1 else ()
        )
        cells = group.outer(inner[:, None])
        fits = _fit(cells, conditions)
    else:
        cells = _drawn(codec, at)
        fits = _fit(cells, conditions)
        if fits.sum() < MIN_FITTING:
            cells = np.concatenate([cells, _adjusted(codec, at, cells, conditions)])
            fits = group.holds(cells) & _fit(cells, conditions)
        shares = np.ones(len(cells))
    if not fits.any():
        asked = list(dict.fromkeys(own for own, _ in conditions))
        raise UserError(
            f"--where {where.text}: {_why_not([codec.learned[group.places[own]] for own in asked], cells[:, asked])}"
        )
    return cells[fits], shares[fits] / shares[fits].sum()


def _fit(cells: np.ndarray, conditions: list[tuple[int, Condition]]) -> np.ndarray:
    fits = np.ones(len(cells), bool)
    for own, condition in conditions:
        fits &= condition.holds(cells[:, own])
    return fits


def _drawn(codec: TableCodec, at: int) -> np.ndarray:
    """Cells of the columns of a group. Its encoded cells are drawn each by itself."""
    draw, seen = make_rng("pool", at), [code.seen() for code in codec.codes[codec.slices[at]]]
    return codec.groups[at].outer(
        np.stack([draw.choice(cells, POOL, p=shares / shares.sum()) for cells, shares in seen], axis=1)
    )


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
    seen = column.series(cells[~np.isnan(cells)])
    what = f"they lay between {seen.min()} and {seen.max()}" if column.numeric and len(seen) else "none occurs"
    return f"no value of column '{column.name}' that was learned from fits; {what}"


def _clamped(gan: Any, codec: TableCodec, candidates: Candidates, numbers: np.ndarray, seed: int) -> np.ndarray:
    """Rows whose columns in the conditions get candidates, and whose other columns are generated given these."""
    wanted = np.full((len(numbers), len(codec.learned)), np.nan)
    known = np.zeros(len(codec.codes), np.float32)
    for at, (cells, shares) in candidates.items():
        places = codec.groups[at].places  # the first of them addresses the draw
        rows = [make_rng(seed, "value", places[0], int(number)).choice(len(cells), p=shares) for number in numbers]
        wanted[:, list(places)] = cells[rows]
        known[codec.slices[at]] = 1
    mask = np.repeat(known, [code.width for code in codec.codes])[None].repeat(len(numbers), axis=0)
    condition = {"known": torch.nan_to_num(codec.encode(wanted)), "mask": torch.from_numpy(mask)}
    indices = numbers.tolist()
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    made = codec.decode(torch.cat(list(sampling.sample(gan.generator, latents, condition, seed=seed, indices=indices))))
    fixed = [place for at in candidates for place in codec.groups[at].places]
    made[:, fixed] = wanted[:, fixed]
    return made
