"""Every picture is decoded once, at opening: what cannot be used is named before training, and training never waits for decoding."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from ...data.contents import Contents, Member, Skipped
from ...data.progress import track
from ...data.source import DataOptions
from ...errors import UserError
from . import arrays
from .decode import CHANNELS, Decoded, Unusable, decode, fitted, header_size, in_mode, pieces
from .spool import Spool

THREADS = 2  # decoders release the interpreter
WINDOW = 64  # files in flight
SMALL = 16 << 10  # bytes: threads cost more than they bring where files are smaller on average
ENOUGH = 0.95  # share of the files for which the stored mode must lose nothing
GLANCE = 500  # headers read to guess whether all sizes are equal


@dataclass
class Scan:
    """What decoding found. `kept` are the positions among the contents' items of the pictures in the spool; pieces of one have the same."""

    size: tuple[int, int]
    mode: str = "L"
    kept: list[int] = field(default_factory=list)
    sizes: Counter = field(default_factory=Counter)  # (height, width) -> files
    modes: Counter = field(default_factory=Counter)  # as stored in the files
    fewest: Counter = field(default_factory=Counter)  # channels that lose nothing -> files
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def scan(contents: Contents, options: DataOptions) -> tuple[Scan, Spool]:
    """Decode everything and choose size and mode. The spool holds the pictures at that size, in their fewest channels.

    Raises UserError where no picture is usable.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of decoders about odd metadata: what matters is in the report
        size = options.size or _guess_size(contents, options)
        found, spool = _decode_all(contents, size, options.fit)
        if not found.kept:
            raise UserError(_nothing(contents, found.skipped))
        chosen, note = choose_size(found.sizes, options)
        if chosen != size:  # bad files had a say in the guess
            found, spool = _decode_all(contents, chosen, options.fit)
    found.notes += note
    found.mode = _choose_mode(found, options)
    if len(found.kept) > (pictures := len(set(found.kept))):
        found.notes.append(
            f"{pictures:,} pictures give {len(found.kept):,} pieces; those of one picture stay together when some are held out."
        )
    return found, spool


def choose_size(sizes: Counter, options: DataOptions) -> tuple[tuple[int, int], list[str]]:
    """The size to train at, and why: asked for, the files' own, else their median, bounded by max_side."""
    if options.size:
        return options.size, [f"Pictures are brought to {_by(options.size)} as asked ({options.fit} fit)."] if set(sizes) != {
            options.size
        } else []
    heights, widths = (np.repeat([size[axis] for size in sizes], list(sizes.values())) for axis in (0, 1))
    own = (int(np.median(heights)), int(np.median(widths)))
    why = f"the files' own size {_by(own)}" if len(sizes) == 1 else f"the median of {len(sizes)} sizes, {_by(own)}"
    size = own
    if options.fit == "cut":
        side = min(*own, options.max_side or min(own))
        if set(sizes) == {(side, side)}:
            return own, [f"Pictures are {_by(own)}."]
        return (side, side), [f"Pictures are cut into pieces of {_by((side, side))} at their own resolution ({why})."]
    if options.max_side and max(own) > options.max_side:
        height, width = (max(1, round(side * options.max_side / max(own))) for side in own)
        size = (height, width)
        why += f", brought down to {options.max_side} on the longer side"
    return size, [f"Pictures are trained at {_by(size)}: {why} ({options.fit} fit)."] if set(sizes) != {size} else [
        f"Pictures are {_by(size)}."
    ]


