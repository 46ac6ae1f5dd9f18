"""Decode every sound once, when data is opened, at one rate and with the same channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import soxr

from ...data.contents import Contents, Member, Skipped
from ...errors import UserError
from ...signals import faults
from ...util.progress import track
from ..image.spool import Spool
from ..image.unusable import Unusable
from . import arrays
from .decode import Header, Recording, decode, header_of
from .options import MAX_RATE, MIN_RATE, AudioOptions

THREADS, WINDOW = 2, 32  # decoders release the interpreter; files decoded ahead
SIDES_COMPARED = 20  # files of two channels in which these are compared
SAME_SIDES = 10 ** (-50 / 20)  # sides that differ less, by their largest level, are one
MAX_NAMED = 3  # files in a note


@dataclass
class Scan:
    """What decoding found. sounds: float32, channels x samples each, at `rate`; kept: their items in the contents."""

    rate: int
    channels: int
    bits: int = 16
    sounds: Spool = field(default_factory=Spool)
    kept: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)  # "16-bit WAV, 8,000 Hz, 1 channel" -> files
    named: dict[str, list[str]] = field(default_factory=dict)  # what was found or changed -> files
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def name(self, what: str, shown: str) -> None:
        """Remember that something holds for a file."""
        self.named.setdefault(what, []).append(shown)


def scan(contents: Contents, options: AudioOptions) -> Scan:
    """Decode everything. Raises UserError where no sound is usable."""
    headers = _headers(contents, options.rate)
    found = Scan(*_form(contents, headers, options))
    every = zip(contents.each(), _results(contents, found.rate), strict=True)
    for index, (item, result) in enumerate(track(every, len(contents), "Reading sounds")):
        if isinstance(result, Unusable):
            found.skipped.append((item.shown, str(result)))
            continue
        found.bits = max(found.bits, result.header.bits)
        header = result.header
        plural = "" if header.channels == 1 else "s"
        found.kinds[f"{header.kind}, {header.rate:,} Hz, {header.channels} channel{plural}"] += 1
        _look(result, item.shown, found)
        sound = alike(result, found.rate, found.channels)
        found.sounds.append(sound)
        found.kept.append(index)
        found.lengths.append(sound.shape[1])
    if not found.kept:
        raise UserError(_nothing(contents, found.skipped))
    found.notes += _about_rates(headers, found, options) + _about_files(found)
    return found


def alike(recording: Recording, rate: int, channels: int) -> np.ndarray:
    """A recording at this rate, with so many channels, no offset, within full scale: float32, channels x samples."""
    samples = recording.samples
    if samples.shape[1] != channels:
        samples = samples.mean(axis=1, keepdims=True).repeat(channels, axis=1)
    if faults.offset(samples.T).any():
        samples = samples - samples.mean(axis=0)
    if recording.header.rate != rate:
        samples = soxr.resample(samples, recording.header.rate, rate, quality="VHQ")
    samples = samples / max(1.0, float(np.abs(samples).max(initial=0)))
    return np.ascontiguousarray(samples.T, dtype=np.float32)


def _headers(contents: Contents, rate: int | None) -> list[Header]:
    """Those of all files that have one, and of arrays."""
    found = [each for part in contents.arrays for each in [arrays.header_of(part, rate)] * len(part.values)]
    for member in contents.members:
        try:
            found.append(header_of(member.read()))
        except Exception:  # decoding will name the reason
            continue
    return found


def _form(contents: Contents, headers: list[Header], options: AudioOptions) -> tuple[int, int]:
    """The rate and the channels of all sounds: as asked, else those of most files."""
    rates = Counter(header.rate for header in headers)
    most = max(rates, key=lambda each: (rates[each], each), default=MIN_RATE)
    rate = options.rate or min(MAX_RATE, max(MIN_RATE, most))
    if options.channels != "auto":
        return rate, 1 if options.channels == "mono" else 2
    two = sum(header.channels == 2 for header in headers)
    return rate, 2 if 2 * two > len(headers) and _sides_differ(contents, rate) else 1


def _sides_differ(contents: Contents, rate: int) -> bool:
    """Do the two sides of some sound differ, in the first ones that have two?"""
    compared = 0
    for result in _results(contents, rate):
        if isinstance(result, Recording) and result.samples.shape[1] == 2:
            left, right = result.samples.T
            if np.abs(left - right).max() > SAME_SIDES * np.abs(result.samples).max():
                return True
            compared += 1
            if compared == SIDES_COMPARED:
                break
    return False


def _results(contents: Contents, rate: int) -> Iterator[Recording | Unusable]:
    """One result an item, in order."""

    def one(member: Member) -> Recording | Unusable:
        try:
            return decode(member.read())
        except Unusable as reason:
            return reason
        except PermissionError:
            return Unusable("no permission to read it")
        except Exception as error:  # archives raise much when a part of them is damaged
            return Unusable(f"cannot be read: {str(error)[:100] or type(error).__name__}")

    pool = ThreadPoolExecutor(THREADS, "decode")
    try:
        for start in range(0, len(contents.members), WINDOW):
            yield from pool.map(one, contents.members[start : start + WINDOW])
    finally:
        pool.shutdown(cancel_futures=True)
    for part in contents.arrays:
        yield from arrays.recordings(part, rate)


def _look(recording: Recording, shown: str, found: Scan) -> None:
    """Note what is wrong with a sound that is used all the same, and what is changed of it."""
    waves, header = recording.samples.T, recording.header
    if faults.clipped(waves).any():
        found.name("clipped, and is learned as it is", shown)
    if faults.offset(waves).any():
        found.name("has an offset (DC), which is taken away", shown)
    if np.abs(waves).max() > 1:
        found.name("louder than full scale, and is made quieter to fit", shown)
    if header.rate != found.rate:
        found.name(f"resampled to {found.rate:,} Hz", shown)
    if header.channels > found.channels:
        found.name("mixed to one channel" if found.channels == 1 else "mixed to one channel for both sides", shown)
    elif header.channels < found.channels:
        found.name("in mono, the same on both sides", shown)


def _about_rates(headers: list[Header], found: Scan, options: AudioOptions) -> list[str]:
    rates = Counter(header.rate for header in headers)
    if len(rates) < 2 and options.rate in (None, found.rate) and found.rate in rates:
        return []
    told = ", ".join(f"{rate:,} Hz {count:,}" for rate, count in rates.most_common(4))
    why = "as asked" if options.rate else "the most frequent"
    return [f"Sounds are learned at {found.rate:,} Hz, {why} (files: {told})."]


def _about_files(found: Scan) -> list[str]:
    notes = []
    for what, names in found.named.items():
        shown = ", ".join(names[:MAX_NAMED]) + (
            f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
        )
        notes.append(f"{len(names):,} of {len(found.kept):,} sounds: {what} ({shown}).")
    return notes


def _nothing(contents: Contents, skipped: Skipped) -> str:
    if not len(contents):
        return "There are no sounds here" + (
            f" (skipped: {contents.skipped[0][0]}, {contents.skipped[0][1]})." if contents.skipped else "."
        )
    name, reason = skipped[0]
    return f"None of the {len(contents)} files is a usable sound (the first is {name}: {reason})."
