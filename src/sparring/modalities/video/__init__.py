"""Films: clips of any size, length and frame rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ...errors import UserError
from ..base import Modality, Preview
from .options import VideoOptions

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet
    from .codec import VideoCodec


class VideoModality(Modality):
    """Films: uint8, N x frames x channels x height x width, all at one frame rate."""

    unit = "films"
    default_recipe = "video"
    Options = VideoOptions
    asked_first = True  # frames in folders and animated pictures are films where a recipe says so
    built_in = ("bouncing",)
    formats = (".webp", ".gif", ".mp4", ".zip", ".npz", ".png")
    preview_count = 8

    def recognises(self, path: Path) -> bool:
        return self.module("detect").recognises(path)

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_in_memory(memory, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("simulated").open_name(name, options, context)

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        frames, _, height, width = about["shape"]
        if not isinstance(about.get("fps"), float | int) or about["fps"] <= 0:
            raise UserError("source.json is damaged: it does not say the frame rate of the films")
        return {"size": (height, width), "frames": frames, "fps": about["fps"]}

    def graph_output(self, codec: Any) -> nn.Module:
        return self.module("graph").DecodeFilms(codec)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> VideoCodec:
        return self.module("codec").fit_codec(source, value_range)

    def codec_at(self, codec: Any, fps: float) -> VideoCodec:
        return self.module("codec").at_rate(codec, fps)

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        return self.module("score").VideoScore(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        return Preview(self.module("preview").files(values, codec, columns))

    def compare_plot(self, generated: Source, real: Source, codec: Any) -> Preview | None:
        from ..drawing import png

        return Preview({".png": png(self.module("preview").compared(generated, real))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        return self.module("write").items(values)

    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        return self.module("write").write(values, labels, out, grid, codec)

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Iterable[str]:
        from ..labelled_files import names_in_folder, numbered

        return names_in_folder(numbered(count, self.module("write").SINGLE), grid)

    def lost_in(self, out: Path, codec: Any, count: int, grid: bool) -> str:
        return self.module("write").lost_in(out, codec, count, grid)

    def read(self, path: Path, codec: Any) -> np.ndarray:
        return self.module("load").read(path, codec)

    def extrapolate(
        self,
        gan: Any,
        length: int | None,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        fps: float | None = None,
    ) -> np.ndarray:
        return self.module("extrapolate").extrapolate(gan, length, indices, seed, label, fps)


modality = VideoModality()
