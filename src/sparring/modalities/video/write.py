"""Write films to files. The same films give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...reports.film import write_frames
from ..drawing import png
from ..image.preview import as_image
from ..labelled_files import GRID, npz, numbered, with_labels, write_folder, write_whole, zipped
from .codec import VideoCodec
from .encode import KINDS, animation
from .preview import side_by_side, strips

SINGLE = ".webp"  # of the files in a folder
MOVING = (*KINDS, ".mp4")


def items(values: np.ndarray) -> list[np.ndarray]:
    """Each film as uint8 frames x height x width, with three colours at the end where there are any."""
    last = np.moveaxis(values, 2, 4)
    return list(last[..., 0] if last.shape[4] == 1 else last)


def write(
    values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool = False, codec: VideoCodec | None = None
) -> list[Path]:
    """Write films to one file (.webp, .gif, .mp4), .npz, .zip of PNG frames, .png strips, or a folder of .webp files.

    Several films in one file play side by side. With `grid`, a folder gets one sheet of strips. Labels (class names)
    are written as labels.csv beside the files, or into the .npz. Returns the paths. Raises UserError for another
    suffix.
    """
    assert codec is not None
    out, suffix = Path(out), Path(out).suffix.lower()
    if out.is_dir() or not suffix:
        return write_folder(_files(values, labels, codec, grid), out)
    if suffix == ".mp4":
        out.parent.mkdir(parents=True, exist_ok=True)
        return [write_frames(side_by_side(values), out, codec.fps, 1)]
    if suffix in KINDS:
        data = animation(side_by_side(values), codec.fps, suffix)
    elif suffix == ".png":
        data = png(strips(values))
    elif suffix == ".npz":
        data = npz({"films": np.moveaxis(values, 2, 4), "fps": np.array(codec.fps)}, labels)
    elif suffix == ".zip":
        data = zipped(_frames(values, labels))
    else:
        raise UserError(
            f"Films cannot be written as {suffix} ({out}): use {', '.join(MOVING)}, .zip for PNG frames, .npz, .png "
            "for strips of frames, or a folder's name without a dot."
        )
    return write_whole(data, out)


def lost_in(out: Path, codec: VideoCodec, count: int, grid: bool) -> str:
    """What a file of this name cannot hold of so many films; "" where it holds them as they are."""
    suffix = out.suffix.lower()
    if suffix == ".png" or (grid and suffix not in MOVING):
        return f"{out.name} shows strips of frames; a folder, .webp, .gif or .mp4 holds the films themselves"
    if suffix in MOVING and count > 1 and not out.is_dir():
        return f"{out.name} shows {count:,} films side by side; a folder holds a file for each"
    if suffix == ".gif" and codec.channels == 3:
        return f"{out.name} holds 256 colours a frame; .webp holds all"
    return f"{out.name} is compressed with loss; .webp is not" if suffix == ".mp4" else ""


def _files(
    values: np.ndarray, labels: Sequence[str] | None, codec: VideoCodec, grid: bool
) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, png(strips(values))
        return
    contents = (animation(side_by_side(film[None]), codec.fps, ".webp") for film in values)
    yield from with_labels(numbered(len(values), SINGLE), contents, labels)


def _frames(values: np.ndarray, labels: Sequence[str] | None) -> Iterator[tuple[str, bytes]]:
    """A folder of numbered PNG files for each film, below a folder for its class where there is one."""
    for number, film in enumerate(values):
        folder = f"{number:06d}" if labels is None else f"{_as_folder(labels[number])}/{number:06d}"
        for index, frame in enumerate(film):
            yield f"{folder}/{index:05d}.png", png(as_image(frame.transpose(1, 2, 0)))


def _as_folder(label: str) -> str:
    """A class name as the name of a folder that every system takes."""
    return "".join(each if each.isalnum() or each in " -_+." else "_" for each in label).strip(" .") or "_"
