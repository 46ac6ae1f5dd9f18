"""Points in the plane: toys on which one sees what a GAN does. See sparring.modalities for what each name means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...data.source import DataOptions, Source
from ...errors import UserError
from .codec import PointsCodec, codec_from, fit_codec
from .plots import items, preview, write
from .source import PointsSource, open_name

DEFAULT_RECIPE = "points"
NAMES = ("ring", "grid", "swiss-roll")

__all__ = [
    "DEFAULT_RECIPE", "NAMES", "PointsCodec", "PointsSource", "codec_from", "features_from", "fit_codec", "fit_features",
    "items", "open_name", "open_path", "preview", "recognises", "write",
]  # fmt: skip


def recognises(path: Path) -> bool:
    return False


def open_path(path: Path, options: DataOptions) -> Source:
    raise UserError(f"{path}: points are simulated only ({', '.join(NAMES)}).")


def fit_features(source: Source, seed: int, progress: Any = None) -> Any:
    from .features import fit_features as fit

    return fit(source, seed, progress)


def features_from(description: dict[str, Any], tensors: dict[str, Any]) -> Any:
    from .features import features_from as built

    return built(description, tensors)
