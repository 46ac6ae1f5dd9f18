"""Decode every film once, when data is opened, at one size and one frame rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...data.contents import Contents, Skipped
from ...data.options import OpenContext
from ...errors import UserError
from ...util.progress import track
from ..image.fit import fitted, in_mode
from ..image.options import Form
from ..image.sizes import choose_size
from ..image.spool import Spool
from ..image.unusable import Unusable
from .clips import Clip, clips_of
from .decode import Header
from .options import VideoOptions
from .timing import frames_at, rate_of
from .windows import scenes

ASSUMED = 25.0  # frames a second, of frames that no file gives a rate
MAX_FRAME_NUMBERS = 1 << 31  # of a film that is decoded: frames x height x width x channels


@dataclass
class Scan:
    """What decoding found. films: uint8, F x C x H x W each, at `fps`; clips: which each is of."""

    size: tuple[int, int]
    mode: str
    fps: float
    clips: list[Clip]
    films: Spool = field(default_factory=Spool)
    kept: list[int] = field(default_factory=list)  # for each film, the number of its clip
    sizes: Counter = field(default_factory=Counter)  # (height, width) -> films
    rates: Counter = field(default_factory=Counter)  # frames a second -> films
    kinds: Counter = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)  # of films, in frames
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def scan(contents: Contents, options: VideoOptions, context: OpenContext) -> Scan:
    """Decode everything. Raises UserError where no film is usable."""
    clips = clips_of(contents)
    headers, skipped = _headers(clips)
    if not headers:
        raise UserError(_nothing(contents, skipped))
    sizes = Counter((header.height, header.width) for header in headers.values())
    size, notes = choose_size(sizes, Form(options.size, context.max_side, options.fit or context.fit or "crop"))
    rates, fps, about_rates = _rates(list(headers.values()), options.fps)
    found = Scan(size, "L", fps, clips, sizes=sizes, rates=rates, skipped=skipped, notes=[*notes, *about_rates])
    colours = Counter[int]()
    for number in track(list(headers), len(headers), "Reading films"):
        try:
            film = _film(clips[number], headers[number], found, options.fit or context.fit or "crop", colours)
        except Unusable as reason:
            found.skipped.append((clips[number].item.shown, str(reason)))
            continue
        except Exception as error:  # archives raise much when a part of them is damaged
            found.skipped.append((clips[number].item.shown, f"cannot be read: {str(error)[:100]}"))
            continue
        found.kinds[headers[number].kind] += 1
        found.films.append(film)
        found.kept.append(number)
        found.lengths.append(len(film))
    if not found.kept:
        raise UserError(_nothing(contents, found.skipped))
    found.mode = "RGB" if any(channels > 2 for channels in colours) else "L"
    if any(channels in (2, 4) for channels in colours):
        found.notes.append("Transparent parts of frames are learned as white.")
    return found


def _headers(clips: Sequence[Clip]) -> tuple[dict[int, Header], Skipped]:
    """The header of each clip that has one, by its number, and the others with the reason."""
    headers, skipped = dict[int, Header](), list[tuple[str, str]]()
    for number, clip in enumerate(clips):
        try:
            header = clip.header()
            if header.seconds is not None and len(header.seconds) < 2:
                raise Unusable("a single frame: a film has two at least")
            headers[number] = header
        except Unusable as reason:
            skipped.append((clip.item.shown, str(reason)))
        except Exception as error:  # archives raise much when a part of them is damaged
            skipped.append((clip.item.shown, f"cannot be read: {str(error)[:100] or type(error).__name__}"))
    return headers, skipped


def _rates(headers: Sequence[Header], asked: float | None) -> tuple[Counter, float, list[str]]:
    """The rates of films, the one that all are brought to, and what to say about it."""
    known = [rate_of(header.seconds) for header in headers if header.seconds is not None]
    rates, notes = Counter(known), list[str]()
    fps = asked or max(rates, key=lambda each: (rates[each], each), default=ASSUMED)
    unknown = len(headers) - len(known)
    if unknown and not asked:
        why = f"{fps:g} are assumed" + (", as of the other films" if known else "")
        notes.append(f"{unknown:,} films come as frames without a rate: {why} a second (--fps says another).")
    if len(rates) > 1 or (known and fps not in rates):
        told = ", ".join(f"{rate:g} {count:,}" for rate, count in rates.most_common(4))
        why = "as asked" if asked else "the most frequent rate"
        notes.append(
            f"Films are learned at {fps:g} frames a second, {why} (films: {told}); at other rates frames are held or "
            "left out, and none is blended."
        )
    return rates, fps, notes


def _film(clip: Clip, header: Header, found: Scan, fit: str, colours: Counter) -> np.ndarray:
    """A film at the size and rate of all, F x H x W x C uint8 in the most channels that a frame of it has.

    Raises Unusable where its frames cannot be decoded.
    """
    seconds = header.seconds
    most, frames = 0, list[np.ndarray]()
    for pixels in clip.frames():
        frames.append(fitted(pixels, found.size, fit))
        most += frames[-1].size
        if most > MAX_FRAME_NUMBERS:
            raise Unusable("too long: its frames need more than 2 GB; cut it into parts")
    if len(frames) < 2:
        raise Unusable("a single frame: a film has two at least")
    if seconds is None:
        chosen = np.arange(len(frames))
    else:
        if len(frames) < len(seconds):
            raise Unusable(f"ends early: {len(frames):,} of {len(seconds):,} frames can be decoded")
        chosen = frames_at(seconds, found.fps)
    colours.update({frame.shape[2] for frame in frames})
    mode = "RGB" if any(frame.shape[2] > 2 for frame in frames) else "L"
    return np.stack([in_mode(frames[index], mode) for index in chosen])


def parts_of(found: Scan, film: np.ndarray) -> list[np.ndarray]:
    """A film of the spool, cut at its cuts: F x C x H x W each, in the channels of all films."""
    channels = 3 if found.mode == "RGB" else 1
    return scenes(film.repeat(channels // film.shape[3], axis=3).transpose(0, 3, 1, 2))


def _nothing(contents: Contents, skipped: Skipped) -> str:
    every = [*skipped, *contents.skipped]
    if not every:
        return "There are no films here."
    name, reason = every[0]
    return f"None of the {len(every):,} files is a usable film (the first is {name}: {reason})."
