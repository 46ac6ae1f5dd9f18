"""Do files of the same names in two folders show the same things? Then they are pairs, else two classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...data.contents import Member
from ..image.decode import decode
from ..image.unusable import Unusable

MAX_PAIRS = 32  # that are looked at, spread over all
MIN_PAIRS = 4
SIDE = 24  # pixels of a side at which pictures are compared
CLEAR = 4.0  # standard errors from which partners are more alike than strangers
NONE = 2.0  # standard errors below which they are not


def correspond(inputs: Sequence[Member], outputs: Sequence[Member]) -> bool | None:
    """Are partners clearly more alike in brightness or in contours than other pictures are; None: it cannot be told."""
    step = max(1, len(inputs) // MAX_PAIRS)
    pairs = list[tuple[np.ndarray, np.ndarray]]()
    for one, other in list(zip(inputs[::step], outputs[::step], strict=True))[:MAX_PAIRS]:
        small = _thumbnail(one), _thumbnail(other)
        if small[0] is not None and small[1] is not None:
            pairs.append((small[0], small[1]))
    if len(pairs) < MIN_PAIRS:
        return None
    first, second = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    certain = max(_standard_errors(first, second), _standard_errors(_contours(first), _contours(second)))
    return True if certain > CLEAR else False if certain < NONE and len(pairs) >= 2 * MIN_PAIRS else None


def _thumbnail(member: Member) -> np.ndarray | None:
    """The first page as a small grey picture, SIDE x SIDE; None for a file that is no picture, as decoding says."""
    try:
        pixels = next(decode(member.read(), member.name)).pixels
    except (Unusable, OSError, ValueError):
        return None
    grey = pixels[:, :, : 3 if pixels.shape[2] > 2 else 1].mean(axis=2)
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BOX), np.float64)


def _contours(pictures: np.ndarray) -> np.ndarray:
    """How much each pixel differs from its neighbours: the same in a negative, and much the same in a sketch."""
    down, right = np.diff(pictures, axis=1)[:, :, :-1], np.diff(pictures, axis=2)[:, :-1]
    return np.hypot(down, right)


def _standard_errors(first: np.ndarray, second: np.ndarray) -> float:
    """By how many standard errors the correlation of partners lies above that of strangers. Signs do not count.

    What all pictures of a side have in common is taken away before.
    """
    rows = []
    for side in (first, second):
        flat = side.reshape(len(side), -1)
        flat = flat - flat.mean(axis=0)
        flat = flat - flat.mean(axis=1, keepdims=True)
        rows.append(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9))
    alike = np.abs(rows[0] @ rows[1].T)
    strangers = (alike.sum(axis=1) - np.diag(alike)) / (len(alike) - 1)
    gain = np.diag(alike) - strangers
    return float(gain.mean() / (gain.std(ddof=1) / np.sqrt(len(gain)) + 1e-9))
