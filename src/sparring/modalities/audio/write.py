"""Write sounds to files. The same sounds give the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...signals.faults import sounding
from ...util.files import write_bytes
from ..drawing import png
from ..image.preview import sheet
from ..labelled_files import LABELS, with_labels, write_folder, zipped
from .codec import AudioCodec
from .encode import joined, sound_file
from .preview import pictures

FORMATS = {".wav": "WAV", ".flac": "FLAC"}
GRID = "grid.png"  # a file in the place of single sounds


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
        data = _npz(values, labels, codec)
    elif suffix == ".zip":
        data = zipped(_files(values, labels, codec, grid))
    else:
        raise UserError(
            f"Sounds cannot be written as {suffix} ({out}): use {', '.join(FORMATS)}, .zip, .npz, .png for a picture "
            "of them, or a folder's name without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, data)
    return [out]


def names_in_folder(count: int, grid: bool) -> Iterator[str]:
    """The names of the files that `write` makes in a folder."""
    if grid:
        yield GRID
        return
    yield from _names(count)
    yield LABELS


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


def _names(count: int) -> Iterator[str]:
    return (f"{index:06d}.wav" for index in range(count))


def _files(
    values: np.ndarray, labels: Sequence[str] | None, codec: AudioCodec, grid: bool
) -> Iterator[tuple[str, bytes]]:
    if grid:
        yield GRID, _sheet(values, codec)
        return
    contents = (sound_file(joined([value], codec.rate), codec.rate, codec.bits, "WAV") for value in values)
    yield from with_labels(list(_names(len(values))), contents, labels)


def _sheet(values: np.ndarray, codec: AudioCodec) -> bytes:
    return png(sheet(pictures(values, codec), math.ceil(math.sqrt(len(values)))))


def _npz(values: np.ndarray, labels: Sequence[str] | None, codec: AudioCodec) -> bytes:
    """N x channels x samples, with the rate, and how many samples of each last."""
    arrays = {"sounds": values, "rate": np.array(codec.rate), "lengths": sounding(values)}
    buffer = io.BytesIO()
    named = {} if labels is None else {"labels": np.array(labels, dtype=str)}
    np.savez_compressed(buffer, allow_pickle=False, **arrays, **named)
    return buffer.getvalue()
