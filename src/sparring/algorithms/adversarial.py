"""Algorithms with one generator and one discriminator, for any objective and penalties.

The phases are those of Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..config.recipe import AlgorithmConfig, Augmentation, Objective, Recipe
from ..losses import adversarial, penalties
from .adversarial_step import DISCRIMINATOR_PENALTIES, GRADIENT_PENALTIES, PENALTIES, WEIGHT_PENALTIES, AdversarialStep
from .augment import DiscriminatorAugmentation
from .base import Algorithm, Batch, Phase, PhaseResult, StepRandom, phases_alternate


class AdversarialConfig(AlgorithmConfig):
    """Settings of every algorithm with an adversarial loss.

    objective: The adversarial loss.
    """

    objective: Objective = Objective()

    allowed_penalties = {
        "generator": WEIGHT_PENALTIES,
        "discriminator": WEIGHT_PENALTIES + DISCRIMINATOR_PENALTIES,
    }

    @property
    def adversarial_loss(self) -> adversarial.AdversarialLoss:
        return adversarial.get(**self.objective.model_dump())

    @property
    def discriminator_augmentation(self) -> Augmentation | None:
        """The augmentation of the discriminator's inputs; None for none."""
        return None

    @property
    def shares_fakes(self) -> bool:
        """Whether the discriminator and the generator learn from the same generated samples in a step."""
        return False


class AugmentedConfig(AdversarialConfig):
    """Settings of adversarial algorithms whose generator makes samples from latents.

    augmentation: The augmentation of real and generated samples before the discriminator sees them; null for none.
    reuse_fakes: If true, each step generates one batch of samples, and both players learn from it with the same random
        numbers. If false, the generator's phase generates a new batch.
    """

    augmentation: Augmentation | None = None
    reuse_fakes: bool = False

    @property
    def discriminator_augmentation(self) -> Augmentation | None:
        return self.augmentation

    @property
    def shares_fakes(self) -> bool:
        return self.reuse_fakes

    def check(self, players: Any, latent: Any) -> None:
        super().check(players, latent)
        if self.reuse_fakes and any(player.steps > 1 for player in players.values()):
            raise ValueError(
                "with reuse_fakes both players learn once from the same samples; set steps to 1, or reuse_fakes to "
                "false"
            )

    @property
    def picture_settings(self) -> list[str]:
        return ["augmentation"] if self.augmentation else []


