"""Pairs of pictures: an input, and the output that is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base import Modality, Preview
from .options import PairOptions

if TYPE_CHECKING:
    import numpy as np

    from ...metrics.feature_net import FeatureNet
    from .codec import PairCodec


class PairModality(Modality):
    """Pairs of pictures. Values are the outputs: pictures or label maps, N x C x H x W."""

    unit = "pairs of pictures"
    default_recipe = "pix2pix"
    Options = PairOptions
    asked_first = 1  # two folders of pictures may be pairs
    has_pixels = True
    shows_pairs = True
    supports_latent_walk = False

    def page_facts(self, codec: Any, reverse: bool = False) -> dict[str, Any] | None:
        sides = (codec.output, codec.input) if reverse else (codec.input, codec.output)
        return self.module("graph").page_facts(*sides)

    def pipeline_tag(self, codec: Any) -> str:
        return "image-segmentation" if isinstance(codec.output, self.module("maps").MapCodec) else "image-to-image"

    def recognises(self, path: Path) -> bool:
        return self.module("source").recognises(path)

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        return {"size": tuple(about["shape"][1:])}

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> PairCodec:
        return source.codec(value_range)

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        return self.module("score").online_score(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        from .. import image
        from .codec import as_pictures

        return image.modality.preview(as_pictures(codec.output, values), codec.output, columns)

    def preview_pairs(self, codec: Any, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray | None) -> Preview:
        from ..drawing import png
        from .plots import sheet

        return Preview({".png": png(sheet(codec, inputs, outputs, targets))})

    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        from .. import image
        from .codec import as_image_codec, as_pictures

        return image.modality.items(as_pictures(codec.output, values), as_image_codec(codec.output))

    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        from .. import image
        from .codec import as_image_codec, as_pictures

        return image.modality.write(as_pictures(codec.output, values), labels, out, grid, as_image_codec(codec.output))


modality = PairModality()
