"""Films that need no file: handwritten digits that move by a law."""

from __future__ import annotations

import numpy as np

from ...data.contents import ArrayPart, Contents
from ...data.options import OpenContext
from ...data.source import Split
from ...errors import UserError
from .options import VideoOptions
from .source import VideoSource, build

SIDE, FRAMES, RATE = 32, 16, 10.0  # pixels, frames of a film, frames a second
DIGIT = 14  # pixels a side of a digit, which stays inside the frame
SLOWEST, FASTEST = 1.5, 2.5  # pixels a frame; each film has one speed, in any direction
COUNTS: dict[Split, int] = {"train": 8000, "test": 2000}
TEST_DIGITS = 400  # of the 1,797 digits come in test films alone


def open_name(name: str, options: VideoOptions, context: OpenContext) -> VideoSource:
    """`bouncing`: always the same 8,000 training and 2,000 test films. Raises UserError for options they lack."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}'; leave --labels out, or --labels none")
    if options.fps not in (None, RATE):
        raise UserError(f"'{name}' has {RATE:g} frames a second; leave --fps out")
    rng = np.random.Generator(np.random.Philox(2015))
    parts = [_part(rng, split, count) for split, count in COUNTS.items()]
    contents = Contents(arrays=parts, labelled_by="the digits")
    return build(name, contents, options.model_copy(update={"fps": RATE}), context)


def _part(rng: np.random.Generator, split: Split, count: int) -> ArrayPart:
    """Films of one split: 8x8 digits (E. Alpaydin and C. Kaynak, UCI, 1998), enlarged, each at a moving place."""
    from sklearn.datasets import load_digits

    found = load_digits()
    those = slice(TEST_DIGITS, None) if split == "train" else slice(TEST_DIGITS)
    pictures, digits = (found.images[those] / 16).astype(np.float32), found.target[those]
    chosen = rng.integers(len(digits), size=count)
    films = _films(pictures[chosen], paths(rng, count))
    return ArrayPart(split, films, [str(digits[index]) for index in chosen], split)


def paths(rng: np.random.Generator, count: int, frames: int = FRAMES) -> np.ndarray:
    """The upper left corners of digits over time, count x frames x 2 (down, across), in pixels.

    Each begins anywhere, moves at a speed and in a direction of its own, and turns back at the walls. A step in which
    it meets a wall is shorter from end to end.
    """
    room = SIDE - DIGIT
    angle = rng.uniform(0, 2 * np.pi, count)
    speed = rng.uniform(SLOWEST, FASTEST, (count, 1))
    velocity = speed * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    straight = rng.uniform(0, 2 * room, (count, 2))[:, None] + velocity[:, None] * np.arange(frames)[:, None]
    return room - np.abs(straight % (2 * room) - room)


def _films(pictures: np.ndarray, places: np.ndarray) -> np.ndarray:
    """N pictures of 8x8 from 0 to 1 at places (N x T x 2), enlarged bilinearly: N x T x SIDE x SIDE uint8."""
    down, across = (_weights(places[..., axis], pictures.shape[1]) for axis in (0, 1))
    shown = down @ pictures[:, None] @ across.swapaxes(2, 3)
    return np.rint(255 * shown).astype(np.uint8)


def _weights(place: np.ndarray, pixels: int) -> np.ndarray:
    """How much of each of a picture's rows is in each of a frame's: place.shape x SIDE x pixels, float32."""
    row = (np.arange(SIDE) + 0.5 - place[..., None]) * (pixels / DIGIT) - 0.5
    return np.maximum(0, 1 - np.abs(row[..., None] - np.arange(pixels))).astype(np.float32)
