"""Pictures: any height x width, 1 to 4 channels. Using a model imports the codec and the preview, never the scanner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ..base import Modality, Preview
from .options import ImageOptions

if TYPE_CHECKING:
    import numpy as np

    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet, Progress
    from .codec import ImageCodec


class ImageModality(Modality):
    """Pictures: uint8, N x C x H x W."""

    unit = "pictures"
    default_recipe = "auto"
    Options = ImageOptions
    built_in = ("digits", "normal-pictures")
    has_pixels = True

    def recognises(self, path: Path) -> bool:
        from .detect import recognises

        return recognises(path)

    def open_path(self, path: Path, options: Any, context: OpenContext) -> Source:
        from .source import open_path

        return open_path(path, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        from .simulated import open_name

        return open_name(name, options, context)

    def options_for(self, shape: tuple[int, ...]) -> dict[str, Any]:
        return {"size": tuple(shape[1:])}

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> ImageCodec:
        from .codec import fit_codec

        return fit_codec(source, value_range)

    def codec_from(self, description: dict[str, Any]) -> ImageCodec:
        from .codec import codec_from

        return codec_from(description)

    def fit_features(self, source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
        from .features import fit_features

        return fit_features(source, seed, progress)

    def features_from(self, description: dict[str, Any], tensors: dict[str, Any]) -> FeatureNet:
        from .features import features_from

        return features_from(description, tensors)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from ..drawing import png
        from .preview import sheet

        return Preview({".png": png(sheet(values, columns))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        from .preview import images

        return images(values)

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

    def read(self, path: Path, codec: Any) -> np.ndarray:
        from .load import read

        return read(path, codec)


modality = ImageModality()
