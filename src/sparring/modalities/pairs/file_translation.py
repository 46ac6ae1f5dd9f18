"""Translation of picture files: read whole, encoded for a network, translated, decoded, written whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..image import whole
from ..image.codec import ImageCodec
from ..image.decode import LUMA, Unusable
from ..image.whole import Whole
from . import maps
from .codec import Side
from .maps import MapCodec


@dataclass(frozen=True)
class FileTranslation:
    """Applies a translation to picture files.

    Attributes:
        input: The codec of input images.
        output: The codec of output images.
        translate: Encoded input, 1 x C x H x W -> encoded output.
        scale: How many times as large an output is.
        keeps_mode: Whether an output is its input restored, and so keeps its mode: grey stays grey.
    """

    input: Side
    output: Side
    translate: Callable[[torch.Tensor], torch.Tensor]
    scale: int
    keeps_mode: bool

    @property
    def takes_films(self) -> bool:
        """Whether it turns pictures into pictures, so that the frames of a film can be translated."""
        return isinstance(self.input, ImageCodec) and isinstance(self.output, ImageCodec)

    def suffix_for(self, path: Path) -> str:
        """The suffix of the result of a file: the file's own where that can hold the result, else .png."""
        return ".png" if isinstance(self.output, MapCodec) else whole.suffix_for(path)

    def apply(self, path: Path, target: Path) -> None:
        """Translates one file. Raises Unusable for a bad input, UserError for a target that cannot be written."""
        if isinstance(self.input, MapCodec):
            numbers = maps.read_whole(path, self.input.legend)
            output = self._decoded(self.translate(self.input.encode(numbers[None, None])))
            whole.write(Whole((output,), (None,), 255), target)
            return
        picture = whole.read(path)
        if isinstance(self.output, MapCodec):
            if len(picture.frames) > 1:
                raise Unusable(f"has {len(picture.frames)} frames, and label maps are made of still pictures")
            numbers = self.output.decode(self.translate(self._encoded(picture, 0)))
            maps.write(numbers[0, 0], self.output.legend, target)
            return
        whole.write(self.picture(picture), target)

    def frame(self, frame: np.ndarray) -> np.ndarray:
        """One frame of a film, H x W x 3 of 0 to 1 -> sH x sW x 3."""
        output = self.picture(Whole((frame,), (None,), 255)).frames[0]
        return output.repeat(3, axis=2) if output.shape[2] == 1 else output

    def picture(self, picture: Whole) -> Whole:
        """Every frame of a picture translated. Opacity is kept, except where it marked holes that were filled."""
        assert isinstance(self.input, ImageCodec) and isinstance(self.output, ImageCodec)
        fills_holes = self.input.channels in (2, 4) and self.output.channels in (1, 3)
        frames, opacity = [], list[np.ndarray | None]()
        for number, frame in enumerate(picture.frames):
            values = self._decoded(self.translate(self._encoded(picture, number)))
            alpha = picture.opacity[number]
            if self.output.channels in (2, 4):
                values, own_alpha = values[..., :-1], values[..., -1:]
                alpha = None if alpha is None and self.keeps_mode else own_alpha
            elif fills_holes:
                alpha = None
            elif alpha is not None and self.scale > 1:
                alpha = _enlarged(alpha, self.scale)
            if self.keeps_mode and frame.shape[2] == 1 and values.shape[2] == 3:
                values = values @ LUMA
            frames.append(values)
            opacity.append(alpha)
        return replace(picture, frames=tuple(frames), opacity=tuple(opacity))

    def _encoded(self, picture: Whole, number: int) -> torch.Tensor:
        """A frame as the network takes it, 1 x C x H x W, without rounding to 8 bits."""
        assert isinstance(self.input, ImageCodec)
        colour, alpha = picture.frames[number], picture.opacity[number]
        if self.input.channels < 3 and colour.shape[2] == 3:
            colour = colour @ LUMA
        elif self.input.channels >= 3 and colour.shape[2] == 1:
            colour = colour.repeat(3, axis=2)
        if self.input.channels in (2, 4):
            alpha = np.ones_like(colour[..., :1]) if alpha is None else alpha
            colour = np.concatenate([colour * (alpha > 0), alpha], axis=2)
        return self.input.encode(255 * colour.transpose(2, 0, 1)[None])

    def _decoded(self, output: torch.Tensor) -> np.ndarray:
        """H x W x C of 0 to 1."""
        assert isinstance(self.output, ImageCodec)
        values = self.output.unrounded(output[0])
        del output  # of a large picture, one copy less
        return values.div_(255).clamp_(0, 1).numpy().transpose(1, 2, 0)


def _enlarged(alpha: np.ndarray, scale: int) -> np.ndarray:
    """H x W x 1 -> sH x sW x 1."""
    size = (alpha.shape[1] * scale, alpha.shape[0] * scale)
    return np.asarray(Image.fromarray(alpha[..., 0]).resize(size, Image.Resampling.BILINEAR))[..., None]
