"""Series: numbers and categories that follow one another in time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ..base import Modality, Preview
from ..pandas_modules import import_with_pandas
from .options import SeriesOptions

if TYPE_CHECKING:
    import numpy as np

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet
    from .codec import SeriesCodec


class SeriesModality(Modality):
    """Series: float64, N x steps x columns, NaN where there is nothing."""

    unit = "series"
    default_recipe = "series"
    Options = SeriesOptions
    built_in = ("ar2", "sines")
    asked_first = 1  # its files may hold a table or pictures too: it is opened where a recipe asks for it
    supports_latent_walk = False
    formats = (".csv", ".csv.gz", ".tsv", ".parquet", ".jsonl", ".xlsx", ".npy", ".npz", ".png")
    preview_count = 16

    def module(self, name: str) -> Any:
        return import_with_pandas(f"{__name__}.{name}", "series")

    def recognises(self, path: Path) -> bool:
        return False

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_in_memory(memory, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_name(name, options, context)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> SeriesCodec:
        return source.codec

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        return self.module("score").SeriesScore(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from ..drawing import png

        return Preview({".png": png(self.module("plots").panels(values, codec))})

    def compare_plot(self, generated: Source, real: Source, codec: Any) -> Preview | None:
        from ..drawing import png, shown_values

        return Preview({".png": png(self.module("plots").compared(*shown_values(generated, real), codec))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        return self.module("export").items(values, codec, seed, labels)

    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        return self.module("export").write(values, labels, out, grid, codec, seed)

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Sequence[str]:
        return ("series.csv", "series.png")

    def max_joined_length(self, codec: Any) -> int | None:
        return max(codec.data_lengths, default=None)

    def extrapolate(
        self,
        gan: Any,
        length: int | None,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        fps: float | None = None,
    ) -> np.ndarray:
        return self.module("extrapolate").extrapolate(gan, length, indices, seed, label)


modality = SeriesModality()
