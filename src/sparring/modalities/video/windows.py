"""How many frames are learned at once, and how longer films are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL = 16  # frames of a window
KEPT_SHARE = 0.9  # of the films have as many frames as a length that is chosen
LEAST_REST = 0.5  # of a window: a shorter rest of a film is left out
CUT_TIMES, CUT_LEAST = 4.0, 24.0  # a cut changes the picture so many times more than the film usually does, and so much


@dataclass(frozen=True)
class Cut:
    """frames: of every value. whole: is every film one value, from its first frame on?"""

    frames: int
    whole: bool
    notes: tuple[str, ...] = ()


def choose(lengths: Sequence[int], asked: int | None) -> Cut:
    """The length of values for films of so many frames, at least two each. asked: by a person; None: by the films."""
    shortest = int(np.quantile(lengths, 1 - KEPT_SHARE, method="lower"))
    frames = asked or max(2, min(USUAL, shortest))
    used = [length for length in lengths if length >= frames]
    whole = bool(used) and all(length < (1 + LEAST_REST) * frames for length in used)
    notes = list[str]()
    if lost := len(lengths) - len(used):
        hint = "" if asked == 2 else f" (--frames {min(lengths)} takes all)"
        notes.append(f"{lost:,} of {len(lengths):,} films have fewer than {frames} frames and are left out{hint}.")
    if not whole:
        most = f"--frames {min(max(lengths), 128)}" if asked is None else "--frames"
        notes.append(f"Films have up to {max(lengths):,} frames: {frames} are learned at once ({most} takes more).")
    elif used and max(used) > frames:
        notes.append(f"Of films with more than {frames} frames the beginnings are learned.")
    return Cut(frames, whole, tuple(notes))


def starts(count: int, how: Cut) -> list[int]:
    """Where the values of a film of `count` frames begin; the last one may overlap the one before."""
    if count < how.frames:
        return []
    found = list(range(0, count - how.frames + 1, how.frames))
    if count - (found[-1] + how.frames) >= LEAST_REST * how.frames:
        found.append(count - how.frames)
    return found[:1] if how.whole else found


def scenes(frames: np.ndarray) -> list[np.ndarray]:
    """A film, F x C x H x W, in parts without a cut.

    A cut is where the mean change of the picture is CUT_TIMES that of most frames around it, and large.
    """
    change = np.array([np.abs(frames[i + 1].astype(np.int16) - frames[i]).mean() for i in range(len(frames) - 1)])
    usual = np.median(change) if len(change) else 0.0
    cuts = [i + 1 for i, each in enumerate(change) if each > max(CUT_LEAST, CUT_TIMES * usual)]
    return [frames[start:end] for start, end in zip([0, *cuts], [*cuts, len(frames)], strict=True)]
