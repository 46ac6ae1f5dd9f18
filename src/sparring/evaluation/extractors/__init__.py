"""Features in which generated and real examples are compared, one extractor a file.

    inception           pictures; the FID network, whose scores compare with published ones; needs its weights
    efficientnet-lite0  pictures; its weights come with a package
    classifier          any modality; a small network trained on the source's own labels
    raw                 any values that are arrays: pixels, or principal components fitted to training examples

A modality adds its own, such as an embedding of voices, in its attribute `extractors`: name -> builder, with
`builder(source, Options) -> Extractor`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path

from ...data.source import Source
from ...errors import UserError, nearest
from ...metrics.feature_net import Progress
from .base import Extracted, Extractor, Options

__all__ = ["Extracted", "Extractor", "Options", "build", "names"]

Builder = Callable[[Source, Options], Extractor]
MODULES = {"inception": "inception", "efficientnet-lite0": "efficientnet", "classifier": "classifier", "raw": "raw"}


def names(source: Source | None = None) -> list[str]:
    """The names of all extractors, with those of the source's modality."""
    return [*MODULES, *(_own(source) if source else ())]


def build(
    name: str, source: Source, weights: Path | None = None, device: str = "cpu", progress: Progress | None = None
) -> Extractor:
    """The extractor of this name, ready for values of this source.

    weights: the file that holds them, where the extractor has any.

    Raises:
        UserError: There is no such extractor, it does not suit the source, or its weights are missing.
    """
    own = _own(source)
    if name not in MODULES and name not in own:
        raise UserError(f"There are no features '{name}': {nearest(name, names(source))}")
    builder = own[name] if name in own else importlib.import_module(f"{__name__}.{MODULES[name]}").build
    return builder(source, Options(weights, device, progress))


def _own(source: Source) -> Mapping[str, Builder]:
    from ... import modalities

    return modalities.get(source.modality).extractors
