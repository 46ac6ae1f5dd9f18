"""Decode every picture once, when data is opened.

What cannot be used is named before the training, which never waits for decoding.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from ...data.contents import Contents, Member, Skipped
from ...data.source import Fit
from ...errors import UserError
from ...util.progress import track
from . import arrays
from .decode import Decoded, decode
from .fit import CHANNELS, fitted, in_mode, patches
from .frames import header_size
from .options import Form
from .scale import Scale
from .sizes import choose_size
from .spool import Spool
from .unusable import Unusable
from .value_range import Tally, choose_scale, written_scale

THREADS = 2  # decoders release the interpreter
WINDOW = 64  # files decoded ahead
SMALL_FILE = 16 << 10  # bytes: where files are smaller on average, threads cost more time than they save
LOSSLESS_SHARE = 0.95  # of the files: for so many the chosen mode must lose nothing
SAMPLED_HEADERS = 500  # read to guess whether all sizes are equal

FEW_FILES = 10  # from which on pages and pieces of one file are held out together

Pages = list[list[Decoded]]  # of a file; of each page the picture, or its pieces


@dataclass
class Scan:
    """What decoding found.

    kept: the position among the items of the contents of each picture in the spool. Pieces of one picture, and pages
    or frames of one file, have the same position. scale: of the numbers in the spool; written_scale: of samples.
    """

    size: tuple[int, int]
    mode: str = "L"
    scale: Scale = Scale()
    written_scale: Scale = Scale()
    kept: list[int] = field(default_factory=list)
    sizes: Counter = field(default_factory=Counter)  # (height, width) -> files
    modes: Counter = field(default_factory=Counter)  # as stored in the files
    fewest: Counter = field(default_factory=Counter)  # channels that lose nothing -> files
    lost: Counter = field(default_factory=Counter)  # what decoding loses -> pictures
    profiles: Counter = field(default_factory=Counter)  # colour profiles that were applied -> pictures
    paged: list[int] = field(default_factory=list)  # how many pages or frames each file of several has
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def kept_together(self) -> bool:
        """Are pages and pieces of one file held out together, or are there too few files for that?"""
        return len(set(self.kept)) >= FEW_FILES


def scan(contents: Contents, form: Form) -> tuple[Scan, Spool]:
    """Decode everything and choose size and mode. The spool holds the pictures at that size, in their fewest channels.

    Raises UserError where no picture is usable.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of decoders about odd metadata: what matters is in the report
        size = form.size or _guess_size(contents, form)
        tally = Tally()
        found, spool = _decode_all(contents, size, form.fit, tally)
        if not found.kept:
            raise UserError(_nothing(contents, found.skipped))
        chosen, note = choose_size(found.sizes, form)
        if chosen != size:  # damaged files misled the guess
            tally = Tally()
            found, spool = _decode_all(contents, chosen, form.fit, tally)
    found.notes += note
    found.scale, about_scale = choose_scale(tally, form.data_range, form.like)
    found.written_scale = form.like or written_scale(found.scale, tally)
    found.notes += about_scale
    found.mode = _choose_mode(found, form)
    found.notes += _about_files(found)
    return found, spool


