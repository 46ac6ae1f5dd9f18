"""A trained translator applied to films: every frame, at the film's own rate, in its container, with its sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..modalities.image.unusable import Unusable
from ..util.files import temporary_path
from .flicker import TRIED_FRAMES, Flicker, Smoother, Translate, choose_share

MAX_SIDE = 16384  # pixels that the codecs take
H264 = ("libx264", {"crf": "16"})
WRITERS: dict[str, tuple[str, dict[str, str]]] = {  # the codec that is written into each container, and its options
    ".mp4": H264,
    ".m4v": H264,
    ".mov": H264,
    ".mkv": H264,
    ".avi": ("libx264", {"crf": "16", "bf": "0"}),  # its times count frames, which must not be reordered
    ".webm": ("libvpx-vp9", {"crf": "18", "b": "0", "deadline": "realtime", "cpu-used": "4"}),
}
SUFFIXES = (*WRITERS, ".mpg", ".mpeg")
CONSTANT_RATE = (".avi",)  # containers whose frames come at one rate
DEFAULT_RATE = Fraction(25)  # frames a second, where a film does not say


@dataclass(frozen=True)
class Film:
    """Facts about a translated film.

    Attributes:
        frames: Number of frames.
        flicker: Of the result and of the input.
        smoothing: The share of temporal smoothing.
        reason: Why, where it was chosen.
        lost: What the result does not hold of the input, one sentence each.
    """

    frames: int
    flicker: Flicker
    smoothing: float
    reason: str
    lost: tuple[str, ...]


def is_film(path: Path) -> bool:
    """Whether a file is a film, by its suffix."""
    return path.suffix.lower() in SUFFIXES


def suffix_for(path: Path) -> str:
    """The suffix of the result of a film: its own where that can be written, else .mp4."""
    return path.suffix.lower() if path.suffix.lower() in WRITERS else ".mp4"


def apply_to_film(
    path: Path, out: Path, translate: Translate, temporal_smoothing: float | None, progress: Callable[[float], None]
) -> Film:
    """Translates a film; frame rate and sound stay.

    Args:
        path: The input film.
        out: The output film, with a suffix of WRITERS.
        translate: Translates one frame.
        temporal_smoothing: 0 to 1, the share of the frame before that is kept where the film shows the same as before;
            None: chosen by the flicker that is measured on the first frames.
        progress: Is told the share that is done.

    Raises:
        Unusable: The input is no film, or its result would be too large for the container.
        UserError: PyAV is missing, or `out` has another suffix.
    """
    if not find_spec("av"):
        raise UserError('films need PyAV: pip install "sparring[video]"')
    if out.suffix.lower() not in WRITERS:
        raise UserError(f"a film cannot be written as {out.name}; use {', '.join(WRITERS)}")
    share, reason = temporal_smoothing, ""
    if share is None:
        with _opened(path) as (source, video):
            frames = (_picture(frame) for frame in source.decode(video))
            share, reason = choose_share(islice(frames, TRIED_FRAMES), translate)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(out)
    temporary = temporary.with_name(temporary.name + out.suffix)
    smoother = Smoother(translate, share)
    try:
        with _opened(path) as (source, video):
            lost = _translate_streams(source, video, temporary, smoother, progress)
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return Film(smoother.count, smoother.flicker(), share, reason, lost)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """An open film and its stream of pictures. Raises Unusable for what is none."""
    import av

    try:
        with av.open(str(path)) as source:
            if not source.streams.video:
                raise Unusable("holds no pictures")
            yield source, source.streams.video[0]
    except av.error.FFmpegError as error:
        raise Unusable(f"truncated or no film: {str(error)[:100]}") from None


def _translate_streams(
    source: Any, video: Any, out: Path, translate: Smoother, progress: Callable[[float], None]
) -> tuple[str, ...]:
    """Translates the pictures of an open film into a new file, and copies its sound; returns what is lost."""
    import av

    codec, options = WRITERS[out.suffix.lower()]
    with av.open(str(out), "w") as target:
        stream: Any = target.add_stream(codec, rate=video.average_rate or DEFAULT_RATE, options=dict(options))
        kept = [each for each in source.streams.audio if each.codec.canonical_name in target.supported_codecs]
        sounds = {each.index: target.add_stream_from_template(each) for each in kept}
        if out.suffix.lower() not in CONSTANT_RATE:
            stream.codec_context.time_base = video.time_base  # frames come when they came, also at an uneven rate
        waiting: list[Any] = []  # sound before the first frame: writing it would fix the size of the pictures
        for packet in source.demux([video, *kept]):
            if packet.stream.index in sounds:
                if packet.dts is not None:
                    packet.stream = sounds[packet.stream.index]
                    waiting.append(packet)
                if translate.count:
                    target.mux(waiting)
                    waiting = []
                continue
            for frame in packet.decode():
                target.mux(stream.encode(_translated(frame, stream, translate, out)))
                progress(min(1.0, translate.count / max(1, video.frames or translate.count + 1)))
        if not translate.count:
            raise Unusable("holds no frames")
        target.mux(waiting)
        target.mux(stream.encode(None))
    others = [f"its {each.type}" for each in source.streams if each.type != "video" and each not in kept]
    return (
        *((f"{' and '.join(dict.fromkeys(others))} cannot be kept in {out.suffix}",) if others else ()),
        *_lost_colours(video.format),
    )


def _lost_colours(format: Any) -> Iterator[str]:
    """What frames of 8 bits and three colours do not hold of those of a film."""
    if any(each.is_alpha for each in format.components):
        yield "its transparency is not kept"
    if any(each.bits > 8 for each in format.components):
        yield "what is finer than 8 bits is not kept"


def _picture(frame: Any) -> np.ndarray:
    """A decoded frame, upright, H x W x 3 of 0 to 1."""
    return np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90).astype(np.float32) / 255


def _translated(frame: Any, stream: Any, translate: Smoother, out: Path) -> Any:
    """A decoded frame translated, ready to be encoded; the first one sets the size of the stream."""
    import av

    output = translate(_picture(frame))
    if translate.count == 1:
        height, width = output.shape[:2]
        if max(height, width) > MAX_SIDE:
            raise Unusable(f"its result of {height}x{width} pixels is larger than a film may be, {MAX_SIDE} a side")
        stream.height, stream.width = height, width
        stream.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"  # 4:2:0 needs even sides
    rounded = np.rint(output.clip(0, 1) * 255).astype(np.uint8)
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rounded), format="rgb24")
    if out.suffix.lower() in CONSTANT_RATE:
        picture.pts, picture.time_base = translate.count - 1, 1 / Fraction(stream.average_rate)
    else:
        picture.pts, picture.time_base = frame.pts, frame.time_base
    return picture.reformat(format=stream.pix_fmt)
