"""A trained generator that turns input images into output images. Nothing here needs the code that trained it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Recipe
from ..networks import ImageTranslator

if TYPE_CHECKING:  # loading a generator should not import what translators alone need
    from ..modalities.pairs.codec import Side

MAX_PIXELS_UNTILED = 1 << 20  # of a forward pass, where an image can be cut into tiles
TILE_SIDE = 512  # pixels of a tile, less what it sees of its neighbours
TILE_MULTIPLE = (
    4  # tiles begin at multiples of so many pixels, so that halvings fall where they fall in the whole image
)


class Translator:
    """What a run has learned to make of an input image. Images of any size go in, whatever the run was trained at.

    Attributes:
        generator: In eval mode, float32, on the CPU.
        input: The codec of input images.
        output: The codec of output images.
        scale: How many times as large an output is.
        views: (quarter turns, mirrored) of each copy of an image whose results are averaged.
    """

    def __init__(self, recipe: Recipe, generator: ImageTranslator, input: Side, output: Side, ensemble: bool = False):
        """ensemble: average the results of mirrored and turned copies (Lim et al. 2017, arXiv:1707.02921, section 3.4).

        Recipes that do more than restore depend on what is up, so their copies are mirrored only.
        """
        self.recipe, self.generator, self.input, self.output = recipe, generator, input, output
        self.scale = round(output.height / input.height)
        self.views = [(0, False)]
        if ensemble:
            turns = range(4 if recipe.algorithm.restores else 1)
            self.views = [(turn, mirrored) for turn in turns for mirrored in (False, True)]

    def values(self, inputs: np.ndarray) -> np.ndarray:
        """Decoded outputs of decoded inputs of one size, N x C x H x W each."""
        return np.concatenate([self.output.decode(self.translate(self.input.encode(each[None]))) for each in inputs])

    @torch.no_grad()
    def translate(self, image: Tensor) -> Tensor:
        """The encoded output of an encoded input, 1 x C x H x W -> 1 x C x sH x sW.

        A large image is made in tiles where the network's receptive radius is known, with the same result.
        """
        total = None
        for turns, mirrored in self.views:
            view = image.rot90(turns, (2, 3))
            output = self._translate_view(view.flip(3) if mirrored else view)
            output = (output.flip(3) if mirrored else output).rot90(-turns, (2, 3))
            total = output if total is None else total + output
        assert total is not None
        return total / len(self.views)

    def _translate_view(self, image: Tensor) -> Tensor:
        radius = self.generator.receptive_radius
        if radius is None or image.shape[2] * image.shape[3] <= MAX_PIXELS_UNTILED:
            return self._forward(image)
        return translate_in_tiles(self._forward, image, self.scale, TILE_SIDE, radius)

    def _forward(self, image: Tensor) -> Tensor:
        """One forward pass; once more in float64 where float32 overflows."""
        output = self.generator(image)
        if torch.isfinite(output).all():
            return output
        return copy.deepcopy(self.generator).double()(image.double()).float()


def translate_in_tiles(
    translate: Callable[[Tensor], Tensor], image: Tensor, scale: int, tile_side: int, radius: int
) -> Tensor:
    """The output of a large image, made tile by tile, 1 x C x H x W -> 1 x C x sH x sW.

    Each tile is made from `radius` more pixels on every side than are kept of it, so a network whose layers see no
    farther than that makes the same of the whole image.
    """
    height, width = image.shape[2:]
    margin = radius + -radius % TILE_MULTIPLE
    rows = []
    for top, bottom in pairwise(_tile_edges(height, tile_side)):
        row = []
        for left, right in pairwise(_tile_edges(width, tile_side)):
            first_row, first_column = max(0, top - margin), max(0, left - margin)
            output = translate(image[:, :, first_row : bottom + margin, first_column : right + margin])
            kept_rows = slice((top - first_row) * scale, (bottom - first_row) * scale)
            kept_columns = slice((left - first_column) * scale, (right - first_column) * scale)
            row.append(output[:, :, kept_rows, kept_columns])
        rows.append(torch.cat(row, dim=3))
    return torch.cat(rows, dim=2)


def _tile_edges(side: int, tile_side: int) -> list[int]:
    """Where tiles of about equal size begin, and where the last one ends."""
    count = ceil(side / tile_side)
    return [*(round(side * number / count / TILE_MULTIPLE) * TILE_MULTIPLE for number in range(count)), side]
