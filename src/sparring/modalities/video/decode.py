"""Decode one film: its frames one after another, and how long each is shown. Nothing is encoded again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..image.fit import reduced
from ..image.frames import Frame, frame_numbers, frames, opened
from ..image.unusable import MAX_PIXELS, Unusable, brief
from .detect import FILMS

MAX_FRAMES = 1_000_000  # of one film: more is a mistake or an attack
NEEDS_AV = 'is a film: pip install "sparring[video]" reads it'


@dataclass(frozen=True)
class Header:
    """What a film is, before its frames are decoded.

    seconds: how long each frame is shown, F float64; None where nothing says it. kind: for people, "h264 MP4".
    """

    height: int
    width: int
    seconds: np.ndarray | None
    kind: str


def is_film(name: str) -> bool:
    """Whether a file is a film that PyAV decodes, by its name."""
    return name.lower().endswith(FILMS)


def header_of(data: bytes, name: str) -> Header:
    """The header of a film or of an animated picture. Raises Unusable, with the reason."""
    return _film_header(data) if is_film(name) else _animation_header(data, name)


def frames_of(data: bytes, name: str) -> Iterator[np.ndarray]:
    """Every frame, H x W x C uint8 in the fewest channels that lose nothing. Raises Unusable for a damaged film."""
    if is_film(name):
        yield from _film_frames(data)
        return
    for frame in frames(data, name):
        yield plain(frame)


def plain(frame: Frame) -> np.ndarray:
    """The pixels of a frame. Raises Unusable where they are deeper than 8 bits."""
    if frame.pixels.dtype != np.uint8:
        raise Unusable(f"holds {frame.kind} numbers, and films are learned with 8 bits: convert it")
    return reduced(frame.pixels)


def _animation_header(data: bytes, name: str) -> Header:
    with opened(data, name) as picture:
        try:
            count = len(frame_numbers(picture, data))
        except Unusable:
            raise
        except Exception as error:  # decoders of damaged files raise nearly anything
            raise Unusable(f"truncated or damaged: {brief(error)}") from None
        kind = f"animated {picture.format}"
    if count < 2:
        raise Unusable("a single picture: a film has two frames at least")
    shown = list(frames(data, name))  # how long a frame of a WebP is shown is known only when it is decoded
    first = shown[0].pixels.shape
    return Header(first[0], first[1], np.array([frame.milliseconds / 1000 for frame in shown]), kind)


@contextmanager
def _open(data: bytes) -> Iterator[tuple[Any, Any]]:
    """An open film and its stream of pictures. Raises Unusable for what is none."""
    if not find_spec("av"):
        raise Unusable(NEEDS_AV)
    import av

    if not data:
        raise Unusable("an empty file")
    try:
        with av.open(io.BytesIO(data)) as film:
            if not film.streams.video:
                raise Unusable("holds no pictures")
            yield film, film.streams.video[0]
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise Unusable(f"truncated or no film: {brief(error)}") from None


def _film_header(data: bytes) -> Header:
    """From the packets; the first frame is decoded, as it alone says whether the film is rotated."""
    with _open(data) as (film, stream):
        first = next(film.decode(stream), None)
        if first is None:
            raise Unusable("holds no whole frame")
        if first.width * first.height > MAX_PIXELS:
            raise Unusable(f"too large: {first.width} x {first.height}")
        turned = first.rotation % 180 != 0
        kind = f"{stream.codec_context.name} {film.format.name.split(',')[0]}"
    with _open(data) as (film, stream):
        times = sorted(float(packet.pts * packet.time_base) for packet in film.demux(stream) if packet.pts is not None)
        usual = stream.average_rate or stream.guessed_rate
    if len(times) > MAX_FRAMES:
        raise Unusable(f"too long: more than {MAX_FRAMES:,} frames")
    height, width = (first.width, first.height) if turned else (first.height, first.width)
    return Header(height, width, _durations(np.array(times), 1 / float(usual) if usual else 0.04), kind)


def _durations(times: np.ndarray, usual: float) -> np.ndarray:
    """How long the frames that begin at these times are shown; the last one as long as most others."""
    between = np.diff(times)
    between = np.where(between > 0, between, usual)
    return np.append(between, np.median(between) if len(between) else usual)


def _film_frames(data: bytes) -> Iterator[np.ndarray]:
    with _open(data) as (film, stream):
        declared, count = stream.frames, 0
        for frame in film.decode(stream):
            count += 1
            pixels = frame.to_ndarray(format="rgb24")
            yield reduced(np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))))
    if count < declared:
        raise Unusable(f"ends early: {count:,} of {declared:,} frames can be decoded")
