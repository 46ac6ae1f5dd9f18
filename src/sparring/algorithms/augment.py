"""Augmentation of the discriminator's inputs, the same for reals and fakes."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import augmentations
from ..config.recipe import Augmentation
from ..errors import UserError, nearest
from .base import StepRandom

USUAL_OPERATIONS = {"diffaugment": ("colour", "translation", "cutout"), "ada": ("blit", "geometry", "colour")}
KNOWN_OPERATIONS = {"diffaugment": USUAL_OPERATIONS["diffaugment"], "ada": (*USUAL_OPERATIONS["ada"], "cutout")}
NOTCH = 0.1  # added to the strength each time that a training is diagnosed as memorising
ADJUSTED_EVERY = 4  # batches between two adjustments of the strength (Karras et al. 2020, arXiv:2006.06676, section 3)


class DiscriminatorAugmentation:
    """Augments samples before the discriminator sees them.

    With `ada`, the probability of augmentation (the strength) follows the mean sign of the discriminator's logits on
    training examples.

    Args:
        settings: The recipe's augmentation; None leaves samples unchanged.
        batch: Examples in a batch.

    Raises:
        UserError: For an operation that the method does not have.
    """

    def __init__(self, settings: Augmentation | None, batch: int):
        self.settings, self.batch = settings, batch
        self.strength = torch.tensor(settings.strength if settings else 0.0)
        self.factor = 1.0  # of the strength; a burn-in changes it
        self._signs, self._count = torch.zeros(()), 0
        if settings:
            self.operations = settings.operations or USUAL_OPERATIONS[settings.name]
            for operation in self.operations:
                if operation not in KNOWN_OPERATIONS[settings.name]:
                    hint = nearest(operation, KNOWN_OPERATIONS[settings.name])
                    raise UserError(f"augmentation '{settings.name}' has no '{operation}'; {hint}")

    def __call__(self, sample: Tensor, rng: StepRandom, which: str) -> Tensor:
        """N augmented samples. which: A name that selects the random numbers, different for reals and fakes."""
        if self.settings is None:
            return sample
        if self.settings.name == "diffaugment":
            uniforms = rng.uniform(f"view of {which}", augmentations.DIFFAUGMENT_UNIFORMS)
            return augmentations.diffaugment(sample, uniforms, self.operations)
        uniforms = rng.uniform(f"view of {which}", augmentations.ADA_UNIFORMS)
        return augmentations.ada(sample, uniforms, self.factor * self.strength, self.operations)

    def adjust(self, real_logits: Tensor) -> None:
        """Adjust the strength every four batches, by the mean sign of the logits of reals.

        real_logits: Logits of reals minus the discriminator's decision threshold.
        """
        if self.settings is None or self.settings.name != "ada" or not self.settings.speed:
            return
        self._signs = self._signs.to(real_logits.device) + real_logits.sign().sum()
        self._count += len(real_logits)
        if self._count >= ADJUSTED_EVERY * self.batch:
            mean = self._signs / self._count
            strength = self.strength.to(mean.device)
            self.strength = augmentations.adjust_strength(
                strength, mean, self.settings.target, self._count, self.settings.speed
            )
            self._signs, self._count = torch.zeros(()), 0

    @property
    def can_rise(self) -> bool:
        return (
            self.settings is not None
            and self.settings.name == "ada"
            and float(self.strength) < augmentations.MAX_ADA_STRENGTH
        )

    def rise(self) -> None:
        """Raise the strength by NOTCH, at most to its cap."""
        self.strength = (self.strength + NOTCH).clamp(max=augmentations.MAX_ADA_STRENGTH)

    def scalars(self) -> dict[str, Tensor]:
        return {"augmentation": self.strength} if self.settings and self.settings.name == "ada" else {}

    def state(self) -> dict[str, Tensor]:
        return {"strength": self.strength, "signs": self._signs, "seen": torch.tensor(self._count)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.strength, self._signs, self._count = state["strength"], state["signs"], int(state["seen"])
