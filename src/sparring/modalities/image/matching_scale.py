"""The scale with which a trained model reads the numbers of another picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .scale import KIND_NAMES, WHITE, Scale, shown
from .unusable import Unusable
from .value_range import Tally, choose_scale

MAX_OUTSIDE = 0.5  # of the numbers: a picture with more outside of the scale that was learned is of another kind


def scale_for(
    pixels: np.ndarray, kind: str, learned: Scale, asked: tuple[float, float] | None = None, found: Scale | None = None
) -> Scale:
    """The scale of a picture, H x W x C, whose type of numbers (kind) it keeps.

    learned: of the pictures that the model knows. asked: low and high, as a person wants them. found: of deep pictures,
    for a model that knows pictures of 8 bits; None: from this picture alone. Raises Unusable where its numbers mean
    something else than those learned.
    """
    if asked is not None:
        return Scale(*asked, kind, False)
    if kind == "uint8" and (learned.is_plain or learned.kind != "uint8"):
        if (learned.low, learned.high) == (0, WHITE) or learned.is_plain:
            return Scale()
        raise Unusable(f"holds 8-bit values, and this run learned from {learned}")
    if learned.is_plain:
        if found is None:
            tally = Tally()
            tally.add(colours(pixels), kind, "it")
            found = choose_scale(tally)[0]
        return replace(found, kind=kind, eight_bit=False)
    low, high = (float(end) for end in (colours(pixels).min(), colours(pixels).max()))
    fractions = kind.startswith("float") and high <= 1 and not learned.kind.startswith("float") and learned.high > 1
    if fractions or outside(pixels, learned) > MAX_OUTSIDE:
        raise Unusable(
            f"holds {KIND_NAMES.get(kind, kind)} values {shown(low)} to {shown(high)}, and this run learned from "
            f"{learned}"
        )
    return replace(learned, kind=kind, eight_bit=False)


def outside(pixels: np.ndarray, scale: Scale) -> float:
    """The share of the numbers of a picture that lie beyond a scale."""
    numbers = colours(pixels)
    return float(((numbers < scale.low) | (numbers > scale.high)).mean())


def colours(pixels: np.ndarray) -> np.ndarray:
    """H x W x C without opacity."""
    return pixels[..., :-1] if pixels.shape[2] in (2, 4) else pixels
