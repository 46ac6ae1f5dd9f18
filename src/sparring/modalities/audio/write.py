"""Write sounds to files. The same sounds give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...signals.faults import sounding
from ..drawing import png
from ..image.preview import sheet
from ..labelled_files import GRID, npz, numbered, with_labels, write_folder, write_whole, zipped
from .codec import AudioCodec
from .encode import joined, sound_file
from .preview import pictures

SINGLE = ".wav"  # of the files in a folder
FORMATS = {".wav": "WAV", ".flac": "FLAC"}


def items(values: np.ndarray) -> list[np.ndarray]:
    """Each sound up to its end: float32 samples, or samples x channels where there are several."""
    return [_as_read(value[:, :last]) for value, last in zip(values, sounding(values), strict=True)]


def write(
    values: np.ndarray,
    labels: Sequence[str] | None,
    out: Path,
    grid: bool = False,
    codec: AudioCodec | None = None,
) -> list[Path]:
    """Write sounds to one file (.wav, .flac), .npz, .zip, .png (their log-mel pictures), or a folder of .wav files.

    Each ends where it ends. Several sounds in one file follow one another. With `grid`, a folder gets one sheet of
    log-mel pictures. Labels (class names) are written as labels.csv beside the files, or into the .npz. Returns the
    paths. Raises UserError for another suffix.
    """
    assert codec is not None
    out, suffix = Path(out), Path(out).suffix.lower()
    if out.is_dir() or not suffix:
        return write_folder(_files(values, labels, codec, grid), out)
    if suffix in FORMATS:
        data = sound_file(joined(list(values), codec.rate), codec.rate, codec.bits, FORMATS[suffix])
    elif suffix == ".png":
        data = _sheet(values, codec)
    elif suffix == ".npz":
        arrays = {"sounds": values, "rate": np.array(codec.rate), "lengths": sounding(values)}
        data = npz(arrays, labels)
    elif suffix == ".zip":
        data = zipped(_files(values, labels, codec, grid))
    else:
        raise UserError(
            f"Sounds cannot be written as {suffix} ({out}): use {', '.join(FORMATS)}, .zip, .npz, .png for a picture "
            "of them, or a folder's name without a dot."
        )
    return write_whole(data, out)


def lost_in(out: Path, codec: AudioCodec, count: int, grid: bool) -> str:
    """What a file of this name cannot hold of so many sounds; "" where it holds them as they are."""
    suffix = out.suffix.lower()
    if suffix == ".png" or (grid and suffix not in FORMATS):
        return f"{out.name} shows pictures of the sounds; a folder, .wav or .flac holds the sounds themselves"
    if suffix in FORMATS and count > 1 and not out.is_dir():
        return f"{out.name} holds {count:,} sounds one after another; a folder or .zip holds a file for each"
    return ""


def _as_read(samples: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(samples[0] if len(samples) == 1 else samples.T)


def _files(
    values: np.ndarray, labels: Sequence[str] | None, codec: AudioCodec, grid: bool
) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, _sheet(values, codec)
        return
    contents = (sound_file(joined([value], codec.rate), codec.rate, codec.bits, "WAV") for value in values)
    yield from with_labels(numbered(len(values), SINGLE), contents, labels)


def _sheet(values: np.ndarray, codec: AudioCodec) -> bytes:
    return png(sheet(pictures(values, codec), math.ceil(math.sqrt(len(values)))))
