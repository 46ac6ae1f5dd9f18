"""The size at which pictures are trained, chosen from the sizes of the files."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ...errors import UserError
from .options import Form

MIN_SIDE = 8  # pixels, to which a size that is chosen never brings down a larger side
CUT_OFF_UNSAID = 0.02  # of the area


def choose_size(sizes: Counter, form: Form) -> tuple[tuple[int, int], list[str]]:
    """The size to train at, and notes that say why.

    It is the size asked for, or else the size of all files or the median of their sizes, bounded by max_side. Raises
    UserError where that bound would leave hardly anything of long, narrow pictures.
    """
    if form.size:
        if set(sizes) == {form.size}:
            return form.size, []
        return form.size, [f"Pictures are brought to {_by(form.size)} as asked ({_fit(sizes, form.size, form)})."]
    heights, widths = (np.repeat([size[axis] for size in sizes], list(sizes.values())) for axis in (0, 1))
    own = (int(np.median(heights)), int(np.median(widths)))
    why = f"the files' own size {_by(own)}" if len(sizes) == 1 else f"the median of {len(sizes)} sizes, {_by(own)}"
    size = own
    if form.fit == "patches":
        side = min(*own, form.max_side or min(own))
        if set(sizes) == {(side, side)}:
            return own, [f"Pictures are {_by(own)}."]
        return (side, side), [f"Pictures are cut into pieces of {_by((side, side))} at their own resolution ({why})."]
    if form.max_side and max(own) > form.max_side:
        height, width = (max(1, round(side * form.max_side / max(own))) for side in own)
        if min(height, width) < MIN_SIDE <= min(own):
            raise UserError(
                f"Pictures of {_by(own)} would be brought down to {_by((height, width))}, which leaves nothing to see: "
                f"cut them into pieces with --fit patches, or say the size, such as --size {_by(own)} (slow) or "
                f"--size {_by(_bounded(own))}"
            )
        size = (height, width)
        why += f", brought down to {form.max_side} on the longer side"
    if set(sizes) == {size}:
        return size, [f"Pictures are {_by(size)}."]
    return size, [f"Pictures are trained at {_by(size)}: {why} ({_fit(sizes, size, form)})."]


def _bounded(own: tuple[int, int]) -> tuple[int, int]:
    """The smallest size of this shape with MIN_SIDE pixels on the shorter side."""
    factor = MIN_SIDE / min(own)
    return round(own[0] * factor), round(own[1] * factor)


def _fit(sizes: Counter, size: tuple[int, int], form: Form) -> str:
    """How pictures are brought to a size, and what that costs."""
    shares = [_covered(each, size) for each in sizes]
    mean = float(np.average(shares, weights=list(sizes.values())))
    if 1 - mean < CUT_OFF_UNSAID or form.fit == "patches":
        return f"{form.fit} fit"
    if form.fit == "crop":
        return f"crop fit, which cuts {1 - mean:.0%} off on average, {1 - min(shares):.0%} at most"
    distorted = sum(count for share, count in zip(shares, sizes.values(), strict=True) if 1 - share > CUT_OFF_UNSAID)
    return f"{form.fit} fit, which {'distorts' if form.fit == 'stretch' else 'puts a border around'} {distorted:,}"


def _covered(own: tuple[int, int], size: tuple[int, int]) -> float:
    """The share of a picture that is left when it is cut to the shape of a size."""
    shapes = sorted((own[0] / own[1], size[0] / size[1]))
    return shapes[0] / shapes[1]


def _by(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"
