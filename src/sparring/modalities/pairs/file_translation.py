"""Translation of picture files: read whole, encoded for a network, translated, decoded, written whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..image import whole
from ..image.codec import ImageCodec
from ..image.fit import LUMA
from ..image.matching_scale import outside, scale_for
from ..image.scale import WHITE, Scale, misses, shown
from ..image.unusable import Unusable
from ..image.value_range import Tally, choose_scale
from ..image.whole import Whole
from . import maps
from .codec import Side
from .maps import MapCodec

Edit = Callable[[Whole, Callable[[Whole], Whole]], Whole]
MAX_OUTSIDE_UNSAID = 1e-3  # of the numbers of a file may lie beyond those learned from without a note


@dataclass
class FileTranslation:
    """Applies a translation to picture files.

    Attributes:
        input: The codec of input images.
        output: The codec of output images.
        translate: Encoded input, 1 x C x H x W -> encoded output.
        scale: How many times as large an output is.
        keeps_mode: Whether an output is its input restored, and so keeps its mode: grey stays grey.
        data_range: Which numbers of the files are black and white, as a person wants it.
        found: The scale of deep files, by the type of their numbers, where 8-bit pictures were learned from.
        kinds: The type of the numbers of each deep file.
    """

    input: Side
    output: Side
    translate: Callable[[torch.Tensor], torch.Tensor]
    scale: int
    keeps_mode: bool
    data_range: tuple[float, float] | None = None
    found: dict[str, Scale] = field(default_factory=dict)
    kinds: dict[Path, str] = field(default_factory=dict)

    def check_takes_films(self) -> None:
        """Raises Unusable where the frames of films, pictures of 8 bits, cannot be translated."""
        if not isinstance(self.input, ImageCodec) or not isinstance(self.output, ImageCodec):
            raise Unusable("films are for runs that turn pictures into pictures")
        for side in (self.input, self.output):
            if not side.scale.is_plain:
                raise Unusable(f"films hold 8-bit pictures, and this run learned from {side.scale}")

    def survey(self, paths: Sequence[Path]) -> list[str]:
        """Looks at all files before the first is translated, so that files of one kind get one scale.

        Returns notes. A file that cannot be used is named when it is its turn.
        """
        tallies: dict[str, Tally] = {}
        for path in paths:
            try:
                if not whole.is_deep(path):
                    continue
                picture = whole.read(path)
            except Unusable:
                continue
            self.kinds[path] = picture.kind
            for frame in filter(lambda frame: np.isfinite(frame).all(), picture.frames):
                tallies.setdefault(picture.kind, Tally()).add(frame, picture.kind, path.name)
        if not isinstance(self.input, ImageCodec) or not self.input.scale.is_plain:
            return []
        notes = []
        for kind, tally in tallies.items():
            self.found[kind], about = choose_scale(tally, self.data_range)
            notes += [f"This run learned from 8-bit pictures. {sentence}" for sentence in about]
        return notes

    def suffix_for(self, path: Path) -> str:
        """The suffix of the result of a file: the file's own where that can hold the result, else another."""
        if isinstance(self.output, MapCodec):
            return ".png"
        if isinstance(self.input, MapCodec):
            kind = self.output.scale.kind
        else:
            kind = self._output_scale(Scale(kind=self.kinds.get(path, "uint8"))).kind
        return whole.suffix_for(path, kind, self.output.channels > 1)

    def apply(self, path: Path, target: Path, edited: Edit = lambda picture, translate: translate(picture)) -> str:
        """Translates one file. Returns a note, or "".

        edited: What is written of a picture and the function that translates it.

        Raises Unusable for a bad input, UserError for a target that cannot be written.
        """
        if isinstance(self.input, MapCodec):
            assert isinstance(self.output, ImageCodec)
            numbers = maps.read_whole(path, self.input.legend)
            values = self._decoded(self.translate(self.input.encode(numbers[None, None])))
            return whole.write(_from_values(values, self.output.scale), target, self.output.scale)
        picture = whole.read(path)
        scale = self._input_scale(picture)
        note = self._outside(picture, scale)
        if isinstance(self.output, MapCodec):
            if len(picture.frames) > 1:
                raise Unusable(f"has {len(picture.frames)} pages or frames, and label maps are made of single pictures")
            numbers = self.output.decode(self.translate(self._encoded(picture, 0, scale)))
            maps.write(numbers[0, 0], self.output.legend, target)
            return note
        output = self._output_scale(scale)
        lost = whole.write(edited(picture, lambda given: self.picture(given, scale, output)), target, output)
        planes = f"each of its planes ({picture.stack}) was translated by itself" if picture.stack else ""
        return "; ".join(filter(None, (planes, note, lost)))

    def frame(self, frame: np.ndarray) -> np.ndarray:
        """One frame of a film, H x W x 3 of 0 to 1 -> sH x sW x 3."""
        values = self._values(Whole((frame * WHITE,), (None,)), 0, Scale())[0]
        return (values.repeat(3, axis=2) if values.shape[2] == 1 else values) / WHITE

    def picture(self, picture: Whole, scale: Scale, output: Scale) -> Whole:
        """Every frame of a picture translated. scale, output: of its numbers and of those of the result."""
        made = [self._values(picture, number, scale) for number in range(len(picture.frames))]
        colours = tuple(output.restored(values) for values, _ in made)
        stack = picture.stack and picture.stack.enlarged(self.scale)
        return replace(
            picture, frames=colours, opacity=tuple(alpha for _, alpha in made), kind=output.kind, stack=stack
        )

    def _input_scale(self, picture: Whole) -> Scale:
        assert isinstance(self.input, ImageCodec)
        for frame in picture.frames:
            if frame.dtype.kind == "f" and not np.isfinite(frame).all():
                bad = np.count_nonzero(~np.isfinite(frame))
                raise Unusable(f"holds values that are not finite: {bad:,} of {frame.size:,}")
        low, high = (min(map(np.min, picture.frames)), max(map(np.max, picture.frames)))
        if self.data_range and misses(self.data_range, low, high):
            wanted = f"{shown(self.data_range[0])} to {shown(self.data_range[1])}"
            raise Unusable(f"holds values {shown(low)} to {shown(high)}, all beyond the {wanted} that were asked for")
        found = self.found.get(picture.kind)
        try:
            return scale_for(picture.frames[0], picture.kind, self.input.scale, self.data_range, found)
        except Unusable as reason:
            raise Unusable(f"{reason}: say which numbers are black and white with --data-range LOW,HIGH") from None

    def _output_scale(self, scale: Scale) -> Scale:
        """The scale of results: that of the file, unless the outputs that were learned have numbers of their own."""
        assert isinstance(self.output, ImageCodec)
        return scale if self.keeps_mode or self.output.scale.is_plain else self.output.scale

    def _outside(self, picture: Whole, scale: Scale) -> str:
        """A note where numbers lie beyond those that were learned from."""
        share = float(np.mean([outside(frame, scale) for frame in picture.frames]))
        if share <= MAX_OUTSIDE_UNSAID:
            return ""
        ends = f"{shown(scale.low)} to {shown(scale.high)}"
        return f"{share:.1%} of its values lie outside {ends}, which is what can come out"

    def _values(self, picture: Whole, number: int, scale: Scale) -> tuple[np.ndarray, np.ndarray | None]:
        """A frame translated: colours from 0 to 255, and opacity, which is kept unless it marked holes to fill."""
        assert isinstance(self.input, ImageCodec) and isinstance(self.output, ImageCodec)
        values = self._decoded(self.translate(self._encoded(picture, number, scale)))
        alpha = picture.opacity[number]
        if self.output.channels in (2, 4):
            values, own_alpha = values[..., :-1], values[..., -1:] / WHITE
            alpha = None if alpha is None and self.keeps_mode else own_alpha
        elif self.input.channels in (2, 4) and self.output.channels in (1, 3):  # holes were filled
            alpha = None
        elif alpha is not None and self.scale > 1:
            alpha = _enlarged(alpha, self.scale)
        if self.keeps_mode and picture.frames[number].shape[2] == 1 and values.shape[2] == 3:
            values = values @ LUMA
        return values, alpha

    def _encoded(self, picture: Whole, number: int, scale: Scale) -> torch.Tensor:
        """A frame as the network takes it, 1 x C x H x W, without rounding to 8 bits."""
        assert isinstance(self.input, ImageCodec)
        colour, alpha = scale.values(picture.frames[number]), picture.opacity[number]
        if self.input.channels < 3 and colour.shape[2] == 3:
            colour = colour @ LUMA
        elif self.input.channels >= 3 and colour.shape[2] == 1:
            colour = colour.repeat(3, axis=2)
        if self.input.channels in (2, 4):
            alpha = np.ones_like(colour[..., :1]) if alpha is None else alpha
            colour = np.concatenate([colour * (alpha > 0), WHITE * alpha], axis=2)
        return self.input.encode(colour.transpose(2, 0, 1)[None])

    def _decoded(self, output: torch.Tensor) -> np.ndarray:
        """H x W x C of 0 to 255."""
        assert isinstance(self.output, ImageCodec)
        values = self.output.unrounded(output[0])
        del output  # of a large picture, one copy less
        return values.clamp_(0, WHITE).numpy().transpose(1, 2, 0)


def _from_values(values: np.ndarray, scale: Scale) -> Whole:
    """Values H x W x C as a picture in its own numbers."""
    alpha = values[..., -1:] / WHITE if values.shape[2] in (2, 4) else None
    return Whole((scale.restored(values[..., :-1] if alpha is not None else values),), (alpha,), scale.kind)


def _enlarged(alpha: np.ndarray, scale: int) -> np.ndarray:
    """H x W x 1 -> sH x sW x 1."""
    size = (alpha.shape[1] * scale, alpha.shape[0] * scale)
    return np.asarray(Image.fromarray(alpha[..., 0]).resize(size, Image.Resampling.BILINEAR))[..., None]
