"""The range of the numbers of all pictures together, and the scale that follows from it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ...errors import UserError
from .scale import KIND_NAMES, WHITE, Scale, misses, shown

FEW_SHARE, FEW = 1e-4, 3  # so many of all values may be outliers, such as hot pixels
ENOUGH = 1000  # values, among which outliers can be told
BODY_SHARE = 1 / 3  # of the whole range: values outside are outliers where the others lie in less
MIN_BUCKETS = 8  # different numbers (about) that a body has
FULL_SHARE = 0.5  # of a usual range of floating-point pictures must be used to be taken for it
TOLERANCE = 1e-3  # of a usual range: numbers may lie so far outside, by rounding
NEAR_PEAK = 0.9  # of the largest number of so many bits
NEAR_ZERO = 0.1  # of the largest number: a smallest one below it is taken for 0
BIT_DEPTHS = (1, 8, 10, 12, 14, 16)
USUAL = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))  # ranges of floating-point pictures
LEVEL_TOLERANCE = 0.02  # of one of 255 steps
MIN_SHARED = 0.5  # of the range of pictures lies in the scale of others that they are compared with
FRACTIONS_SHARE = 0.05  # of pictures of fractions, from which on they are no dark pictures of a wider range
WIDER = 16.0  # times as far as fractions go, from which on they would be black
SAMPLED = 1000  # numbers of a picture that tell fractions from whole numbers
DARK = 32  # of 256 levels: where none of all pictures goes so far, nearly all of their range is unused
KEY_BITS = 20  # of a float32 tell the bucket: numbers that differ by a 2,048th are apart, whatever their offset
BUCKETS, SIGN = 1 << KEY_BITS, 1 << (KEY_BITS - 1)
MANY = 1 << 18  # numbers, from which on counting into all buckets is quicker than adding one by one
MAX_FLOAT = float(np.finfo(np.float32).max)


@dataclass
class Tally:
    """What is known of the numbers of pictures, above all of those deeper than 8 bits. Any thread may add pictures.

    kinds, first: how many pictures hold numbers of a type, and the name of one. plain_low, plain_high: the ends of the
    numbers of 8-bit pictures; low, high: of the deeper ones. at_low, at_high: how many numbers are
    exactly the lowest and the highest. float_high: the highest of floating-point numbers. fractions, wider: how many
    pictures hold fractions up to 1, and how many go WIDER times as far. levels: the ranges of which all numbers are
    1/255 steps. from_arrays: do all pictures come from arrays, which have no files of a depth?
    """

    kinds: Counter = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    plain_low: float = np.inf
    plain_high: float = -np.inf
    low: float = np.inf
    high: float = -np.inf
    at_low: int = 0
    at_high: int = 0
    float_high: float = -np.inf
    fractions: int = 0
    wider: int = 0
    count: int = 0
    buckets: np.ndarray = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    levels: list[tuple[float, float]] = field(default_factory=lambda: list(USUAL))
    from_arrays: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_plain(self, numbers: np.ndarray, name: str, count: int = 1, from_array: bool = False) -> None:
        """Add `count` pictures of 8 bits. numbers: of their colours, in any shape."""
        low, high = float(numbers.min()), float(numbers.max())
        with self.lock:
            self._count("uint8", name, count)
            self.plain_low, self.plain_high = min(low, self.plain_low), max(high, self.plain_high)
            self.from_arrays &= from_array

    def add(self, numbers: np.ndarray, kind: str, name: str, count: int = 1, from_array: bool = False) -> None:
        """Add `count` pictures deeper than 8 bits, one after the other.

        numbers: of their colours, all finite, in any shape. kind: their type.
        """
        flat = numbers.reshape(-1)
        low, high = flat.min(), flat.max()
        at_low, at_high, keys = int((flat == low).sum()), int((flat == high).sum()), _keys(flat)
        low, high, floating = float(low), float(high), kind.startswith("float")
        levels = [each for each in self.levels if floating and _in_levels(flat, each)]
        fractions, wider = _fractions_and_wider(flat.reshape(count, -1)) if floating else (0, 0)
        with self.lock:
            self._count(kind, name, count)
            self.from_arrays &= from_array
            if low <= self.low:
                self.low, self.at_low = low, at_low + (self.at_low if low == self.low else 0)
            if high >= self.high:
                self.high, self.at_high = high, at_high + (self.at_high if high == self.high else 0)
            self.count += flat.size
            if flat.size > MANY:
                self.buckets += np.bincount(keys, minlength=BUCKETS)
            else:
                np.add.at(self.buckets, keys, 1)
            if floating:
                self.fractions, self.wider = self.fractions + fractions, self.wider + wider
                self.float_high = max(self.float_high, high)
                self.levels = [each for each in self.levels if each in levels]

    def _count(self, kind: str, name: str, count: int) -> None:
        self.kinds[kind] += count
        self.first.setdefault(kind, name)

    @property
    def deep(self) -> list[str]:
        """The types of numbers that are not of 8 bits."""
        return sorted(kind for kind in self.kinds if kind != "uint8")

    @property
    def whole_numbers(self) -> bool:
        """Are all of a type of whole numbers?"""
        return not any(kind.startswith("float") for kind in self.deep)

    def histogram(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the buckets that hold anything: lower end, upper end, how many numbers."""
        held = np.flatnonzero(self.buckets)
        lower, upper = (edge.clip(self.low, self.high) for edge in _edges(held))
        return lower, upper, self.buckets[held]


