"""Pictures: any height x width, 1 to 4 channels. See sparring.modalities for what each name means.

Using a model needs codec, preview and write alone; the scanner is imported when data is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...data.source import DataOptions, Source
from .codec import ImageCodec, codec_from, fit_codec
from .preview import items, preview
from .write import write

DEFAULT_RECIPE = "auto"
NAMES = ("digits", "normal-pictures")

__all__ = [
    "DEFAULT_RECIPE", "NAMES", "ImageCodec", "codec_from", "features_from", "fit_codec", "fit_features",
    "items", "open_name", "open_path", "preview", "read", "recognises", "write",
]  # fmt: skip


def recognises(path: Path) -> bool:
    from .detect import recognises as answer

    return answer(path)


def open_path(path: Path, options: DataOptions) -> Source:
    from .source import open_path as opened

    return opened(path, options)


def open_name(name: str, options: DataOptions) -> Source:
    from .simulated import open_name as opened

    return opened(name, options)


def read(path: Path, codec: ImageCodec) -> Any:
    from .load import read as answer

    return answer(path, codec)


def fit_features(source: Source, seed: int, progress: Any = None) -> Any:
    from .features import fit_features as fit

    return fit(source, seed, progress)


def features_from(description: dict[str, Any], tensors: dict[str, Any]) -> Any:
    from .features import features_from as built

    return built(description, tensors)
