"""Points in the plane: simulated data on which one sees what a GAN does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import DataOptions, OpenContext
from ...errors import UserError
from ..base import Modality, Preview

if TYPE_CHECKING:
    import numpy as np

    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet, Progress
    from .codec import PointsCodec


class PointsModality(Modality):
    """Points: float32, N x 2."""

    unit = "points"
    default_recipe = "points"
    Options = DataOptions
    built_in = ("ring", "grid", "swiss-roll")

    def recognises(self, path: Path) -> bool:
        return False

    def open_path(self, path: Path, options: Any, context: OpenContext) -> Source:
        raise UserError(f"{path}: points are simulated only ({', '.join(self.built_in)}).")

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        from .source import open_name

        return open_name(name, options)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> PointsCodec:
        from .codec import fit_codec

        return fit_codec(source, value_range)

    def codec_from(self, description: dict[str, Any]) -> PointsCodec:
        from .codec import codec_from

        return codec_from(description)

    def fit_features(self, source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
        from .features import fit_features

        return fit_features(source, seed)

    def features_from(self, description: dict[str, Any], tensors: dict[str, Any]) -> FeatureNet:
        from .features import features_from

        return features_from(description, tensors)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from ..drawing import png
        from .plots import scatter

        return Preview({".png": png(scatter(values))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        return list(values)

    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        from .write import write

        return write(values, labels, out, grid)


modality = PointsModality()
