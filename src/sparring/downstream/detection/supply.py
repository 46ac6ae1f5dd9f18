"""Scenes with pasted objects, real or generated ones, each from (seed, number) alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from ...modalities.image.boxes import Objects, Scene
from ...util.random import make_rng
from ..examples import Examples, Unavailable
from .objects import Cut, Pixels, cuts_of, generated_cut
from .pasting import Canvasful

REMEMBERED = 64  # decoded pictures
MOST_PASTED, PASTED_SHARE = 6, 1 / 3  # objects pasted into a scene: at most, and as a share of those it has on average
ATTEMPTS = 20


def reader(remembered: int = REMEMBERED) -> Pixels:
    """Decodes pictures, and remembers the last ones."""
    from ...modalities.image.boxes.pixels import decoded

    return lru_cache(remembered)(decoded)


@dataclass(frozen=True)
class Made:
    """A scene with pasted objects. pixels: H x W x 3 uint8."""

    pixels: np.ndarray
    objects: Objects

    def as_scene(self, number: int) -> Scene:
        """To be written as a PNG."""
        buffer = io.BytesIO()
        Image.fromarray(self.pixels).save(buffer, "PNG")
        height, width = self.pixels.shape[:2]
        return Scene(f"synthetic-{number:06d}.png", width, height, "train", self.objects, buffer.getvalue, True)


class Paster:
    """Makes scenes from real training pictures.

    Args:
        scenes: Real training pictures.
        classes: How many classes there are.
        pixels: Decodes pictures.
    """

    def __init__(self, scenes: Sequence[Scene], classes: int, pixels: Pixels):
        self._scenes, self._pixels = scenes, pixels
        self.cuts: list[list[Cut]] = [[] for _ in range(classes)]
        for scene in scenes:
            for cut in cuts_of(scene, pixels(scene)):
                self.cuts[cut.label].append(cut)
        counts = np.array([len(each) for each in self.cuts], dtype=np.float64)
        if not counts.any():
            raise Unavailable("no object is large enough to be cut out")
        self.most = int(np.clip(round(PASTED_SHARE * counts.sum() / len(scenes)), 1, MOST_PASTED))
        self.chances = np.sqrt(counts) / np.sqrt(counts).sum()  # rarer classes more often (Gupta et al. 2019, LVIS)

    def needed(self, scenes: int) -> tuple[int, ...]:
        """Objects of each class that so many scenes take, about."""
        total = scenes * (1 + self.most) / 2
        return tuple(int(np.ceil(total * chance)) if chance else 0 for chance in self.chances)

    def scenes(self, count: int, seed: int, generated: Examples | None = None) -> list[Made]:
        """Scenes with pasted objects. generated: objects that are pasted; None: real ones. Raises Unavailable."""
        pools = None
        if generated is not None:
            pools = [generated.values[generated.labels == label] for label in range(len(self.cuts))]
        return [self._scene(number, seed, pools) for number in range(count)]

    def _scene(self, number: int, seed: int, pools: Sequence[np.ndarray] | None) -> Made:
        rng = make_rng(seed, "pasted scene", number)
        chances = self.chances
        if pools is not None:
            chances = chances * np.array([len(pool) > 0 for pool in pools])
            if not chances.any():
                raise Unavailable("no generated object is left to be pasted")
        chances = chances / chances.sum()
        for _ in range(ATTEMPTS):
            base = self._scenes[int(rng.integers(len(self._scenes)))]
            canvas = Canvasful(self._pixels(base).copy(), base.objects)
            for _ in range(int(rng.integers(1, self.most + 1))):
                label = int(rng.choice(len(chances), p=chances))
                cut = self.cuts[label][int(rng.integers(len(self.cuts[label])))]
                if pools is not None:
                    cut = generated_cut(pools[label][int(rng.integers(len(pools[label])))], cut)
                canvas.paste(cut, rng)
            objects = canvas.finished()
            if objects.pasted.any():
                return Made(canvas.pixels, objects)
        raise Unavailable("no place was found for pasted objects")
