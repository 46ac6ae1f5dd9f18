"""Texts: lines, passages of a long text, or files; of any letters, learned by characters or bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ..base import Modality, Preview, Steering
from .options import TextOptions

if TYPE_CHECKING:
    import numpy as np

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet
    from .codec import TextCodec


class TextModality(Modality):
    """Texts: uint8, N x bytes of UTF-8, with zeros after the end of each."""

    unit = "texts"
    default_recipe = "text"
    Options = TextOptions
    asked_first = 2  # a table whose only column is free text, but for labels, would be opened as a table
    built_in = ("counting",)
    supports_latent_walk = False
    shows_pairs = True
    formats = (".txt", ".csv", ".jsonl", ".zip", ".png")
    preview_count = 32

    def pipeline_tag(self, codec: Any) -> str:
        return "text-generation"

    def recognises(self, path: Path) -> bool:
        from .detect import recognises

        return recognises(path)

    def takes(self, memory: InMemory) -> bool:
        return memory.is_texts

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_in_memory(memory, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("simulated").open_name(name, options, context)

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        return {"characters": about["characters"]}

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> TextCodec:
        return source.codec

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        return self.module("score").TextScore(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        return Preview(self.module("preview").files(values))

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        from ...data.text_rows import texts_of

        return texts_of(values)

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

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Iterable[str]:
        from ..labelled_files import names_in_folder, numbered

        return names_in_folder(numbered(count, self.module("write").SINGLE), grid)

    def lost_in(self, out: Path, codec: Any, count: int, grid: bool) -> str:
        return self.module("write").lost_in(out, codec.passages, grid)

    def extrapolate(
        self,
        gan: Any,
        length: int | None,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        fps: float | None = None,
    ) -> np.ndarray:
        return self.module("sampling").sample(gan, indices, seed, label, Steering(length=length))

    def steer(
        self,
        gan: Any,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        steering: Steering,
    ) -> np.ndarray:
        return self.module("sampling").sample(gan, indices, seed, label, steering)


modality = TextModality()
