"""Small films for tests: a block that moves and turns back at the walls; and film files of every kind."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from sparring.data.contents import ArrayPart, Contents
from sparring.data.options import OpenContext
from sparring.modalities.video.options import VideoOptions
from sparring.modalities.video.source import VideoSource, build

FRAMES, HEIGHT, WIDTH, RATE = 6, 12, 14, 10.0


def films(count: int, seed: int = 0, channels: int = 1, frames: int = FRAMES) -> tuple[np.ndarray, list[str]]:
    """N x frames x height x width x channels uint8 films, and the class of each, across or down."""
    rng = np.random.default_rng(seed)
    made, labels = np.full((count, frames, HEIGHT, WIDTH, channels), 20, np.uint8), []
    for number, film in enumerate(made):
        label = ("down", "across")[number % 2]
        begin, other = rng.integers(0, 2 * max(HEIGHT, WIDTH)), rng.integers(0, min(HEIGHT, WIDTH) - 4)
        bright = rng.integers(150, 250, channels)
        for moment, frame in enumerate(film):
            room = (HEIGHT if label == "down" else WIDTH) - 4
            place = room - abs((begin + moment) % (2 * room) - room)
            top, left = (place, other) if label == "down" else (other, place)
            frame[top : top + 4, left : left + 4] = bright
        labels.append(label)
    return made, labels


def source(
    count: int = 60, labels: str = "auto", channels: int = 1, seed: int = 0, frames: int = FRAMES
) -> VideoSource:
    """A source of such films."""
    values, names = films(count, seed, channels, frames)
    parts = Contents(arrays=[ArrayPart("films", values, names)], labelled_by="the way they move")
    return build("films", parts, VideoOptions(fps=RATE, labels=labels), OpenContext())


def animated(film: np.ndarray, kind: str = "WEBP", milliseconds: int | list[int] = 100, **options: object) -> bytes:
    """A film, F x H x W x C, as an animated picture; WebP and PNG lose nothing."""
    frames = [Image.fromarray(frame[..., 0] if frame.shape[2] == 1 else frame) for frame in film]
    if kind == "WEBP":
        options = {"lossless": True, **options}
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, **options)
    return buffer.getvalue()


def encoded(
    film: np.ndarray, kind: str = "mp4", codec: str = "libx264rgb", times: list[int] | None = None, rate: int = 10
) -> bytes:
    """A film, F x H x W x 3, as a file without loss by default. times: of each frame, in tenths; None: one each."""
    buffer = io.BytesIO()
    lossless = {"crf": "0"} if codec.startswith("libx264") else {}
    with av.open(buffer, "w", format=kind) as out:
        stream = out.add_stream(codec, rate=rate, options=lossless)
        stream.height, stream.width = film.shape[1:3]
        stream.pix_fmt = {"libx264rgb": "rgb24", "ffv1": "bgr0"}.get(codec, "yuv420p")
        stream.codec_context.time_base = Fraction(1, rate)
        for number, pixels in enumerate(film):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = (number if times is None else times[number]), Fraction(1, rate)
            out.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    return buffer.getvalue()
