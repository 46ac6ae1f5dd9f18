"""Tables: rows of numbers, categories and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ..base import Modality, Preview
from ..labelled import Labelled
from ..pandas_modules import import_with_pandas
from .options import TableOptions

if TYPE_CHECKING:
    import numpy as np

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet
    from .codec import TableCodec

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".ndjson", ".parquet", ".feather", ".arrow", ".xlsx")
DATABASES = (".db", ".db3", ".s3db", ".sqlite", ".sqlite3", ".gpkg", ".duckdb")


class TableModality(Modality):
    """Rows: float64, N x learned columns (see `codes` for what a cell is)."""

    unit = "rows of a table"
    default_recipe = "table"
    Options = TableOptions
    asked_first = 1  # pictures come in Parquet files too
    opens_urls = True
    supports_latent_walk = False
    writes_stream = True
    takes_conditions = True
    formats = (".csv", ".csv.gz", ".tsv", ".parquet", ".jsonl", ".xlsx", ".png")
    preview_count = 2000  # rows behind the histograms

    def module(self, name: str) -> Any:
        return import_with_pandas(f"{__name__}.{name}", "tables")

    def recognises(self, path: Path) -> bool:
        """A file of one of these kinds, or a folder of Parquet files; those without encoded items, such as pictures."""
        if path.is_dir():
            holds = any(path.glob("*.parquet"))
            parts = self.module("large.parquet_parts").parts_of(path) if holds else []
            return bool(parts) and self.module("source").is_plain(parts[0])
        if not path.is_file() or not path.name.lower().endswith((*SUFFIXES, *DATABASES)):
            return False
        if path.name.lower().endswith(DATABASES):
            return self.module("reading.databases").url_of(path) is not None
        return path.suffix.lower() != ".parquet" or self.module("source").is_plain(path)

    def takes(self, memory: InMemory) -> bool:
        return memory.is_table

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_in_memory(memory, options, context)

    def open_path(self, path: Path, options: Any, context: OpenContext) -> Source:
        return self.module("large.opening").open_path(path, options, context)

    def open_url(self, url: str, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_url(url, options, context)

    def labelled(self, source: Any, target: str | None = None) -> Labelled:
        return self.module("labelled").LabelledRows(source, target)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> TableCodec:
        return source.codec

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        return self.module("score").TableScore(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from ..drawing import png

        return Preview({".png": png(self.module("plots").histograms(values, codec))})

    def compare_plot(self, generated: Source, real: Source, codec: Any) -> Preview | None:
        from ..drawing import png, shown_values

        return Preview({".png": png(self.module("plots").compared(*shown_values(generated, real), codec))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        return codec.original.restored(codec.frame(values, seed=seed))

    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        return self.module("export").write(values, out, grid, codec, seed)

    def write_stream(self, parts: Iterable[np.ndarray], out: Path, codec: Any, seed: int, first: int = 0) -> list[Path]:
        return self.module("export").write_stream(parts, out, codec, seed, first)

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Sequence[str]:
        return ("rows.csv", "rows.png")

    def conditional_sampling(self, gan: Any, where: str, indices: Sequence[int], seed: int) -> np.ndarray:
        return self.module("conditional_sampling").conditional_sampling(gan, where, indices, seed)


modality = TableModality()
