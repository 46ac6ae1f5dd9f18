"""Translation of sounds, or of what is known of them, into waves, by the spectra of the waves.

Regression alone first, then the game, as `translation` (pretrain_fraction). The losses are those of vocoders: log-mel
distance and feature matching (Kong et al. 2020, arXiv:2010.05646, eq. 3 to 6), and spectra at several resolutions
(Yamamoto et al. 2020, arXiv:1910.11480); for restoration also spectra with their phases (Lu et al. 2023,
arXiv:2308.08926).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Part, Recipe
from ..config.sound_degradation import SoundDegradation
from ..errors import UserError
from ..losses import spectral
from ..networks import WaveTranslator
from ..signals.mel import widest_filters
from .adversarial_step import AdversarialStep
from .base import Batch, StepRandom, register_algorithm
from .translation import Translation, TranslationConfig

RESOLUTIONS = (0.5, 1.0, 2.0)  # frames of the losses by spectra, in frames of the layout
MEL_RESOLUTIONS = ((0.25, 20), (0.5, 40), (1.0, 80), (2.0, 120))  # and the bands at each, at most


class SpectralReconstruction(Part):
    """Weights of the distances between a wave and its target (see losses.spectral).

    mel: Of log-mel bands. multi_resolution: Of magnitudes. compressed: Of compressed spectra with their phases.
    """

    mel: float = Field(0.0, ge=0)
    multi_resolution: float = Field(0.0, ge=0)
    compressed: float = Field(0.0, ge=0)


class WaveTranslationConfig(TranslationConfig):
    """Settings of the translation into waves. Those that are not named here are the ones of `translation`.

    reconstruction: Weights of the distances to the target.
    degradations: What makes inputs from undamaged sounds, in this order; null: log-mel bands are the inputs.
    segment: Frames of each example that the discriminator sees, from a random one on; the distances see all. 0: all.
    """

    name: Literal["wave-translation"] = "wave-translation"  # type: ignore[assignment]
    reconstruction: SpectralReconstruction = SpectralReconstruction()  # type: ignore[assignment]
    degradations: tuple[SoundDegradation, ...] | None = None  # type: ignore[assignment]
    segment: int = Field(32, ge=0, le=4096)

    @property
    def restores(self) -> bool:
        return bool(self.degradations)

    @property
    def widens(self) -> bool:
        """Whether what is above a narrow band is made anew."""
        return any(each.kind == "narrow_band" for each in self.degradations or ())


@register_algorithm("wave-translation")
class WaveTranslation(Translation):
    """Trains a generator that turns sounds, or their log-mel bands, into waves."""

    Config = WaveTranslationConfig

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super(Translation, self).__init__(recipe, players, feature_net)
        if not isinstance(self.generator, WaveTranslator):
            raise UserError(
                f"the algorithm 'wave-translation' needs a generator of waves, and "
                f"{recipe.players['generator'].network} is none: use vocoder or wave-restorer"
            )
        self.layout: Any = self.generator.layout
        self.sizes = [round(share * self.layout.size) for share in RESOLUTIONS]

    @cached_property
    def banks(self) -> list[tuple[int, Tensor]]:
        """Of each resolution the samples of a frame and the filters."""
        rate, device = self.layout.rate, next(self.generator.parameters()).device
        sizes = [(round(share * self.layout.size), bands) for share, bands in MEL_RESOLUTIONS]
        return [(size, torch.from_numpy(widest_filters(bands, size, rate)).float().to(device)) for size, bands in sizes]

    def _distances(self, fake: Tensor, batch: Batch) -> dict[str, Tensor]:
        weights, terms, fake = self.config.reconstruction, dict[str, Tensor](), fake.float()
        if weights.mel:
            terms["mel"] = spectral.mel_distance(fake, batch.real, self.banks)
        if weights.multi_resolution:
            terms["multi_resolution"] = spectral.multi_resolution(fake, batch.real, self.sizes)
        if weights.compressed:
            terms["compressed"] = spectral.compressed_distance(fake, batch.real, self.sizes)
        return terms

    def _step(
        self, batch: Batch, rng: StepRandom, make_fake: Callable[[], Tensor], player: str, interval: int = 1
    ) -> AdversarialStep:
        """A step whose discriminator sees a part of each wave and of its target."""
        length = min(self.config.segment * self.layout.hop or batch.real.shape[2], batch.real.shape[2])
        room = (batch.real.shape[2] - length) // self.layout.hop + 1
        starts = (rng.uniform("segment", 1)[:, 0] * room).long().clamp(max=room - 1) * self.layout.hop
        seen = Batch(spectral.cut(batch.real, starts, length), None)
        return super()._step(seen, rng, lambda: spectral.cut(make_fake(), starts, length), player, interval)
