"""Series: numbers that follow one another in time. See sparring.modalities for what each name means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.source import DataOptions, Source
from ...errors import UserError

DEFAULT_RECIPE = "series"
NAMES = ("ar2", "sines")
SPECIAL = True  # its files may hold a table or pictures too: it is opened where a recipe asks for it
WALKS = False
COLUMN_OPTIONS = ("--type",)
SHEET = 16

__all__ = [
    "COLUMN_OPTIONS", "DEFAULT_RECIPE", "NAMES", "SHEET", "SPECIAL", "WALKS", "beside", "codec_from", "features_from", "fit_codec", "fit_features", "items", "open_name", "open_path",
    "preview", "online_score", "recognises", "values_long", "write",
]  # fmt: skip


def recognises(path: Path) -> bool:
    return False


def open_path(path: Path, options: DataOptions) -> Source:
    return _part("source").open_path(path, options)


def open_name(name: str, options: DataOptions) -> Source:
    return _part("source").open_name(name, options)


def _part(name: str) -> Any:
    """What needs pandas, which not everybody has."""
    import importlib

    try:
        import pandas  # noqa: F401, ICN001
    except ImportError:
        raise UserError('series need pandas; run: pip install "sparring[table]"') from None
    return importlib.import_module(f"{__name__}.{name}")


def fit_codec(source: Any, value_range: str = "symmetric") -> Any:
    """The codec that the source has fitted to its training series."""
    return source.codec


def codec_from(description: dict[str, Any]) -> Any:
    return _part("codec").codec_from(description)


def preview(values: np.ndarray, columns: int, codec: Any) -> Any:
    return _part("plots").preview(values, columns, codec)


def beside(values: np.ndarray, real: np.ndarray, codec: Any) -> Any:
    return _part("plots").beside(values, real, codec)


def items(values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
    return _part("export").items(values, codec, seed, labels)


def write(values: np.ndarray, labels: Sequence[str] | None, out: Path, grid: bool, codec: Any, seed: int = 0) -> list[Path]:
    return _part("export").write(values, labels, out, grid, codec, seed)


def values_long(gan: Any, length: int, indices: Sequence[int], seed: int, label: str | int | None) -> np.ndarray:
    return _part("extrapolate").values_long(gan, length, indices, seed, label)


def fit_features(source: Source, seed: int, progress: Any = None) -> Any:
    return _part("features").fit_features(source, seed, progress)


def features_from(description: dict[str, Any], tensors: dict[str, Any]) -> Any:
    return _part("features").features_from(description, tensors)


def online_score(net: Any, source: Any, count: int, seed: int) -> Any:
    return _part("score").SeriesScore(net, source, count, seed)
