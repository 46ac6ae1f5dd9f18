"""A trained translator applied to films: every frame, at the film's own rate, with its sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..modalities.image.unusable import Unusable

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg")
WRITABLE_SUFFIXES = (".mp4", ".mkv", ".mov")
STILL_CHANGE = (
    0.04  # change of an input pixel (of 0 to 1) at which half of the smoothing is left; below, it counts as still
)
DEFAULT_RATE = Fraction(25)  # frames a second, where a film does not say

Translate = Callable[[np.ndarray], np.ndarray]  # a frame, H x W x 3 of 0 to 1 -> sH x sW x 3


@dataclass(frozen=True)
class Film:
    """Facts about a translated film.

    Attributes:
        frames: Number of frames.
        flicker: Mean change of the output from frame to frame, of 0 to 1, where the input stands still.
        input_flicker: Mean change of the input in the same places.
    """

    frames: int
    flicker: float
    input_flicker: float


def is_film(path: Path) -> bool:
    """Whether a file is a film, by its suffix."""
    return path.suffix.lower() in SUFFIXES


def apply_to_film(
    path: Path, out: Path, translate: Translate, temporal_smoothing: float, progress: Callable[[float], None]
) -> Film:
    """Translates a film; frame rate and sound stay.

    Args:
        path: The input film.
        out: The output film, .mp4, .mkv or .mov.
        translate: Translates one frame.
        temporal_smoothing: 0 to 1, the share of the frame before that is kept where the input stands still.
        progress: Is told the share that is done.

    Raises:
        Unusable: The input is no film.
        UserError: PyAV is missing, or `out` has another suffix.
    """
    if not find_spec("av"):
        raise UserError('films need PyAV: pip install "sparring[video]"')
    if out.suffix.lower() not in WRITABLE_SUFFIXES:
        raise UserError(f"a film cannot be written as {out.name}; name it .mp4, .mkv or .mov")
    import av

    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.stem}.tmp{out.suffix}")
    try:
        with av.open(str(path)) as source, av.open(str(temporary), "w") as target:
            if not source.streams.video:
                raise Unusable("holds no pictures")
            film = _translate_streams(source, target, _Smoother(translate, temporal_smoothing), progress)
    except av.error.FFmpegError as error:
        temporary.unlink(missing_ok=True)
        raise Unusable(f"truncated or no film: {str(error)[:100]}") from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    os.replace(temporary, out)
    return film


class _Smoother:
    """Translates frame after frame and blends each with the one before where the input stands still."""

    def __init__(self, translate: Translate, temporal_smoothing: float):
        self.translate, self.temporal_smoothing = translate, temporal_smoothing
        self.count = 0
        self._before: tuple[np.ndarray, np.ndarray] | None = None  # input and output
        self._flickers: list[tuple[float, float]] = []

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        output = self.translate(frame)
        if self._before is not None:
            output = self._smoothed(frame, output, *self._before)
        self._before = (frame, output)
        self.count += 1
        return output

    def film(self) -> Film:
        """Facts about the frames so far."""
        output, input = np.mean(self._flickers, axis=0) if self._flickers else np.zeros(2)
        return Film(self.count, float(output), float(input))

    def _smoothed(
        self, frame: np.ndarray, output: np.ndarray, frame_before: np.ndarray, output_before: np.ndarray
    ) -> np.ndarray:
        change = np.abs(frame - frame_before).mean(axis=2, keepdims=True)
        still = (change < STILL_CHANGE).astype(np.float32)
        scale = output.shape[0] // frame.shape[0]
        share = self.temporal_smoothing * np.exp2(-change / STILL_CHANGE)
        share, still_output = (each.repeat(scale, axis=0).repeat(scale, axis=1) for each in (share, still))
        output = output * (1 - share) + output_before * share
        still_values = max(1.0, output.shape[2] * still_output.sum())
        flicker = float((np.abs(output - output_before) * still_output).sum() / still_values)
        self._flickers.append((flicker, float((change * still).sum() / max(1.0, still.sum()))))
        return output


def _translate_streams(source: Any, target: Any, translate: _Smoother, progress: Callable[[float], None]) -> Film:
    """Copies all sound of an open film and translates its pictures. Raises Unusable where there are none."""
    video = source.streams.video[0]
    stream = target.add_stream("libx264", rate=video.average_rate or DEFAULT_RATE, options={"crf": "16"})
    sounds = {each.index: target.add_stream_from_template(each) for each in source.streams.audio}
    stream.codec_context.time_base = video.time_base  # frames come when they came, also at an uneven rate
    waiting: list[Any] = []  # sound before the first frame: writing it would fix the size of the pictures
    for packet in source.demux([video, *source.streams.audio]):
        if packet.stream.index in sounds:
            if packet.dts is not None:
                packet.stream = sounds[packet.stream.index]
                waiting.append(packet)
            if translate.count:
                target.mux(waiting)
                waiting = []
            continue
        for frame in packet.decode():
            target.mux(stream.encode(_translated_frame(frame, stream, translate)))
            progress(min(1.0, translate.count / max(1, video.frames or translate.count + 1)))
    if not translate.count:
        raise Unusable("holds no frames")
    target.mux(waiting)
    target.mux(stream.encode(None))
    return translate.film()


def _translated_frame(frame: Any, stream: Any, translate: _Smoother) -> Any:
    """A decoded frame translated, ready to be encoded; the first one sets the size of the stream."""
    import av

    upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
    output = translate(upright.astype(np.float32) / 255)
    if translate.count == 1:
        stream.height, stream.width = output.shape[:2]
        # 4:2:0 needs even sides
        stream.pix_fmt = "yuv420p" if output.shape[0] % 2 == output.shape[1] % 2 == 0 else "yuv444p"
    rounded = np.rint(output.clip(0, 1) * 255).astype(np.uint8)
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rounded), format="rgb24")
    picture.pts, picture.time_base = frame.pts, frame.time_base
    return picture.reformat(format=stream.pix_fmt)