def choose_scale(
    tally: Tally, asked: tuple[float, float] | None = None, like: Scale | None = None
) -> tuple[Scale, list[str]]:
    """The scale of all pictures, and notes that say why.

    asked: low and high, as a person wants them. like: the scale of other pictures that these are read like. Raises
    UserError where pictures of several depths have no scale in common, and where all lie beyond what is asked for.
    """
    if like is not None:
        return _alike(tally, like, asked)
    held = (tally.low, tally.high) if tally.deep else (0.0, float(WHITE))
    if asked is not None and misses(asked, *held):
        raise UserError(
            f"all values are {_span(*held)}, and --data-range {asked[0]:g},{asked[1]:g} asks for others: nothing "
            "would be left to see"
        )
    if not tally.deep:
        return _plain(tally, asked)
    kind = _common_kind(tally)
    if asked is None and tally.wider and tally.fractions > FRACTIONS_SHARE * (tally.fractions + tally.wider):
        raise UserError(
            f"{tally.fractions:,} pictures hold fractions up to 1 and {tally.wider:,} others numbers as far as "
            f"{shown(tally.float_high)}, beside which fractions are black: bring all to one range, open them "
            "separately, or say what is black and white with --data-range LOW,HIGH"
        )
    if asked:
        low, high, why = *asked, "as asked"
        lost = _beyond(tally, *asked)
    else:
        body_low, body_high, lost = body(tally)
        low, high, why = _scale(tally, body_low, body_high)
        why += "; another range: --data-range LOW,HIGH"
    scale = Scale(low, high, kind, _fits_8_bits(tally, low, high))
    if "uint8" in tally.kinds:
        scale, notes = _mixed(tally, scale, asked is not None)
        return scale, notes + lost
    if not scale.is_plain and written_scale(scale, tally).is_plain:
        why += "; all are 8-bit levels, so they are ordinary pictures, and samples too"
    name = KIND_NAMES.get(kind, kind)
    return scale, [
        f"{name[0].upper()}{name[1:]} values {_span(tally.low, tally.high)}; scaled {_span(low, high)} ({why}).",
        *lost,
    ]


def _plain(tally: Tally, asked: tuple[float, float] | None) -> tuple[Scale, list[str]]:
    """The scale of pictures of 8 bits: as they are, unless all are so dark that their numbers mean something else."""
    low, high = tally.plain_low, tally.plain_high
    if asked is None and low < high < DARK:
        low, high, why = _scale(tally, low, high)
        scale = Scale(low, high, "uint8", WHITE % (high - low) == 0)
        samples = "; samples are ordinary pictures" if written_scale(scale, tally).is_plain else ""
        return scale, [
            f"8-bit values {_span(tally.plain_low, tally.plain_high)} only; scaled {_span(low, high)} ({why}; to leave "
            f"them as dark as they are: --data-range 0,{WHITE}{samples})."
        ]
    if asked is None or asked == (0, WHITE):
        return Scale(), []
    clipped = ", and what lies beyond is clipped" if asked[0] > 0 or asked[1] < WHITE else ""
    return Scale(*asked, "uint8", False), [f"8-bit values; scaled {_span(*asked)} as asked{clipped}."]


def _alike(tally: Tally, like: Scale, asked: tuple[float, float] | None) -> tuple[Scale, list[str]]:
    """As `choose_scale`, with the scale of other pictures. Raises UserError where their numbers mean something else."""
    scale, notes = choose_scale(tally)
    if tally.deep:
        alike, low, high = "uint8" not in tally.kinds and not like.is_plain, tally.low, tally.high
        own, wanted = (scale.low, scale.high), (like.low, like.high)
        shared = min(own[1], wanted[1]) - max(own[0], wanted[0])
        unlike = (own != wanted and own in USUAL and wanted in USUAL) or shared < MIN_SHARED * (own[1] - own[0])
    else:
        alike, low, high = like.kind == "uint8", tally.plain_low, tally.plain_high
        unlike = like.high < DARK <= high
    if alike and (asked or not unlike):  # what a person asked for may leave most out
        return like, _beyond(tally, like.low, like.high) if tally.deep else []
    if not alike and written_scale(scale, tally).is_plain == like.is_plain:
        return scale, notes
    held = f"{scale if tally.deep else Scale()}" if not unlike else f"numbers from {_span(low, high)}"
    raise UserError(
        f"{next(iter(tally.first.values()))} holds {held}, and what it belongs to was {like}: bring both to one "
        f"{'range' if alike else 'depth'}"
    )


