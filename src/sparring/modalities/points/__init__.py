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
    from .codec import PointsCodec


class PointsModality(Modality):
    """Points: float32, N x 2."""

    unit = "points"
    default_recipe = "points"
    Options = DataOptions
    formats = (".csv", ".npy", ".npz", ".png")
    built_in = ("ring", "grid", "swiss-roll")

    def recognises(self, path: Path) -> bool:
        return False

    def open_path(self, path: Path, options: Any, context: OpenContext) -> Source:
        raise UserError(f"{path}: points are simulated only ({', '.join(self.built_in)}).")

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_name(name, options)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> PointsCodec:
        return self.module("codec").fit_codec(source, value_range)

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
        return self.module("write").write(values, labels, out, grid)

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Sequence[str]:
        return ("points.csv", "points.png")


modality = PointsModality()
