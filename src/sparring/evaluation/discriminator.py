"""The discriminator of a run, as metrics use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.source import Source, Split
from ..inference.discriminate import discriminate_source
from ..inference.generator import Gan
from ..inference.loading import load_player
from ..losses import adversarial
from ..networks import DiscriminatorOutput
from ..runs.folder import Run


@dataclass(frozen=True)
class RunDiscriminator:
    """A trained discriminator.

    Args:
        module: The network.
        codec: Encodes what the network reads.
        conditional: Whether the network is given labels.
        objective: The adversarial objective that it was trained with, where there is one.
    """

    module: Any
    codec: Any
    conditional: bool
    objective: adversarial.AdversarialLoss | None

    def outputs(self, source: Source, split: Split, indices: np.ndarray) -> DiscriminatorOutput:
        """The outputs for these examples of a source, on the CPU."""
        found = discriminate_source(self.module, self.codec, source, split, indices, self.conditional)
        classes = None if found.class_logits is None else found.class_logits.cpu()
        return DiscriminatorOutput(found.logits.cpu(), classes)


def load_discriminator(run: Run, gan: Gan, real: Source, device: str = "cpu") -> RunDiscriminator | None:
    """The discriminator of a run, or None where there is none or it was trained on other classes than `real` has."""
    if "discriminator" not in gan.recipe.players or not (run.path / "discriminator.safetensors").is_file():
        return None
    if gan.classes != real.classes:
        return None
    recipe, _, codec, module = load_player(run, "discriminator", device)
    return RunDiscriminator(module, codec, bool(gan.classes), recipe.algorithm.adversarial_loss)
