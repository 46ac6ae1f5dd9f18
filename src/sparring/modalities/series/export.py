"""Series to Python and to files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...util.files import write_bytes
from ..table.export import WRITERS, Style, write_frame
from .codec import SeriesCodec
from .plots import panels


def items(values: np.ndarray, codec: SeriesCodec, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
    """A DataFrame with the learned columns, one series after the other; for arrays a list of steps x channels."""
    if codec.columns:
        return codec.frame(values, 0, seed, labels)
    return [series[:length, : codec.changing] for series, length in zip(values, codec.lengths(values), strict=True)]


def write(
    values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool, codec: SeriesCodec, seed: int = 0
) -> list[Path]:
    """Write series in a format by the suffix of `out`.

    .csv, .csv.gz, .parquet, .jsonl, .xlsx: a row for each step. .npy: series x steps x channels, NaN after the end,
    categories by their position in codec.json. .npz: the same, and labels. .png: lines. A name without a suffix
    becomes a folder with series.csv and series.png.

    seed: of new identifiers. Returns the paths. Raises UserError for another suffix.
    """
    out = Path(out)
    if out.is_dir() or "." not in out.name:
        names = ["series.png"] if grid else ["series.csv", "series.png"]
        return [path for name in names for path in write(values, labels, out / name, False, codec, seed)]
    suffix = next((each for each in (*WRITERS, ".npy", ".npz", ".png") if out.name.lower().endswith(each)), None)
    if suffix is None:
        raise UserError(
            f"Series cannot be written as {out.suffix} ({out}): use {', '.join(WRITERS)}, .npy, .npz, .png, or the "
            "name of a folder, "
            "without a dot."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    if suffix in WRITERS:
        frame = codec.frame(values, 0, seed, labels)
        named = codec.dialect | {"header": True} if set(frame.columns) - set(codec.columns) else codec.dialect
        write_frame(frame, out, Style(frame, **named))
        return [out]
    buffer = io.BytesIO()
    channels = values[:, :, : codec.changing]
    if suffix == ".png":
        panels(values, codec).save(buffer, "PNG")
    elif suffix == ".npy":
        np.save(buffer, channels)
    else:
        np.savez_compressed(
            buffer, allow_pickle=False, samples=channels, **({} if labels is None else {"labels": np.array(labels)})
        )
    write_bytes(out, buffer.getvalue())
    return [out]
