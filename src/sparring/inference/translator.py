"""A trained generator that turns a given picture into another. Nothing here needs the code that trained it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Recipe
from ..modalities.pairs.codec import Side

MOST_AT_ONCE = 1 << 20  # pixels of a forward pass where a picture can be cut into tiles
TILE = 512  # pixels of a tile's side, less what it sees of its neighbours


class Translator:
    """What a run learned to make of a given picture. given, made: the codecs of both sides; scale: how much larger the result is. ensemble: make it
    of the picture mirrored and turned too, and take the mean (geometric self-ensemble: Lim et al. 2017, arXiv:1707.02921, section 3.4); what
    does more than restore knows where up is, and is mirrored only.

    The generator is in eval mode, float32, on the CPU. Pictures of any size go in, whatever it was trained at.
    """

    def __init__(self, recipe: Recipe, generator: Any, given: Side, made: Side, ensemble: bool = False):
        self.recipe, self.generator, self.given, self.made = recipe, generator, given, made
        self.scale = round(made.height / given.height)
        self.views = (
            [(turns, mirrored) for turns in range(4 if recipe.restores else 1) for mirrored in (False, True)] if ensemble else [(0, False)]
        )

    def values(self, given: np.ndarray) -> np.ndarray:
        """Decoded values of one size, N x C x H x W, as the codec of the given side has them -> those made of them."""
        return np.concatenate([self.made.decode(self.tensor(self.given.encode(one[None]))) for one in given])

    @torch.no_grad()
    def tensor(self, given: Tensor) -> Tensor:
        """An encoded picture, 1 x C x H x W, of any size -> what is made of it, encoded.

        Where no layer looks at the whole (the network has a `reach`, in pixels), a large one is made in tiles, which gives the same.
        """
        total = None
        for turns, mirrored in self.views:
            view = given.rot90(turns, (2, 3))
            made = self._whole(view.flip(3) if mirrored else view)
            back = (made.flip(3) if mirrored else made).rot90(-turns, (2, 3))
            total = back if total is None else total + back
        assert total is not None
        return total / len(self.views)

    def _whole(self, given: Tensor) -> Tensor:
        height, width = given.shape[2:]
        reach = self.generator.receptive_radius
        if reach is None or height * width <= MOST_AT_ONCE:
            return self._once(given)
        return tiled(self._once, given, self.scale, TILE, reach)

    def _once(self, given: Tensor) -> Tensor:
        made = self.generator(given)
        if torch.isfinite(made).all():
            return made
        return copy.deepcopy(self.generator).double()(given.double()).float()


def tiled(make: Callable[[Tensor], Tensor], given: Tensor, scale: int, tile: int, reach: int) -> Tensor:
    """A large picture, 1 x C x H x W, tile by tile: each is made from `reach` more pixels on every side than are kept of it.

    A network whose layers see no farther than that makes the same of the whole picture. Tiles begin at multiples of four pixels, so that
    halvings fall where they fall in the whole.
    """
    height, width = given.shape[2:]
    reach += -reach % 4
    rows = []
    for top, bottom in pairwise(_edges(height, tile)):
        row = []
        for left, right in pairwise(_edges(width, tile)):
            up, west = max(0, top - reach), max(0, left - reach)
            made = make(given[:, :, up : min(height, bottom + reach), west : min(width, right + reach)])
            row.append(made[:, :, (top - up) * scale : (bottom - up) * scale, (left - west) * scale : (right - west) * scale])
        rows.append(torch.cat(row, dim=3))
    return torch.cat(rows, dim=2)


def _edges(side: int, tile: int) -> list[int]:
    """Where tiles begin and end: about equal, at multiples of four but for the last."""
    count = ceil(side / tile)
    return [*(round(side * number / count / 4) * 4 for number in range(count)), side]
