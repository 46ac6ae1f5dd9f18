"""Translation between two domains of pictures without pairs: CycleGAN, Zhu et al. 2017 (arXiv:1703.10593)."""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ..config.recipe import Recipe
from .adversarial_step import PENALTIES, AdversarialStep
from .base import (
    Algorithm,
    Batch,
    Phase,
    PhaseResult,
    StepRandom,
    phases_alternate,
    refuse_conditional,
    register_algorithm,
)
from .unpaired import UnpairedConfig

DIRECTIONS = {
    "forward": ("generator", "discriminator"),
    "reverse": ("reverse_generator", "reverse_discriminator"),
}


class CycleGANConfig(UnpairedConfig):
    """Settings of CycleGAN.

    cycle: Weight of the cycle consistency (Zhu et al. 2017, eq. 2).
    pool_size: The number of earlier outputs that are kept for the discriminators (Shrivastava et al. 2017).
    """

    name: Literal["cyclegan"] = "cyclegan"
    cycle: float = Field(10.0, ge=0)
    pool_size: int = Field(50, ge=0)

    allowed_penalties = {
        "generator": (),
        "reverse_generator": (),
        "discriminator": ("r1",),
        "reverse_discriminator": ("r1",),
    }
    player_groups = (("discriminator", "reverse_discriminator"), ("generator", "reverse_generator"))
    lazy_penalties = False


