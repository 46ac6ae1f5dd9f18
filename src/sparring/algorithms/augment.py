"""What the discriminator sees of a picture: itself, or an augmented form of it, on reals and fakes alike."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import augmentations
from ..config.recipe import Augmentation
from ..errors import UserError, nearest
from . import Draws

OPERATIONS = {"diffaugment": ("colour", "translation", "cutout"), "ada": ("blit", "geometry", "colour")}  # unless a recipe names its own
KNOWN = {"diffaugment": OPERATIONS["diffaugment"], "ada": (*OPERATIONS["ada"], "cutout")}
RISE = 0.1  # of the strength, each time that a training is seen to memorise
BATCHES = 4  # between two adjustments (Karras et al. 2020, arXiv:2006.06676, section 3)


class View:
    """Augments samples; for `ada` with a probability that follows how sure the discriminator is of its training examples."""

    def __init__(self, settings: Augmentation | None, batch: int):
        self.settings, self.batch = settings, batch
        self.strength = torch.tensor(settings.strength if settings else 0.0)
        self._signs, self._seen = torch.zeros(()), 0
        if settings:
            self.operations = settings.operations or OPERATIONS[settings.name]
            for operation in self.operations:
                if operation not in KNOWN[settings.name]:
                    raise UserError(f"augmentation '{settings.name}' has no '{operation}'; {nearest(operation, KNOWN[settings.name])}")

    def __call__(self, sample: Tensor, draws: Draws, which: str) -> Tensor:
        """The view of N samples; `which` tells the draws of reals from those of fakes."""
        if self.settings is None:
            return sample
        if self.settings.name == "diffaugment":
            return augmentations.diffaugment(sample, draws.uniform(f"view of {which}", augmentations.DIFFAUGMENT_UNIFORMS), self.operations)
        return augmentations.ada(sample, draws.uniform(f"view of {which}", augmentations.ADA_UNIFORMS), self.strength, self.operations)

    def adjust(self, real_logits: Tensor) -> None:
        """Note the verdicts on reals, logits from the border between real and fake; after four batches of them move the strength."""
        if self.settings is None or self.settings.name != "ada" or not self.settings.speed:
            return
        self._signs, self._seen = self._signs.to(real_logits.device) + real_logits.sign().sum(), self._seen + len(real_logits)
        if self._seen >= BATCHES * self.batch:
            mean = self._signs / self._seen
            strength = self.strength.to(mean.device)
            self.strength = augmentations.adjust_strength(strength, mean, self.settings.target, self._seen, self.settings.speed)
            self._signs, self._seen = torch.zeros(()), 0

    @property
    def can_rise(self) -> bool:
        return self.settings is not None and self.settings.name == "ada" and float(self.strength) < augmentations.MAX_ADA_STRENGTH

    def rise(self) -> None:
        """At once, where the training was seen to memorise."""
        self.strength = (self.strength + RISE).clamp(max=augmentations.MAX_ADA_STRENGTH)

    def shown(self) -> dict[str, Tensor]:
        return {"augmentation": self.strength} if self.settings and self.settings.name == "ada" else {}

    def state(self) -> dict[str, Tensor]:
        return {"strength": self.strength, "signs": self._signs, "seen": torch.tensor(self._seen)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.strength, self._signs, self._seen = state["strength"], state["signs"], int(state["seen"])