class AdversarialAlgorithm(Algorithm):
    """The base of all algorithms with one generator and one discriminator.

    always_reuses_fakes: The generator's phase learns from the outputs that the discriminator's phase saw, because both
        phases compute the same outputs from the same batch.
    adversarial_weight: Weight of the adversarial term in the discriminator's loss.
    """

    always_reuses_fakes: ClassVar[bool] = False
    adversarial_weight = 1.0

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        assert recipe.batch
        self.generator: Any = players["generator"]
        self.discriminator: Any = players["discriminator"]
        self.objective = self.config.adversarial_loss
        self.augmentation = DiscriminatorAugmentation(self.config.discriminator_augmentation, recipe.batch)
        wanted = self.always_reuses_fakes or self.config.shares_fakes
        alternate = phases_alternate(recipe, *(self._full_precision(name) for name in ("discriminator", "generator")))
        self.reuse_fakes = wanted and alternate
        self.cached_fake: Tensor | None = None  # kept from the discriminator's phase for the generator's

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        loss = recipe.algorithm.adversarial_loss
        return ("objective",) if loss and loss.couples_batch else ()

    def phases(self) -> tuple[Phase, ...]:
        discriminator, generator = (self.recipe.players[name] for name in ("discriminator", "generator"))
        return (
            Phase(
                ("discriminator",),
                self.discriminator_loss,
                discriminator.steps,
                full_precision=self._full_precision("discriminator"),
                graph_of=("generator",) if self.reuse_fakes else (),
            ),
            *self._lazy_penalty_phases("discriminator"),
            Phase(
                ("generator",),
                self.generator_loss,
                generator.steps,
                generator.start,
                new_batch=False,
                full_precision=self._full_precision("generator"),
                rng_of=0 if self.config.shares_fakes else None,
            ),
            *self._lazy_penalty_phases("generator"),
        )

    # -- losses --------------------------------------------------------------------------------------------------------

    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The discriminator loss of the objective, plus penalties."""
        step = self._discriminator_step(batch, rng)
        loss = self.adversarial_weight * self.objective.discriminator(step.on_real.logits, step.on_fake.logits)
        return self._discriminator_result(step, loss)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The generator loss of the objective, plus penalties."""
        step = self._generator_step(batch, rng)
        return PhaseResult(self._adversarial_term(step) + self._penalties("generator", 1, step))

    def lazy_penalty(self, player: str, interval: int, batch: Batch, rng: StepRandom) -> PhaseResult:
        """The penalties of one interval, as a loss of their own.

        Their weight is multiplied by the number of gradient steps in an interval, so that the interval does not change
        the balance between losses and penalties.
        """
        gradient_steps = interval * self.recipe.players[player].steps
        step = self._step(
            batch, rng, lambda: self._shown(self._detached_fake(batch, rng), batch).float(), player, interval
        )
        return PhaseResult(gradient_steps * self._penalties(player, interval, step))

    # -- samples -------------------------------------------------------------------------------------------------------

    @abstractmethod
    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        """The generator's output for a batch."""

    def _shown(self, fake: Tensor, batch: Batch) -> Tensor:
        """The generator's output in the form in which the discriminator takes it, before augmentation."""
        return fake

    def _detached_fake(self, batch: Batch, rng: StepRandom) -> Tensor:
        with torch.no_grad():
            return self.generate(batch, rng)

    def _fake_for_discriminator(self, batch: Batch, rng: StepRandom) -> Tensor:
        """Fakes that carry no gradient to the generator.

        Where both phases see the same fakes, `cached_fake` keeps them with their graph for the generator's phase. Only
        whole batches are kept: keeping every micro-batch would cost the memory that splitting saves.
        """
        self.cached_fake = None
        if not self.reuse_fakes or len(batch.real) != self.recipe.batch:
            return self._detached_fake(batch, rng)
        self.cached_fake = self.generate(batch, rng)
        return self.cached_fake.detach()

    def _fake_for_generator(self, batch: Batch, rng: StepRandom) -> Tensor:
        """The fakes that the discriminator's phase kept, else new ones."""
        cached, self.cached_fake = self.cached_fake, None
        return self.generate(batch, rng) if cached is None else cached

    # -- parts of losses -----------------------------------------------------------------------------------------------

    def _step(
        self, batch: Batch, rng: StepRandom, make_fake: Callable[[], Tensor], player: str, interval: int = 1
    ) -> AdversarialStep:
        settings = self.recipe.players[player].penalties
        names = {name for name, penalty in settings.items() if penalty.interval == interval}
        return AdversarialStep(self.discriminator, batch, rng, make_fake, self.augmentation, names)

    def _discriminator_step(self, batch: Batch, rng: StepRandom) -> AdversarialStep:
        def make_fake() -> Tensor:
            return self._shown(self._fake_for_discriminator(batch, rng), batch).float()

        return self._step(batch, rng, make_fake, "discriminator")

    def _generator_step(self, batch: Batch, rng: StepRandom, fake: Tensor | None = None) -> AdversarialStep:
        """The generator's gradient step. fake: The generator's output; None: generate it when it is first used."""

        def make_fake() -> Tensor:
            return self._shown(self._fake_for_generator(batch, rng) if fake is None else fake, batch)

        return self._step(batch, rng, make_fake, "generator")

    def _adversarial_term(self, step: AdversarialStep) -> Tensor:
        return self.objective.generator(
            step.on_fake.logits, step.on_real.logits if self.objective.needs_real_logits else None
        )

    def _discriminator_result(self, step: AdversarialStep, loss: Tensor) -> PhaseResult:
        scalars = step.scalars(self.objective)
        real, fake = step.on_real.logits.detach(), step.on_fake.logits.detach()
        self.augmentation.observe(real - self.objective.decision_threshold(real, fake))
        loss = loss + self._penalties("discriminator", 1, step)
        return PhaseResult(loss, {**scalars, **self.augmentation.scalars()})

    def _penalties(self, player: str, interval: int, step: AdversarialStep) -> Tensor:
        """The weighted sum of the player's penalties of this interval."""
        total = torch.zeros((), device=step.batch.real.device)
        for name, penalty in self.recipe.players[player].penalties.items():
            if penalty.interval == interval:
                total = total + self.penalty_factor * penalty.weight * self._penalty(name, player, step)
        return total

    def _penalty(self, name: str, player: str, step: AdversarialStep) -> Tensor:
        of_weights = penalties.WEIGHT_PENALTIES.get(name)
        return (
            PENALTIES[name](step)
            if of_weights is None
            else of_weights(penalties.regularised_weights(self.players[player]))
        )

    def _full_precision(self, player: str) -> bool:
        settings = self.recipe.players[player].penalties
        return any(name in GRADIENT_PENALTIES and penalty.interval == 1 for name, penalty in settings.items())

    def _lazy_penalty_phases(self, player: str) -> list[Phase]:
        settings = self.recipe.players[player]
        intervals = sorted({penalty.interval for penalty in settings.penalties.values() if penalty.interval > 1})
        return [
            Phase(
                (player,),
                partial(self.lazy_penalty, player, interval),
                start=settings.start,
                new_batch=False,
                interval=interval,
                is_penalty=True,
                full_precision=True,
            )
            for interval in intervals
        ]

    # -- state ---------------------------------------------------------------------------------------------------------

    def burn_in(self, examples: int) -> None:
        super().burn_in(examples)
        self.augmentation.factor = self.recipe.burn_in_factor("augmentation", examples)

    @property
    def can_augment_more(self) -> bool:
        return self.augmentation.can_rise

    def augment_more(self) -> None:
        self.augmentation.rise()

    def memory(self) -> Tensor:
        return self.augmentation.signs if self.augmentation.adapts else super().memory()

    def remember(self, sums: Tensor) -> None:
        if self.augmentation.adapts:
            self.augmentation.adjust(sums[:1], self.recipe.shards or 1)

    def state(self) -> dict[str, Tensor]:
        return self.augmentation.state()

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.cached_fake = None
        self.augmentation.load_state(state)