@register_algorithm("cyclegan")
class CycleGAN(Algorithm):
    """`generator` turns the first domain into the second, `reverse_generator` the second into the first.

    Each generator has its own discriminator. The cycle loss asks that a picture passed through both generators comes
    out unchanged.
    """

    Config = CycleGANConfig
    ema_players = ("generator", "reverse_generator")

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        self.to_second: Any = players["generator"]
        self.to_first: Any = players["reverse_generator"]
        self.objective = self.config.adversarial_loss
        refuse_conditional(players)
        self.pools = {direction: ImagePool(self.config.pool_size) for direction in DIRECTIONS}
        self.reuse_fakes = phases_alternate(recipe, self._full_precision(), False)
        self.cached_fakes: tuple[Tensor, Tensor] | None = None  # kept from the discriminators' phase

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        loss = recipe.algorithm.adversarial_loss
        return ("objective",) if loss and loss.couples_batch else ()

    def phases(self) -> tuple[Phase, ...]:
        settings = self.recipe.players
        discriminators, generators = self.config.player_groups
        return (
            Phase(
                discriminators,
                self.discriminator_loss,
                settings["discriminator"].steps,
                full_precision=self._full_precision(),
                graph_of=generators if self.reuse_fakes else (),
            ),
            Phase(
                generators,
                self.generator_loss,
                settings["generator"].steps,
                settings["generator"].start,
                new_batch=False,
            ),
        )

    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Zhu et al. 2017, eq. 1 in both directions, on fakes from a pool (section 4).

        The factor 1/2 of appendix 7.1 is part of the objective.
        """
        first, second = self._domains(batch)
        fakes = dict(zip(DIRECTIONS, self._fakes_for_discriminators(first, second), strict=True))
        reals = {"forward": second, "reverse": first}
        total, scalars = torch.zeros((), device=second.device), dict[str, Tensor]()
        for direction, (_, name) in DIRECTIONS.items():
            fake = self.pools[direction](fakes[direction].detach(), rng, f"pool {direction}")
            penalties = self.recipe.players[name].penalties
            step = self._step(name, reals[direction], fake, rng, tuple(penalties))
            total = total + self.objective.discriminator(step.on_real.logits, step.on_fake.logits)
            for penalty, settings in penalties.items():
                total = total + self.penalty_factor * settings.weight * PENALTIES[penalty](step)
            if direction == "forward":
                scalars = step.scalars(self.objective)
        return PhaseResult(total, scalars)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Zhu et al. 2017, eq. 3, plus the identity term of section 5.2.

        Equation 3 is the sum of both adversarial terms and of the cycle terms of eq. 2.
        """
        first, second = self._domains(batch)
        cached, self.cached_fakes = self.cached_fakes, None
        forward, reverse = cached or (self.to_second(first), self.to_first(second))
        terms = {"cycle": l1_loss(self.to_first(forward), first) + l1_loss(self.to_second(reverse), second)}
        if self.config.identity:
            terms["identity"] = l1_loss(self.to_second(second), second) + l1_loss(self.to_first(first), first)
        total = torch.zeros((), device=second.device)
        for (_, name), fake, real in zip(DIRECTIONS.values(), (forward, reverse), (second, first), strict=True):
            step = self._step(name, real, fake, rng)
            on_real = step.on_real.logits if self.objective.needs_real_logits else None
            total = total + self.objective.generator(step.on_fake.logits, on_real)
        loss = total + self.config.cycle * terms["cycle"] + self.config.identity * terms.get("identity", 0.0)
        return PhaseResult(loss, {f"terms.{name}": value.detach() for name, value in terms.items()})

    def memory(self) -> Tensor:
        return torch.cat([pool.entering.flatten() for pool in self.pools.values()])

    def remember(self, sums: Tensor) -> None:
        parts = sums.split([pool.entering.numel() for pool in self.pools.values()])
        for pool, part in zip(self.pools.values(), parts, strict=True):
            pool.take(part.view_as(pool.entering))

    def state(self) -> dict[str, Tensor]:
        pools = {f"pool.{direction}": pool.pictures for direction, pool in self.pools.items()}
        return {name: pictures for name, pictures in pools.items() if pictures is not None}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.cached_fakes = None
        for direction, pool in self.pools.items():
            pool.pictures = state.get(f"pool.{direction}")

    def _domains(self, batch: Batch) -> tuple[Tensor, Tensor]:
        assert batch.condition is not None
        return batch.condition["input"], batch.real

    def _fakes_for_discriminators(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Both outputs. Whole batches are kept with their graph where the generators' phase computes the same."""
        keep = self.reuse_fakes and len(second) == self.recipe.batch
        with torch.set_grad_enabled(keep):
            fakes = self.to_second(first), self.to_first(second)
        self.cached_fakes = fakes if keep else None
        return fakes

    def _step(
        self, name: str, real: Tensor, fake: Tensor, rng: StepRandom, penalties: tuple[str, ...] = ()
    ) -> AdversarialStep:
        return AdversarialStep(self.players[name], Batch(real, None), rng, lambda: fake, penalties=penalties)

    def _full_precision(self) -> bool:
        return any("r1" in self.recipe.players[name].penalties for _, name in DIRECTIONS.values())


class ImagePool:
    """A pool of outputs of earlier steps, which the discriminator sees instead of some of the new ones.

    Once the pool is full, the discriminator sees with probability 1/2 a random pooled picture, whose place the new one
    takes. Shrivastava et al. 2017, arXiv:1612.07828, section 2.3; Zhu et al. 2017 keep 50. New pictures enter at the
    end of a step, those of all shards in the order of the batch.

    Attributes:
        pictures: The pooled pictures, up to size x ...; None before the first step.
        entering: What this step's last gradient step showed: for each example of the whole batch its two random numbers
            and the new picture's values. Zeros for examples of other shards.
    """

    def __init__(self, size: int):
        self.size = size
        self.pictures: Tensor | None = None
        self.entering = torch.zeros(0)
        self._shape: tuple[int, ...] = ()

    def __call__(self, new: Tensor, rng: StepRandom, purpose: str) -> Tensor:
        """The pictures that the discriminator sees, N x ..., in place of new ones."""
        if not self.size:
            return new
        self._shape, uniforms = tuple(new.shape[1:]), rng.uniform(purpose, 2)
        if len(self.entering) != rng.batch:
            self.entering = torch.zeros(rng.batch, 2 + new[0].numel(), device=new.device)
        self.entering[rng.start : rng.stop] = torch.cat([uniforms, new.flatten(1)], dim=1)
        if self.pictures is None or len(self.pictures) < self.size:
            return new
        replaced, place = self._drawn(uniforms)
        return torch.where(replaced.view(-1, *[1] * len(self._shape)), self.pictures.to(new)[place], new)

    def take(self, entering: Tensor) -> None:
        """Let the pictures of a step in. entering: As the attribute, of all shards."""
        if not len(entering):
            return
        pooled = [] if self.pictures is None else list(self.pictures)
        new = entering[:, 2:].unflatten(1, self._shape)
        for picture, replaces, place in zip(new, *self._drawn(entering[:, :2]), strict=True):
            if len(pooled) < self.size:
                pooled.append(picture)
            elif replaces:
                pooled[int(place)] = picture
        self.pictures, self.entering = torch.stack(pooled), torch.zeros(0)

    def _drawn(self, uniforms: Tensor) -> tuple[Tensor, Tensor]:
        """For each example, whether it exchanges places with a pooled picture, and which. uniforms: N x 2."""
        return uniforms[:, 0] < 0.5, (uniforms[:, 1] * self.size).long()
