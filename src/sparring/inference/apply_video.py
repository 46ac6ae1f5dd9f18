"""A trained translator on films: every frame, at the film's own rate, with its sound."""

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
from ..modalities.image.decode import Unusable

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg")
STILL = 0.04  # a change of the given picture (of 0 to 1) at which half of the steadying is left


@dataclass(frozen=True)
class Film:
    """frames: how many were made. flicker: the mean change from frame to frame of what was made where the given picture did not change, of
    0 to 1; given_flicker: of the given film itself in the same places."""

    frames: int
    flicker: float
    given_flicker: float


def is_film(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def apply_to_film(
    path: Path, out: Path, make: Callable[[np.ndarray], np.ndarray], steady: float, progress: Callable[[float], None]
) -> Film:
    """Make a film of a film: the same frames a second, size (times the scale) and sound. make: H x W x 3 of 0 to 1 -> such a picture.

    steady: 0 to 1, how much of the frame before is kept where the given picture stands still. progress: told the share that is done. Raises
    Unusable for what is no film, UserError without PyAV.
    """
    if not find_spec("av"):
        raise UserError('films need PyAV: pip install "sparring[video]"')
    if out.suffix.lower() not in (".mp4", ".mkv", ".mov"):
        raise UserError(f"a film cannot be written as {out.name}; name it .mp4, .mkv or .mov")
    import av

    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.stem}.tmp{out.suffix}")
    try:
        with av.open(str(path)) as source, av.open(str(aside), "w") as target:
            if not source.streams.video:
                raise Unusable("holds no pictures")
            found = _frames(source, target, make, steady, progress)
    except av.error.FFmpegError as error:
        aside.unlink(missing_ok=True)
        raise Unusable(f"truncated or no film: {str(error)[:100]}") from None
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    os.replace(aside, out)
    return found


def _frames(source: Any, target: Any, make: Callable[[np.ndarray], np.ndarray], steady: float, progress: Callable[[float], None]) -> Film:
    import av

    given_stream = source.streams.video[0]
    rate = given_stream.average_rate or Fraction(25)
    stream = target.add_stream("libx264", rate=rate, options={"crf": "16"})
    sounds = {each.index: target.add_stream_from_template(each) for each in source.streams.audio}
    stream.codec_context.time_base = given_stream.time_base  # frames come when they came, also at an uneven rate
    flickers, before, count = list[tuple[float, float]](), None, 0
    early: list[Any] = []  # sound that comes before the first frame: writing it would fix the size of the pictures
    for packet in source.demux([given_stream, *source.streams.audio]):
        if packet.stream.index in sounds:
            if packet.dts is not None:
                packet.stream = sounds[packet.stream.index]
                early.append(packet)
            if count:
                target.mux(early)
                early = []
            continue
        for frame in packet.decode():
            given = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90).astype(np.float32) / 255
            made = make(given)
            if before is not None:
                made, flicker = _steadied(given, made, *before, steady)
                flickers.append(flicker)
            before = (given, made)
            if count == 0:
                stream.width, stream.height = made.shape[1], made.shape[0]
                stream.pix_fmt = "yuv420p" if made.shape[0] % 2 == made.shape[1] % 2 == 0 else "yuv444p"  # which bears odd sides
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rint(made.clip(0, 1) * 255).astype(np.uint8)), format="rgb24")
            picture.pts, picture.time_base = frame.pts, frame.time_base
            target.mux(stream.encode(picture.reformat(format=stream.pix_fmt)))
            count += 1
            progress(min(1.0, count / max(1, given_stream.frames or count + 1)))
    if not count:
        raise Unusable("holds no frames")
    target.mux(early)
    target.mux(stream.encode(None))
    means = np.mean(flickers, axis=0) if flickers else np.zeros(2)
    return Film(count, float(means[0]), float(means[1]))


def _steadied(
    given: np.ndarray, made: np.ndarray, given_before: np.ndarray, made_before: np.ndarray, steady: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """The frame, blended with the one before where the given picture did not change; and how much both changed there."""
    change = np.abs(given - given_before).mean(axis=2, keepdims=True)
    still = (change < STILL).astype(np.float32)
    scale = made.shape[0] // given.shape[0]
    share = steady * np.exp2(-change / STILL)
    share, still_made = (each.repeat(scale, axis=0).repeat(scale, axis=1) for each in (share, still))
    made = made * (1 - share) + made_before * share
    flicker = float((np.abs(made - made_before) * still_made).sum() / max(1.0, made.shape[2] * still_made.sum()))
    return made, (flicker, float((change * still).sum() / max(1.0, still.sum())))
