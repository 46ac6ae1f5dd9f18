"""Tables: rows of numbers, categories, times. See sparring.modalities for what each name means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.source import DataOptions, Source
from ...errors import UserError

DEFAULT_RECIPE = "table"
NAMES: tuple[str, ...] = ()
SPECIAL = True  # asked before pictures: both know Parquet files
WALKS = False
COLUMN_OPTIONS = ("--type", "--constraint")
SHEET = 2000  # rows behind the histograms
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".feather", ".arrow", ".xlsx")

__all__ = [
    "COLUMN_OPTIONS", "DEFAULT_RECIPE", "NAMES", "SHEET", "SPECIAL", "SUFFIXES", "WALKS", "beside", "codec_from", "features_from", "fit_codec", "fit_features", "items", "open_path", "open_url",
    "preview", "online_score", "recognises", "values_where", "write", "write_parts",
]  # fmt: skip


def recognises(path: Path) -> bool:
    """A file of one of these kinds; a Parquet file unless it holds encoded items, such as pictures."""
    if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
        return False
    return path.suffix.lower() != ".parquet" or _source().is_plain(path)


def open_path(path: Path, options: DataOptions) -> Source:
    return _source().open_path(path, options)


def open_url(url: str, options: DataOptions) -> Source:
    return _source().open_url(url, options)


def _source() -> Any:
    """What needs pandas, which not everybody has."""
    try:
        import pandas  # noqa: F401, ICN001
    except ImportError:
        raise UserError('tables need pandas; run: pip install "sparring[table]"') from None
    from . import source

    return source


def fit_codec(source: Any, value_range: str = "symmetric") -> Any:
    """The codec that a table's source has fitted to its training rows."""
    return source.codec


def codec_from(description: dict[str, Any]) -> Any:
    _source()
    from .codec import codec_from as built

    return built(description)


def preview(values: np.ndarray, columns: int, codec: Any) -> Any:
    from .plots import preview as shown

    return shown(values, columns, codec)


def beside(values: np.ndarray, real: np.ndarray, codec: Any) -> Any:
    from .plots import beside as shown

    return shown(values, real, codec)


def items(values: np.ndarray, codec: Any, seed: int = 0, labels: Any = None) -> Any:
    """A DataFrame."""
    return codec.frame(values, seed=seed)


def write(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool, codec: Any, seed: int = 0) -> list[Path]:
    from .export import write as written

    return written(values, labels, out, grid, codec, seed)


def write_parts(parts: Iterable[np.ndarray], out: Path, codec: Any, seed: int) -> list[Path]:
    from .export import write_parts as written

    return written(parts, out, codec, seed)


def values_where(gan: Any, text: str, indices: Sequence[int], seed: int) -> np.ndarray:
    from .conditional_sampling import values_where as found

    return found(gan, text, indices, seed)


def fit_features(source: Source, seed: int, progress: Any = None) -> Any:
    from .features import fit_features as fit

    return fit(source, seed, progress)


def features_from(description: dict[str, Any], tensors: dict[str, Any]) -> Any:
    from .features import features_from as built

    return built(description, tensors)


def online_score(net: Any, source: Any, count: int, seed: int) -> Any:
    from .score import TableScore

    return TableScore(net, source, count, seed)
