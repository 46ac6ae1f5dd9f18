"""Motion between two frames of a film: where each block of a frame was in the frame before."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.ndimage import median_filter

BLOCK = 8  # pixels of the side of a block, at every size
COARSEST_SIDE = 24  # pixels; the frames are halved until their shorter side would be below this
MAX_MATCHED_PIXELS = 1 << 20  # larger sizes keep the motion found at half of theirs
COARSE_REACH, FINE_REACH = 3, 1  # pixels searched to every side, at the smallest size and at each larger one
STAY_BIAS = 0.95  # another place than the expected one must match better by this factor: noise should not move blocks
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def motion(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Where each pixel of `now` was in `before`: H x W x 2 whole numbers to add to (row, column).

    before, now: grey frames of 0 to 1, H x W. The search goes from small to large copies of the frames, so that noise
    is averaged away first, and tries what the neighbours of a block found.
    """
    sizes = [(before, now)]
    while min(sizes[-1][0].shape) >= 2 * COARSEST_SIDE:
        sizes.append((_halved(sizes[-1][0]), _halved(sizes[-1][1])))
    shift = np.zeros((*_grid(sizes[-1][1].shape), 2), np.int32)
    for number, (then, new) in enumerate(reversed(sizes)):
        if number:
            rows, columns = _grid(new.shape)
            shift = 2 * shift.repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns]
        if number == 0 or new.size <= MAX_MATCHED_PIXELS:
            shift = _refined(then, new, shift, FINE_REACH if number else COARSE_REACH)
    return _by_pixel(shift, now.shape)


def moved(frame: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The frame before, with every part brought to where it is now. frame: H x W or H x W x C."""
    height, width = shift.shape[:2]
    rows = np.clip(np.arange(height)[:, None] + shift[..., 0], 0, height - 1)
    columns = np.clip(np.arange(width)[None] + shift[..., 1], 0, width - 1)
    return frame[rows, columns]


def _refined(before: np.ndarray, now: np.ndarray, shift: np.ndarray, reach: int) -> np.ndarray:
    """The shift of each block with the best match: around the expected one, then around those of its neighbours."""
    around = [step for step in product(range(-reach, reach + 1), repeat=2) if step != (0, 0)]
    best, lowest = _best(before, now, shift, [shift + np.array(step, np.int32) for step in around], None)
    calm = np.stack([median_filter(best[..., axis], 3, mode="nearest") for axis in (0, 1)], axis=-1)
    theirs = [np.roll(calm, step, (0, 1)) for step in NEIGHBOURS]
    return _best(before, now, best, [calm, *theirs], lowest)[0]


def _best(
    before: np.ndarray, now: np.ndarray, shift: np.ndarray, others: list[np.ndarray], lowest: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The best of a shift and others, and how it matches. lowest: how the first one matches, where that is known."""
    if lowest is None:
        lowest = _mismatch(before, now, shift) * STAY_BIAS
    for other in others:
        mismatch = _mismatch(before, now, other)
        better = mismatch < lowest
        shift, lowest = np.where(better[..., None], other, shift), np.where(better, mismatch, lowest)
    return shift, lowest


def _mismatch(before: np.ndarray, now: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The mean difference of each block."""
    difference = np.abs(now - moved(before, _by_pixel(shift, now.shape)))
    padding = [(0, -side % BLOCK) for side in now.shape]
    whole = np.pad(difference, padding, mode="edge")
    return whole.reshape(shift.shape[0], BLOCK, shift.shape[1], BLOCK).mean(axis=(1, 3))


def _grid(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Blocks along each side of a frame; the last ones may be cut."""
    return tuple(-(-side // BLOCK) for side in shape)


def _by_pixel(shift: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return shift.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)[: shape[0], : shape[1]]


def _halved(frame: np.ndarray) -> np.ndarray:
    """Means of two by two pixels; a last odd row or column is repeated."""
    even = np.pad(frame, [(0, side % 2) for side in frame.shape], mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