def written_scale(scale: Scale, tally: Tally) -> Scale:
    """The scale in which samples are written: arrays of 8-bit levels are ordinary pictures, as no file has a depth."""
    usual = tally.from_arrays and (scale.low, scale.high) in USUAL
    return Scale() if scale.eight_bit and (usual or (tally.deep and "uint8" in tally.kinds)) else scale


def _beyond(tally: Tally, low: float, high: float) -> list[str]:
    """A note where values lie beyond these ends."""
    if low <= tally.low and tally.high <= high:
        return []
    lower, upper, counts = tally.histogram()
    share = counts[(upper <= low) | (lower >= high)].sum() / tally.count
    return [f"Values beyond {_span(low, high)} are clipped: about {share:.2g} of all."]


def body(tally: Tally) -> tuple[float, float, list[str]]:
    """Lowest and highest number without outliers, and notes on these.

    Outliers are few, or all the same number (a mark for "no data"), and the others lie in less than BODY_SHARE of the
    range.
    """
    if tally.count < ENOUGH:
        return tally.low, tally.high, []
    lower, upper, counts = tally.histogram()
    first, last = 0, len(counts) - 1
    one_low, one_high = tally.at_low == counts[0], tally.at_high == counts[-1]
    few = max(FEW, FEW_SHARE * tally.count)
    while True:  # a far outlier on one side may hide one on the other
        here = slice(first, last + 1)
        end = _end(lower[here], upper[here], counts[here], few, one_high and last == len(counts) - 1)
        start = _end(-upper[here][::-1], -lower[here][::-1], counts[here][::-1], few, one_low and first == 0)
        if end == start == last - first:
            break
        if end < last - first:
            last = first + end
        else:
            first = last - start
    whole = tally.whole_numbers  # the end of a bucket is not in it
    low = tally.low if first == 0 else float(np.ceil(lower[first]) if whole else lower[first])
    high = tally.high if last == len(counts) - 1 else float(np.ceil(upper[last]) - 1 if whole else upper[last])
    sides = ((counts[:first].sum(), "below", low, tally.low), (counts[last + 1 :].sum(), "above", high, tally.high))
    notes = [
        f"{number:,} of {tally.count:,} values ({number / tally.count:.2g} of all) lie far {side} the others, {side} "
        f"{shown(edge)} as far as {shown(far)}: taken for outliers or marks and clipped (to keep them: --data-range "
        f"{tally.low:g},{tally.high:g})."
        for number, side, edge, far in sides
        if number
    ]
    return low, high, notes


def _end(lower: np.ndarray, upper: np.ndarray, counts: np.ndarray, few: float, one_number: bool) -> int:
    """The last bucket of the body, where outliers lie above it; the last bucket of all where there are none.

    one_number: the last bucket holds one number, however often.
    """
    beyond = counts[::-1].cumsum()[::-1] - counts
    outliers = beyond <= few
    if one_number and len(counts) > 1:
        outliers[-2] = True
    narrow = upper - lower[0] < BODY_SHARE * (upper[-1] - lower[0])
    found = np.flatnonzero(outliers & narrow & (np.arange(len(counts)) >= MIN_BUCKETS - 1))
    return int(found[-1]) if len(found) else len(counts) - 1


def _scale(tally: Tally, low: float, high: float) -> tuple[float, float, str]:
    """The two ends of the scale for numbers from low to high, and the reason."""
    if low == high:
        return low, low + 1, "there is one value only"
    if not tally.whole_numbers:
        for usual in USUAL:
            width = usual[1] - usual[0]
            inside = usual[0] - TOLERANCE * width <= low and high <= usual[1] + TOLERANCE * width
            if inside and high - low >= FULL_SHARE * width and (usual[0] == 0 or low < -TOLERANCE):
                return *usual, "a usual range of floating-point pictures"
    elif low >= 0:
        for bits in BIT_DEPTHS:
            if NEAR_PEAK * (2**bits - 1) < high <= 2**bits - 1:
                return (
                    (0.0 if low <= NEAR_ZERO * high else low),
                    2.0**bits - 1,
                    "the range of 1 bit" if bits == 1 else f"the range of {bits} bits",
                )
    if 0 < low <= NEAR_ZERO * high:
        return 0.0, high, "from 0 to the largest value"
    return low, high, "the range of the values"


