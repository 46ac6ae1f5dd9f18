"""The clips of a path: films, animated pictures, numbered pictures in a folder, or rows of an array."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...data.contents import ArrayPart, Contents, Item, Member
from ...data.splits import natural
from ...errors import UserError
from ..image.fit import CHANNELS, reduced
from ..image.frames import SUFFIXES as PICTURES
from ..image.frames import frames, header_size
from ..image.unusable import Unusable
from .decode import Header, frames_of, header_of, is_film, plain

ANIMATED = (".gif", ".webp", ".png", ".apng", ".avif")  # pictures that may have several frames
NUMBER = re.compile(r"(.*?)(\d+)\D*$")  # what stands before the last number of a name, and the number


@dataclass(frozen=True)
class Clip:
    """One film, not decoded yet. header and frames may raise Unusable, and what a damaged archive can cause."""

    item: Item
    header: Callable[[], Header]
    frames: Callable[[], Iterator[np.ndarray]]


def clips_of(contents: Contents) -> list[Clip]:
    """Every clip, in order. Pictures that are no clip are added to the skipped files, with the reason."""
    clips, stills = list[Clip](), list[Member]()
    for member in contents.members:
        name = member.name.lower()
        if is_film(name) or (name.endswith(ANIMATED) and _is_animated(member)):
            clips.append(_of_file(member))
        elif name.endswith(PICTURES):
            stills.append(member)
        else:
            contents.skipped.append((member.shown, "neither a film nor a picture"))
    for name, group in _runs(stills):
        if len(group) == 1:
            contents.skipped.append((group[0].shown, "a single picture: a film has two frames at least"))
        else:
            clips.append(_of_stills(name, group))
    for part in contents.arrays:
        clips += _of_array(part)
    return sorted(clips, key=lambda clip: natural(clip.item.name)) if not contents.arrays else clips


def _is_animated(member: Member) -> bool:
    """Whether a picture has several frames; damaged ones count as such, so that their reason is told."""
    from ..image.frames import frame_numbers, opened

    try:
        data = member.read()
        with opened(data, member.name) as picture:
            return len(frame_numbers(picture, data)) > 1
    except Exception:
        return not member.name.lower().endswith(".png")


def _of_file(member: Member) -> Clip:
    item = Item(member.name, member.shown, member.split, member.label)
    return Clip(item, lambda: header_of(member.read(), member.name), lambda: frames_of(member.read(), member.name))


def _runs(stills: Sequence[Member]) -> Iterator[tuple[str, list[Member]]]:
    """Pictures of one folder whose names differ by their last number alone, in the order of the numbers.

    A number that is left out ends a run: what was there is not known. Names without numbers are in one run a folder.
    """
    groups = defaultdict[tuple[str, str], list[tuple[int | None, Member]]](list)
    for member in stills:
        folder, _, file = member.name.rpartition("/")
        match = NUMBER.match(file.rsplit(".", 1)[0])
        front, number = (match[1], int(match[2])) if match else ("", None)
        groups[folder, front].append((number, member))
    several = Counter(folder for folder, _ in groups)
    for (folder, front), members in groups.items():
        ordered = sorted(members, key=lambda each: (each[0] is None, each[0] or 0, natural(each[1].name)))
        name = folder if several[folder] == 1 else f"{folder}/{front}".strip("/")
        parts = _without_gaps(ordered)
        for index, part in enumerate(parts):
            yield (f"{name}#{index + 1}" if len(parts) > 1 else name), part


def _without_gaps(ordered: Sequence[tuple[int | None, Member]]) -> list[list[Member]]:
    """Members cut where a number is left out, by the most frequent step between numbers."""
    numbers = [number for number, _ in ordered if number is not None]
    steps = Counter(after - before for before, after in zip(numbers, numbers[1:], strict=False))
    usual = max(steps, key=lambda step: (steps[step], -step), default=1)
    parts, last = [[ordered[0][1]]], ordered[0][0]
    for number, member in ordered[1:]:
        if number is None or last is None or number - last == usual:
            parts[-1].append(member)
        else:
            parts.append([member])
        last = number
    return parts


def _of_stills(name: str, group: Sequence[Member]) -> Clip:
    first = group[0]
    item = Item(name, first.origin + (name or "the folder"), first.split, first.label)
    return Clip(item, partial(_header_of_stills, first), partial(_frames_of_stills, group))


def _header_of_stills(first: Member) -> Header:
    height, width = header_size(first.read(), first.name)
    return Header(height, width, None, f"{first.name.rsplit('.', 1)[-1].upper()} frames")


def _frames_of_stills(group: Sequence[Member]) -> Iterator[np.ndarray]:
    for member in group:
        try:
            yield plain(next(iter(frames(member.read(), member.name))))
        except Unusable as reason:
            raise Unusable(f"{str(reason).split(':')[0]}: its frame {member.name.rsplit('/', 1)[-1]}") from None


def _of_array(part: ArrayPart) -> list[Clip]:
    """Each row of an array of films. Raises UserError where the array holds none."""
    values = _channels_last(part)
    height, width = values.shape[2:4]
    header = Header(height, width, None, f"{part.values.dtype} array")
    labels = part.labels or [None] * len(values)
    return [
        Clip(
            Item("", f"{part.name}[{index}]", part.split, labels[index]),
            lambda: header,
            partial(_frames_of_row, row),
        )
        for index, row in enumerate(values)
    ]


def _frames_of_row(row: np.ndarray) -> Iterator[np.ndarray]:
    if row.dtype.kind == "f":
        if not np.isfinite(row).all():
            raise Unusable("not finite: some of its numbers are infinite or no numbers")
        row = np.rint(row.astype(np.float64) * 255).astype(np.uint8)
    yield from (reduced(frame) for frame in row)


def _channels_last(part: ArrayPart) -> np.ndarray:
    """N x T x H x W x C of any array of films, as a view. Raises UserError for an array that holds none."""
    values, shape = part.values, " x ".join(map(str, part.values.shape))
    if values.ndim not in (4, 5) or 0 in values.shape:
        raise UserError(
            f"{part.name} is {shape}: films are an array, N x frames x height x width, with or without "
            "an axis of channels."
        )
    if values.ndim == 4:
        values = values[..., None]
    elif values.shape[4] not in CHANNELS.values():
        axis = next((axis for axis in (2, 1) if values.shape[axis] in CHANNELS.values()), None)
        if axis is None:
            raise UserError(f"{part.name} is {shape}: no axis of it can be that of 1 to 4 channels.")
        values = np.moveaxis(values, axis, 4)
    if values.shape[1] < 2 or min(values.shape[2:4]) < 2:
        raise UserError(f"{part.name} is {shape}: a film has two frames and two pixels a side at least.")
    fractions = values.dtype.kind == "f" and np.nanmin(values) >= 0 and np.nanmax(values) <= 1
    if values.dtype == bool:
        return values.astype(np.uint8) * 255
    if values.dtype != np.uint8 and not fractions:
        raise UserError(
            f"{part.name} holds {values.dtype} numbers up to {np.nanmax(values):g}: films are whole numbers from 0 to "
            "255 of the type uint8, or floating-point ones from 0 to 1."
        )
    return values
