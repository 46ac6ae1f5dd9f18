"""Masks that say which parts of a picture are to be filled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..modalities.image import whole
from ..modalities.image.frames import SUFFIXES
from ..modalities.image.unusable import Unusable
from ..modalities.image.whole import Whole

LOSSLESS = (".png", ".tif", ".tiff", ".bmp", ".webp")  # formats in which pixels outside of a mask stay what they were


class Masks:
    """The mask of each picture: one for all, or from a folder in which masks are called like the pictures.

    White parts are to be filled. The suffix of a mask may differ from that of its picture.
    """

    def __init__(self, where: Path, input: Path):
        """Raises UserError where there is no such file or folder, or where it holds no pictures."""
        if not where.exists():
            raise UserError(
                f"there is no mask {where}; give a picture that is white where the picture should be filled"
            )
        if where.is_dir() and where.resolve() == input.resolve():
            raise UserError(f"{where} holds the pictures themselves; give another folder with their masks")
        self.where, self.input = where, input
        self._found: dict[Path, Path] = {}  # by the name without suffix, below the folder
        if where.is_dir():
            pictures = sorted(path for path in where.rglob("*") if path.suffix.lower() in SUFFIXES)
            self._found = {path.relative_to(where).with_suffix(""): path for path in pictures}
            if not self._found:
                raise UserError(f"{where} holds no pictures that could be masks")

    @property
    def files(self) -> list[Path]:
        """All mask files."""
        return list(self._found.values()) or [self.where]

    def of(self, path: Path) -> np.ndarray:
        """Where the picture in this file is to be filled, H x W. Raises Unusable where there is no such mask."""
        if self.where.is_dir():
            name = path.relative_to(self.input if self.input.is_dir() else self.input.parent).with_suffix("")
            if name not in self._found:
                raise Unusable(f"has no mask: {self.where} holds no {name} with the suffix of a picture")
            file = self._found[name]
        else:
            file = self.where
        try:
            values = whole.read(file).frames[0].astype(np.float32).mean(axis=2)
        except Unusable as error:
            raise Unusable(f"its mask {file} cannot be used: {error}") from None
        marked = values > values.max() / 2
        if values.min() == values.max():
            all_or_nothing = "all of the picture" if values.max() > 0 else "nothing"
            raise Unusable(f"its mask {file} marks {all_or_nothing}; it should be white where the picture is filled")
        return marked


def with_holes(picture: Whole, mask: np.ndarray) -> Whole:
    """The picture, transparent where the mask says so and opaque elsewhere. Raises Unusable for other sizes."""
    if mask.shape != picture.frames[0].shape[:2]:
        ours, theirs = (f"{height}x{width}" for height, width in (picture.frames[0].shape[:2], mask.shape))
        raise Unusable(f"is {ours} and its mask {theirs}; make them equal")
    known = (~mask[..., None]).astype(np.float32)
    return replace(picture, opacity=tuple(known for _ in picture.frames))


def filled(picture: Whole, made: Whole, mask: np.ndarray) -> Whole:
    """The picture with what was made where the mask says so; everything else of it stays what it was."""
    hole = mask[..., None]
    frames = tuple(
        np.where(hole, new.astype(old.dtype), old) for old, new in zip(picture.frames, made.frames, strict=True)
    )
    return replace(picture, frames=frames)
