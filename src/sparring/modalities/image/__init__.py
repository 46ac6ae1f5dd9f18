"""Pictures: any height x width, 1 to 4 channels. Using a model imports the codec and the preview, never the scanner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ...errors import UserError
from ..base import Modality, Preview
from ..labelled import Labelled
from .options import ImageOptions

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet, Progress
    from .codec import ImageCodec


class ImageModality(Modality):
    """Pictures: N x C x H x W from 0 to 255, uint8 or, where data are deeper, float32."""

    unit = "pictures"
    default_recipe = "mixture"
    Options = ImageOptions
    built_in = ("digits", "normal-pictures")
    has_pixels = True
    formats = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".npz", ".zip")
    shows_pairs = True

    def recognises(self, path: Path) -> bool:
        return self.module("detect").recognises(path)

    def takes(self, memory: InMemory) -> bool:
        return not memory.is_table

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("in_memory").open_in_memory(memory, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("simulated").open_name(name, options, context)

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        return {"size": tuple(about["shape"][1:])}

    def choose_recipe(
        self, source: Source, device: torch.device, examples: int | str | None, seconds: float | None
    ) -> tuple[str, str]:
        return self.module("choose_recipe").choose_recipe(source, device, examples, seconds)

    def labelled(self, source: Any, target: str | None = None) -> Labelled:
        if target is not None:
            raise UserError(f"--target is for tables, and {source.name} holds pictures; leave it out")
        return self.module("labelled").LabelledPictures(source)

    def annotated(self, path: Path) -> Any:
        boxes = self.module("boxes")
        return None if boxes.kind_of(path) is None else boxes.read_annotated(path)

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> ImageCodec:
        return self.module("codec").fit_codec(source, value_range)

    def page_facts(self, codec: Any, reverse: bool = False) -> dict[str, Any] | None:
        return {"kind": "pictures"} if codec.scale.is_plain else None

    def pipeline_tag(self, codec: Any) -> str:
        return "unconditional-image-generation"

    def graph_output(self, codec: Any) -> nn.Module:
        return self.module("graph").DecodePictures(codec)

    def fit_features(self, source: Source, seed: int, progress: Progress | None = None) -> FeatureNet:
        photographs = self.module("photographs")
        if photographs.suits(source):
            return photographs.fit_photographs(source, seed, progress)
        return super().fit_features(source, seed, progress)

    def features_from(self, description: dict[str, Any], tensors: dict[str, Any]) -> FeatureNet:
        photographs = self.module("photographs")
        if description.get("net") == photographs.NET:
            return photographs.photographs_from(description, tensors)
        return super().features_from(description, tensors)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from ..drawing import png
        from .preview import sheet

        return Preview({".png": png(sheet(values, columns))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        return self.module("preview").items(values, codec.scale)

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
        return self.module("write").names_in_folder(codec, count, grid)

    def lost_in(self, out: Path, codec: Any, count: int, grid: bool) -> str:
        return self.module("write").lost_in(out, codec, count, grid)

    def own_numbers(self, values: np.ndarray, codec: Any) -> np.ndarray:
        return codec.scale.restored_pictures(values)

    def read(self, path: Path, codec: Any) -> np.ndarray:
        return self.module("load").read(path, codec)

    def header_size(self, data: bytes) -> int:
        return self.module("load").header_size(data)


modality = ImageModality()