def _guess_size(contents: Contents, form: Form) -> tuple[int, int]:
    """The size that choose_size will give, from headers alone.

    It is wrong only where damaged files have readable headers.
    """
    sizes: Counter = Counter()
    for part in contents.arrays:
        sizes[arrays.size_of(part)] += len(part.values)
    sizes += _headers(contents.members[:: max(1, len(contents.members) // SAMPLED_HEADERS)])
    if len(sizes) > 1 and contents.members:
        sizes = _headers(contents.members)
    return choose_size(sizes, form)[0] if sizes else (1, 1)


def _headers(members: list[Member]) -> Counter:
    def size(member: Member) -> tuple[int, int] | None:
        try:
            return header_size(member.read(), member.name)
        except Exception:  # decoding will name the reason
            return None

    return Counter(size for size in map(size, members) if size and min(size) > 0)


def _about_files(found: Scan) -> list[str]:
    """Notes on files that give several pictures, and on what decoding changed."""
    notes, pages = list[str](), sum(found.paged)
    pictures = len(set(found.kept)) + pages - len(found.paged)
    if pages:
        files = "1 file holds" if len(found.paged) == 1 else f"{len(found.paged):,} files hold"
        notes.append(
            f"{files} {pages:,} pages or frames: each is a picture (--recipe video learns films); "
            f"{_apart(found, 'file')}"
        )
    if len(found.kept) > pictures:
        notes.append(f"{pictures:,} pictures give {len(found.kept):,} pieces; {_apart(found, 'picture')}")
    notes += [f"{count:,} pictures lose {what}." for what, count in found.lost.items()]
    if found.profiles:
        names = ", ".join(f"{count:,} of {name}" for name, count in found.profiles.most_common(4))
        notes.append(f"Colour profiles were applied, as pictures are learned in sRGB: {names}.")
    return notes


def _apart(found: Scan, what: str) -> str:
    if found.kept_together:
        return f"those of one {what} stay together when some are held out."
    few = f"there are fewer than {FEW_FILES} {what}s"
    return f"as {few}, those of one {what} are held out too, so that scores look better than for others."


def _decode_all(contents: Contents, size: tuple[int, int], fit: Fit, tally: Tally) -> tuple[Scan, Spool]:
    found, spool = Scan(size), Spool()
    every = zip(contents.each(), _results(contents, size, fit, tally), strict=True)
    for index, (item, result) in enumerate(track(every, len(contents), "Reading pictures")):
        if isinstance(result, Unusable):
            found.skipped.append((item.shown, str(result)))
            continue
        found.paged += [len(result)] if len(result) > 1 else []
        for page in result:
            found.sizes[page[0].size] += 1
            for part in page:
                found.kept.append(index)
                found.modes[part.mode] += 1
                found.fewest[part.pixels.shape[2]] += 1
                found.lost.update([part.lost] if part.lost else ())
                found.profiles.update([part.profile] if part.profile else ())
                spool.append(part.pixels)
    return found, spool


def _results(contents: Contents, size: tuple[int, int], fit: Fit, tally: Tally) -> Iterator[Pages | Unusable]:
    """One result an item, in order, at the wanted size: the pieces of each page (often one of one).

    Numbers deeper than 8 bits are added to the tally as they are in the files.
    """

    def one(member: Member) -> Pages | Unusable:
        try:
            pages = []
            for page in decode(member.read(), member.name):
                colours = page.pixels[..., :-1] if page.pixels.shape[2] in (2, 4) else page.pixels
                if colours.dtype == np.uint8:
                    tally.add_plain(colours, member.shown)
                else:
                    tally.add(colours, page.kind, member.shown)
                pages.append(at_size(page))
            return pages
        except Unusable as error:
            return error
        except PermissionError:
            return Unusable("no permission to read it")
        except Exception as error:  # archives and tables raise much when a part of them is damaged
            return Unusable(f"cannot be read: {str(error)[:100] or type(error).__name__}")

    def at_size(decoded: Decoded) -> list[Decoded]:
        made = patches(decoded.pixels, size) if fit == "patches" else [fitted(decoded.pixels, size, fit)]
        return [decoded._replace(pixels=pixels) for pixels in made]

    if sum(member.size for member in contents.members) < SMALL_FILE * len(contents.members):
        yield from map(one, contents.members)
    else:
        yield from _threaded(one, contents.members)
    for part in contents.arrays:
        for result in arrays.pictures(part, tally):
            yield result if isinstance(result, Unusable) else [at_size(result)]


def _threaded(work: Callable[[Member], Pages | Unusable], members: list[Member]) -> Iterator[Pages | Unusable]:
    pool = ThreadPoolExecutor(THREADS, "decode")
    try:
        for start in range(0, len(members), WINDOW):
            yield from pool.map(work, members[start : start + WINDOW])
    finally:
        pool.shutdown(cancel_futures=True)


def _choose_mode(found: Scan, form: Form) -> str:
    """The smallest mode that loses nothing in 95 % of the pictures, judged by their content."""
    total = sum(found.fewest.values())
    losing = {
        mode: sum(count for fewest, count in found.fewest.items() if not _holds(channels, fewest))
        for mode, channels in CHANNELS.items()
    }
    mode = (
        form.mode
        if form.mode != "auto"
        else next(mode for mode in CHANNELS if losing[mode] <= (1 - LOSSLESS_SHARE) * total)
    )
    if losing[mode]:
        lost = "colour" if mode == "LA" else "transparency (now white)" if mode == "RGB" else "colour or transparency"
        found.notes.append(
            f"Pictures are stored as {mode}, {'as asked' if form.mode != 'auto' else 'enough for most'}: "
            f"{losing[mode]} of {total} lose {lost}."
        )
    elif not found.lost and (len(found.modes) > 1 or set(found.modes) != {mode}):
        kinds = ", ".join(f"{count} {name}" for name, count in found.modes.most_common())
        found.notes.append(
            f"Pictures are stored as {mode}{', as asked' if form.mode != 'auto' else ''}, which loses nothing of "
            f"these ({kinds})."
        )
    return mode


def _holds(channels: int, fewest: int) -> bool:
    return fewest <= channels and not (channels == 3 and fewest == 2)


def _nothing(contents: Contents, skipped: Skipped) -> str:
    if not len(contents):
        return "There are no pictures here" + (
            f" (skipped: {contents.skipped[0][0]}, {contents.skipped[0][1]})." if contents.skipped else "."
        )
    name, reason = skipped[0]
    return f"None of the {len(contents)} files is a usable picture (the first is {name}: {reason})."


def final_values(found: Scan, spool: Spool) -> Iterator[np.ndarray]:
    """Each picture as C x H x W values in the chosen mode."""
    for pixels in spool:
        yield in_mode(found.scale.scaled(pixels), found.mode).transpose(2, 0, 1)
