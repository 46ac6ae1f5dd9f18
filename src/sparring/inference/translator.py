"""A trained generator that turns input images into output images. Nothing here needs the code that trained it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise, product
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..config.recipe import Recipe
from ..networks import ImageTranslator, sampling
from ..util.memory import keep_freed_memory
from ..util.progress import track

if TYPE_CHECKING:  # loading a generator should not import what translators alone need
    from ..modalities.pairs.codec import Side

# Pixels of the side of a tile, with what it sees of its neighbours, at the size of the output. So large, and layers of
# 32 channels are allocated from kept memory (see util.memory); larger tiles took 25 to 40 % longer a pixel.
TILE_SIDE = 448
MIN_TILE_MARGINS = 4  # the side of what is kept of a tile, in margins, at least: narrower ones repeat too much work
TILE_MULTIPLE = (
    4  # tiles begin at multiples of so many pixels, so that halvings fall where they fall in the whole image
)


class Translator:
    """What a run has learned to make of an input image. Images of any size go in, whatever the run was trained at.

    Attributes:
        generator: In eval mode, float32. Whatever goes in and comes out is on the CPU.
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
        keep_freed_memory()
        if len(self.views) == 1:
            return self._translate_view(image)
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
        if radius is None or max(image.shape[2:]) * self.scale <= TILE_SIDE:
            return self._forward(image)
        return translate_in_tiles(self._forward, image, self.scale, tile_side(radius, self.scale), radius)

    def _forward(self, image: Tensor) -> Tensor:
        """One forward pass; once more in float64, on the CPU, where float32 overflows."""
        output = self.generator(image.to(sampling.device_of(self.generator)))
        if torch.isfinite(output).all():
            return output.cpu()
        return copy.deepcopy(self.generator).cpu().double()(image.double()).float()


def tile_side(radius: int, scale: int) -> int:
    """The pixels of the side of an input tile, less what it sees of its neighbours."""
    margin = _margin(radius)
    return max(TILE_SIDE // scale - 2 * margin, MIN_TILE_MARGINS * margin)


def translate_in_tiles(
    translate: Callable[[Tensor], Tensor], image: Tensor, scale: int, tile_side: int, radius: int
) -> Tensor:
    """The output of a large image, made tile by tile, 1 x C x H x W -> 1 x C x sH x sW.

    Each tile is made from `radius` more pixels on every side than are kept of it, so a network whose layers see no
    farther than that makes the same of the whole image.
    """
    height, width = image.shape[2:]
    margin, whole = _margin(radius), None
    edges = [list(pairwise(_tile_edges(side, tile_side))) for side in (height, width)]
    tiles = list(product(*edges))
    for (top, bottom), (left, right) in track(tiles, len(tiles), "translating tiles"):
        first_row, first_column = max(0, top - margin), max(0, left - margin)
        output = translate(image[:, :, first_row : bottom + margin, first_column : right + margin])
        kept_rows = slice((top - first_row) * scale, (bottom - first_row) * scale)
        kept_columns = slice((left - first_column) * scale, (right - first_column) * scale)
        if whole is None:
            whole = output.new_empty(1, output.shape[1], height * scale, width * scale)
        rows, columns = slice(top * scale, bottom * scale), slice(left * scale, right * scale)
        whole[:, :, rows, columns] = output[:, :, kept_rows, kept_columns]
    assert whole is not None
    return whole


def _margin(radius: int) -> int:
    """The pixels that a tile sees around what is kept of it: the radius, rounded up."""
    return radius + -radius % TILE_MULTIPLE


def _tile_edges(side: int, tile_side: int) -> list[int]:
    """Where tiles of about equal size begin, and where the last one ends."""
    count = ceil(side / tile_side)
    return [*(round(side * number / count / TILE_MULTIPLE) * TILE_MULTIPLE for number in range(count)), side]
