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
        self.adapts = settings is not None and settings.name == "ada" and bool(settings.speed)
        self.signs, self._count = torch.zeros(1), 0  # of this step
        self._all_signs, self._examples = torch.zeros(1), 0  # since the last adjustment
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

    def observe(self, real_logits: Tensor) -> None:
        """Note the signs of logits of reals, minus the discriminator's decision threshold."""
        if self.adapts:
            self.signs = self.signs.to(real_logits.device) + real_logits.sign().sum()
            self._count += len(real_logits)

    def adjust(self, signs: Tensor, shards: int) -> None:
        """End a step, and adjust the strength every four batches by the mean sign of the logits of reals.

        signs: The sum of `signs` over all shards of the batch, which are equally large.
        """
        assert self.settings
        self._all_signs, self._examples = (
            self._all_signs.to(signs.device) + signs,
            self._examples + shards * self._count,
        )
        self.signs, self._count = torch.zeros(1), 0
        if self._examples >= ADJUSTED_EVERY * self.batch:
            mean = self._all_signs[0] / self._examples
            self.strength = augmentations.adjust_strength(
                self.strength.to(mean.device), mean, self.settings.target, self._examples, self.settings.speed
            )
            self._all_signs, self._examples = torch.zeros(1), 0

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
        counts = {"count": torch.tensor(self._count), "examples": torch.tensor(self._examples)}
        return {"strength": self.strength, "signs": self.signs, "all_signs": self._all_signs, **counts}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.strength, self.signs, self._all_signs = state["strength"], state["signs"], state["all_signs"]
        self._count, self._examples = int(state["count"]), int(state["examples"])