def _common_kind(tally: Tally) -> str:
    """The type of all deep numbers. Raises UserError where whole numbers and shares of white are mixed."""
    deep = tally.deep
    whole = [kind for kind in deep if not kind.startswith("float")]
    if whole and len(whole) < len(deep) and tally.float_high <= 1:
        other = next(kind for kind in deep if kind.startswith("float"))
        raise UserError(
            f"{tally.first[whole[0]]} holds {KIND_NAMES.get(whole[0], whole[0])} whole numbers and "
            f"{tally.first[other]} fractions up to {shown(tally.float_high)}: they have no scale in common; bring all "
            "to one kind, or open them separately"
        )
    kind = np.result_type(*map(np.dtype, deep))
    if kind.kind in "iu" and kind.itemsize == 8:
        return next((name for name in ("int32", "uint32") if _holds(name, tally)), "float64")
    return "float32" if kind == np.float16 else kind.name


def _holds(kind: str, tally: Tally) -> bool:
    limits = np.iinfo(kind)
    return limits.min <= tally.low and tally.high <= limits.max


def _mixed(tally: Tally, scale: Scale, asked: bool) -> tuple[Scale, list[str]]:
    """The scale of pictures of 8 bits and deeper ones together: that of the majority.

    Raises UserError unless the deeper ones use the range of their type, so that white is white in both.
    """
    plain, total = tally.kinds["uint8"], sum(tally.kinds.values())
    deep = max(tally.deep, key=lambda kind: tally.kinds[kind])
    what = f"{total - plain:,} of {total:,} pictures hold {KIND_NAMES.get(deep, deep)} values ({tally.first[deep]}), "
    if not asked and (scale.low, scale.high) not in ((0, 1), (0, 255), (0, 65535)):
        raise UserError(
            f"{what}from {shown(tally.low)} to {shown(tally.high)}, the others 8-bit values ({tally.first['uint8']}): "
            "what is white in both is not clear; bring them to one depth, open them separately, or say which range of "
            "the deeper ones is 0 to 255 with --data-range LOW,HIGH"
        )
    if scale.high == WHITE:
        return scale, [f"{what}the others 8-bit ones, all from 0 to 255."]
    if plain * 2 < total:
        return scale, [f"{what}the others 8-bit ones: 255 of these is taken for {shown(scale.high)}."]
    lost = "" if scale.eight_bit else ", which loses what is finer than 8 bits in them"
    reading = Scale(scale.low, scale.high, scale.kind, True)
    return reading, [f"{what}the others 8-bit ones: {shown(scale.high)} is taken for 255{lost}."]


def _fits_8_bits(tally: Tally, low: float, high: float) -> bool:
    """Does every number fall on one of 256 levels?"""
    if not tally.whole_numbers:
        return (low, high) in tally.levels
    return low == round(low) and high == round(high) and WHITE % (high - low) == 0


def _in_levels(numbers: np.ndarray, ends: tuple[float, float]) -> bool:
    """Do all numbers lie on one of 256 levels between the ends?"""
    for part in (numbers[:1000], numbers):  # a few first: most do not
        steps = (part.astype(np.float64) - ends[0]) * (WHITE / (ends[1] - ends[0]))
        if (np.abs(steps - np.rint(steps)) > LEVEL_TOLERANCE).any() or steps.min() < -0.5 or steps.max() > WHITE + 0.5:
            return False
    return True


def _fractions_and_wider(pictures: np.ndarray) -> tuple[int, int]:
    """How many rows of numbers are fractions from -1 to 1, and how many go WIDER times as far."""
    far = np.maximum(pictures.max(axis=1), -pictures.min(axis=1))
    small = pictures[far <= 1 + TOLERANCE, :SAMPLED]
    return int((small != np.rint(small)).any(axis=1).sum()), int((far >= WIDER).sum())


def _keys(numbers: np.ndarray) -> np.ndarray:
    """The bucket of each number: the upper bits of its float32, in the order of the numbers."""
    bits = (numbers.astype(np.float32).view(np.uint32) >> (32 - KEY_BITS)).astype(np.int64)
    return np.where(bits & SIGN, BUCKETS - 1 - bits, bits | SIGN)


def _edges(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of buckets."""
    negative = keys < SIGN
    sizes = np.where(negative, SIGN - 1 - keys, keys - SIGN).astype(np.uint32)
    near, far = (
        (sizes + step << (32 - KEY_BITS)).view(np.float32).astype(np.float64) for step in (np.uint32(0), np.uint32(1))
    )
    return np.where(negative, -far, near), np.where(negative, -near, far)


def _span(low: float, high: float) -> str:
    return f"{shown(low)} to {shown(high)}"