def _by(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"


def _guess_size(contents: Contents, options: DataOptions) -> tuple[int, int]:
    """The size that choose_size will give, from headers alone: right unless damaged files have a say in it."""
    sizes: Counter = Counter()
    for part in contents.arrays:
        sizes[arrays.size_of(part)] += len(part.values)
    sizes += _headers(contents.members[:: max(1, len(contents.members) // GLANCE)])
    if len(sizes) > 1 and contents.members:
        sizes = _headers(contents.members)
    return choose_size(sizes, options)[0] if sizes else (1, 1)


def _headers(members: list[Member]) -> Counter:
    def size(member: Member) -> tuple[int, int] | None:
        try:
            return header_size(member.read(), member.name)
        except Exception:  # decoding will name the reason
            return None

    return Counter(size for size in map(size, members) if size)


def _decode_all(contents: Contents, size: tuple[int, int], fit: str) -> tuple[Scan, Spool]:
    found, spool = Scan(size), Spool()
    every = zip(contents.each(), _results(contents, size, fit), strict=True)
    for index, (item, result) in enumerate(track(every, len(contents), "Reading pictures")):
        if isinstance(result, Unusable):
            found.skipped.append((item.shown, str(result)))
            continue
        found.sizes[result[0].size] += 1
        for part in result:
            found.kept.append(index)
            found.modes[part.mode] += 1
            found.fewest[part.pixels.shape[2]] += 1
            spool.append(part.pixels)
    return found, spool


def _results(contents: Contents, size: tuple[int, int], fit: str) -> Iterator[list[Decoded] | Unusable]:
    """One result an item, in order, at the wanted size: one picture, or its pieces."""

    def one(member: Member) -> list[Decoded] | Unusable:
        try:
            return at_size(decode(member.read(), member.name))
        except Unusable as error:
            return error
        except PermissionError:
            return Unusable("no permission to read it")
        except Exception as error:  # archives and tables raise much when a part of them is damaged
            return Unusable(f"cannot be read: {str(error)[:100] or type(error).__name__}")

    def at_size(decoded: Decoded) -> list[Decoded]:
        made = pieces(decoded.pixels, size) if fit == "cut" else [fitted(decoded.pixels, size, fit)]
        return [decoded._replace(pixels=pixels) for pixels in made]

    if sum(member.size for member in contents.members) < SMALL * len(contents.members):
        yield from map(one, contents.members)
    else:
        yield from _threaded(one, contents.members)
    for part in contents.arrays:
        yield from (result if isinstance(result, Unusable) else at_size(result) for result in arrays.pictures(part))


def _threaded(work: Callable[[Member], list[Decoded] | Unusable], members: list[Member]) -> Iterator[list[Decoded] | Unusable]:
    pool = ThreadPoolExecutor(THREADS, "decode")
    try:
        for start in range(0, len(members), WINDOW):
            yield from pool.map(work, members[start : start + WINDOW])
    finally:
        pool.shutdown(cancel_futures=True)


def _choose_mode(found: Scan, options: DataOptions) -> str:
    """The smallest mode that loses nothing in 95 % of the pictures, judged by their content."""
    total = sum(found.fewest.values())
    losing = {
        mode: sum(count for fewest, count in found.fewest.items() if not _holds(channels, fewest)) for mode, channels in CHANNELS.items()
    }
    mode = options.mode if options.mode != "auto" else next(mode for mode in CHANNELS if losing[mode] <= (1 - ENOUGH) * total)
    if losing[mode]:
        lost = "colour" if mode == "LA" else "transparency (now white)" if mode == "RGB" else "colour or transparency"
        found.notes.append(
            f"Pictures are stored as {mode}, {'as asked' if options.mode != 'auto' else 'enough for most'}: {losing[mode]} of {total} lose {lost}."
        )
    elif len(found.modes) > 1 or set(found.modes) != {mode}:
        kinds = ", ".join(f"{count} {name}" for name, count in found.modes.most_common())
        deep = any(name[0] in "IF" for name in found.modes)  # 16 or 32 bits, floating point
        found.notes.append(
            f"Pictures are stored as {mode}{', as asked' if options.mode != 'auto' else ''}, which loses "
            f"{'what is finer than 8 bits, and nothing else,' if deep else 'nothing'} of these ({kinds})."
        )
    return mode


def _holds(channels: int, fewest: int) -> bool:
    return fewest <= channels and not (channels == 3 and fewest == 2)


def _nothing(contents: Contents, skipped: Skipped) -> str:
    if not len(contents):
        return "There are no pictures here" + (
            f" (skipped: {contents.skipped[0][0]}, {contents.skipped[0][1]})." if contents.skipped else "."
        )
    return f"None of the {len(contents)} files is a usable picture: the first, {skipped[0][0]}, is skipped as {skipped[0][1]}."


def final_values(found: Scan, spool: Spool) -> Iterator[np.ndarray]:
    """Each picture as C x H x W in the chosen mode."""
    for pixels in spool:
        yield in_mode(pixels, found.mode).transpose(2, 0, 1)
