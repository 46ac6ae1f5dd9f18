"""Flicker of translated films: measured along the motion of the film, and smoothed where that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from .motion import motion, moved

SAME_CHANGE = 0.04  # mean change of a place (of 0 to 1) at which half of the smoothing is left; below, it is the same
CUT = 0.5  # a frame of which less shows the same as the one before follows a cut
PLACE = 9  # pixels of the side of a place; noise is averaged away over it
SHARES = (0.25, 0.5, 0.75)  # of smoothing, that are tried
TRIED_FRAMES = 13  # at the beginning of a film

Translate = Callable[[np.ndarray], np.ndarray]  # a frame, H x W x 3 of 0 to 1 -> sH x sW x 3


@dataclass(frozen=True)
class Flicker:
    """How much a film changes from frame to frame in places that show the same thing, of 0 to 1.

    Each frame is compared with the one before, every part brought to where it is now. Places where the input changed
    (what was hidden before, a cut) do not count.

    Attributes:
        output: Of the result.
        input: Of the input film, in the same places.
    """

    output: float
    input: float


class Smoother:
    """Translates frame after frame, and blends each with the one before along the motion of the input.

    Attributes:
        share: 0 to 1, the share of the frame before that is kept where the film shows the same as before.
        count: Frames so far.
    """

    def __init__(self, translate: Translate, share: float):
        self.translate, self.share, self.count = translate, share, 0
        self._before: tuple[np.ndarray, np.ndarray] | None = None  # input and output
        self._flickers: list[tuple[float, float]] = []

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        return self.smoothed(frame, self.translate(frame))

    def smoothed(self, frame: np.ndarray, output: np.ndarray) -> np.ndarray:
        """The next output, smoothed. frame: its input."""
        if self._before is not None:
            output = self._blended(frame, output, *self._before)
        self._before = (frame, output)
        self.count += 1
        return output

    def flicker(self) -> Flicker:
        """The flicker of the frames so far."""
        return Flicker(*map(float, np.mean(self._flickers, axis=0))) if self._flickers else Flicker(0.0, 0.0)

    def _blended(
        self, frame: np.ndarray, output: np.ndarray, frame_before: np.ndarray, output_before: np.ndarray
    ) -> np.ndarray:
        shift = motion(frame_before.mean(axis=2), frame.mean(axis=2))
        difference = frame - moved(frame_before, shift)
        change = np.abs(uniform_filter(difference, (PLACE, PLACE, 0), mode="nearest")).mean(axis=2, keepdims=True)
        same = (change < SAME_CHANGE).astype(np.float32)
        if same.mean() < CUT:
            return output
        share = (self.share * np.exp2(-change / SAME_CHANGE)).astype(np.float32)
        scale = output.shape[0] // frame.shape[0]
        shift, share, same_output = (each.repeat(scale, axis=0).repeat(scale, axis=1) for each in (shift, share, same))
        before = moved(output_before, scale * shift)
        output = output * (1 - share) + before * share
        self._flickers.append((_mean(np.abs(output - before), same_output), _mean(np.abs(difference), same)))
        return output


def choose_share(frames: Iterable[np.ndarray], translate: Translate) -> tuple[float, str]:
    """How much to smooth a film, measured on its first frames, and why.

    Nothing where the result flickers no more than the input; else the least of SHARES with which it does not, or the
    one with which it flickers least.
    """
    tried = {share: Smoother(translate, share) for share in (0.0, *SHARES)}
    for frame in frames:
        output = translate(frame)
        for smoother in tried.values():
            smoother.smoothed(frame, output)
    flickers = {share: smoother.flicker() for share, smoother in tried.items()}
    plain = flickers[0.0]
    compared = f"{plain.output:.2%} against {plain.input:.2%} of the film"
    if plain.output <= plain.input:
        return 0.0, f"without it the result flickers no more than the film ({compared})"
    share = next((share for share in SHARES if flickers[share].output <= plain.input), None)
    share = share or min(SHARES, key=lambda share: flickers[share].output)
    if flickers[share].output >= plain.output:
        return 0.0, f"smoothing does not lower the flicker of the result ({compared})"
    return share, f"without it the result flickers more ({compared}), with it {flickers[share].output:.2%}"


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    """The mean of H x W x C values with H x W x 1 weights; 0 where all are 0."""
    return float((values * weights).sum() / max(1.0, values.shape[2] * float(weights.sum())))
