"""Sounds: any sample rate, one channel or two, of any length up to that of the window which is learned."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.options import OpenContext
from ...data.source import TranslationSource
from ...errors import UserError
from ..base import Modality, Preview
from .options import AudioOptions

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from ...data.in_memory import InMemory
    from ...data.source import Source
    from ...metrics.feature_net import FeatureNet
    from ...metrics.scores import Score
    from .codec import AudioCodec


class AudioModality(Modality):
    """Sounds: float32, N x channels x samples, full scale at -1 and 1; exact zeros after the end of each."""

    unit = "sounds"
    default_recipe = "sound"
    Options = AudioOptions
    representations = ("mel", "waveform")
    formats = (".wav", ".flac", ".zip", ".npz", ".png")
    asked_first = 1  # a folder of sounds may hold pictures of their covers; arrays are sounds where a recipe says so
    built_in = ("chirps",)

    def module(self, name: str) -> Any:
        try:
            import soundfile  # noqa: F401
            import soxr  # noqa: F401
        except (ImportError, OSError):  # OSError: the library below soundfile is missing
            raise UserError('sounds need soundfile and soxr; run: pip install "sparring[audio]"') from None
        return importlib.import_module(f"{__name__}.{name}")

    def recognises(self, path: Path) -> bool:
        from .detect import recognises

        return recognises(path)

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        return self.module("source").open_in_memory(memory, options, context)

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        return self.module("simulated").open_name(name, options, context)

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        channels, samples = about["shape"]
        if not isinstance(about.get("rate"), int) or about["rate"] < 1:
            raise UserError("source.json is damaged: it does not say the sample rate of the sounds")
        kind = "mono" if channels == 1 else "stereo"
        return {"rate": about["rate"], "seconds": samples / about["rate"], "channels": kind}

    def fit_codec(self, source: Any, value_range: str = "symmetric") -> AudioCodec:
        return self.codec_of(None, source, value_range)

    def codec_of(self, representation: str | None, source: Any, value_range: str = "symmetric") -> Any:
        if isinstance(source, TranslationSource):
            return source.codec(value_range)
        return self.module("codec").fit_codec(source, value_range, representation)

    def page_facts(self, codec: Any, reverse: bool = False) -> dict[str, Any]:
        return {"kind": "sounds", "rate": codec.rate, "bits": codec.bits}

    def graph_output(self, codec: Any) -> nn.Module:
        return self.module("graph").decode_module(codec)

    def codec_from(self, description: dict[str, Any]) -> Any:
        if description.get("representation") == "pair":
            return self.module("pair_codec").pair_codec_from(description)
        return super().codec_from(description)

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        if isinstance(source, TranslationSource):
            return self.module("pair_score").WaveScore(net, source, count, seed)
        return self.module("score").AudioScore(net, source, count, seed)

    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        return Preview(self.module("preview").files(values, codec, columns))

    def preview_pairs(self, codec: Any, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray | None) -> Preview:
        return Preview(self.module("pair_preview").files(codec, inputs, outputs, targets))

    def translation_scores(
        self,
        codec: Any,
        inputs: np.ndarray,
        outputs: np.ndarray,
        targets: np.ndarray,
        progress: Callable[[float], object],
    ) -> tuple[list[Score], str]:
        return self.module("pair_score").scores_of(codec, inputs, outputs, targets, progress)

    def compare_plot(self, generated: Source, real: Source, codec: Any) -> Preview | None:
        from ..drawing import png, shown_values

        return Preview({".png": png(self.module("plots").compared(*shown_values(generated, real), codec))})

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

    def header_size(self, data: bytes) -> int:
        return self.module("load").header_size(data)


modality = AudioModality()
