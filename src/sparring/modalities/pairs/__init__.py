"""Pairs of pictures: what is given, and what is to be made of it. See sparring.modalities for what each name means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...data.source import DataOptions, Source
from .codec import PairCodec, codec_from

DEFAULT_RECIPE = "pix2pix"
NAMES: tuple[str, ...] = ()
SPECIAL = True  # asked before plain pictures: two folders of them may be pairs

__all__ = [
    "DEFAULT_RECIPE", "NAMES", "SPECIAL", "PairCodec", "codec_from", "features_from", "fit_codec", "fit_features", "open_path",
    "online_score", "recognises", "sheet",
]  # fmt: skip


def recognises(path: Path) -> bool:
    from .source import recognises as answer

    return answer(path)


def open_path(path: Path, options: DataOptions) -> Source:
    from .source import open_path as opened

    return opened(path, options)


def fit_codec(source: Any, value_range: str = "symmetric") -> PairCodec:
    """The codec for a source of pairs (one of modalities.pairs.source.Pairs)."""
    return source.codec(value_range)


def sheet(codec: PairCodec, given: np.ndarray, made: np.ndarray, truth: np.ndarray | None) -> Any:
    from .plots import sheet as shown

    return shown(codec, given, made, truth)


def fit_features(source: Any, seed: int, progress: Any = None) -> Any:
    from .features import fit_features as fit

    return fit(source, seed, progress)


def features_from(description: dict[str, Any], tensors: dict[str, Any]) -> Any:
    from .features import features_from as built

    return built(description, tensors)


def online_score(net: Any, source: Any, count: int, seed: int) -> Any:
    from .score import online_score as built

    return built(net, source, count, seed)
