"""Two kinds of pictures without pairs, there and back: Zhu et al. 2017 (arXiv:1703.10593)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ..config.recipe import Recipe
from ..losses import adversarial, penalties
from . import Batch, Draws, Outcome, Turn, refuse_conditional, turns_agree
from .gan import Synthesis

SIDES = {"there": ("generator", "discriminator"), "back": ("back", "discriminator_back")}


class Cycle:
    """`generator` turns given pictures into ones like the real, `back` the real into ones like the given; each has its discriminator, and
    who goes there and back should come home."""

    averaged: tuple[str, ...] = ("generator", "back")
    augments, translates = False, True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        self.recipe, self.players = recipe, players
        self.there: Any = players["generator"]
        self.back: Any = players["back"]
        assert recipe.objective
        self.objective = adversarial.get(**recipe.objective.model_dump())
        refuse_conditional(players)
        self.pools = {side: Pool(recipe.pool) for side in SIDES}
        self.sees_again = turns_agree(recipe, self._precise("discriminator", "discriminator_back"), False)
        self.left: tuple[Tensor, Tensor] | None = None  # what was made, by the discriminators' turn for the generators'

    @staticmethod
    def joins(recipe: Recipe) -> tuple[str, ...]:
        return Synthesis.joins(recipe)

    def turns(self) -> tuple[Turn, ...]:
        settings = self.recipe.players
        judges, makers = ("discriminator", "discriminator_back"), ("generator", "back")
        return (
            Turn(judges, self.discriminator_loss, settings["discriminator"].repeats, full_precision=self._precise(*judges)),
            Turn(makers, self.generator_loss, settings["generator"].repeats, settings["generator"].begin, fresh=False),
        )

    def discriminator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Zhu et al. 2017, eq. 1 both ways, on pictures of a pool of what was made (section 4). The half of appendix 7.1 is in the objective."""
        given, real = self._both(batch)
        leaves = self.sees_again and len(real) == self.recipe.batch  # micro-batches are made again: see `Contest.made`
        if leaves:
            self.there.requires_grad_(True)
            self.back.requires_grad_(True)
        with torch.set_grad_enabled(leaves):
            both = self.there(given), self.back(real)
        self.left = both if leaves else None
        made = dict(zip(SIDES, both, strict=True))
        truth, total, shown = {"there": real, "back": given}, torch.zeros((), device=real.device), dict[str, Tensor]()
        for side, (_, judge) in SIDES.items():
            fake = self.pools[side](made[side].detach(), draws.uniform(f"pool {side}", 2))
            real_sample = truth[side].detach().requires_grad_("r1" in self.recipe.players[judge].penalties)
            on_real, on_fake = (self.players[judge](sample, None).logits.float() for sample in (real_sample, fake))
            total = total + self.objective.discriminator(on_real, on_fake)
            for name, penalty in self.recipe.players[judge].penalties.items():
                if name == "r1":
                    total = total + penalty.weight * penalties.zero_centred(on_real, real_sample)
            if side == "there":
                border = self.objective.border(on_real.detach(), on_fake.detach())
                right = {"real": (on_real > border).float().mean(), "fake": (on_fake <= border).float().mean()}
                shown = {f"accuracy.{kind}": value for kind, value in right.items()} | {"fooling_rate": 1 - right["fake"]}
        return Outcome(total, shown)

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Zhu et al. 2017, eq. 3: both verdicts and the cycles of eq. 2; and the identity term of section 5.2."""
        given, real = self._both(batch)
        left, self.left = self.left, None
        made, home = left or (self.there(given), self.back(real))
        parts = {"cycle": l1_loss(self.back(made), given) + l1_loss(self.there(home), real)}
        if self.recipe.identity:
            parts["identity"] = l1_loss(self.there(real), real) + l1_loss(self.back(given), given)
        verdicts = {"there": (made, real), "back": (home, given)}
        adversarial = torch.zeros((), device=real.device)
        for side, (_, judge) in SIDES.items():
            fake, truth = verdicts[side]
            on_real = self.players[judge](truth, None).logits.float() if self.objective.compares else None
            adversarial = adversarial + self.objective.generator(self.players[judge](fake, None).logits.float(), on_real)
        loss = adversarial + self.recipe.cycle * parts["cycle"] + self.recipe.identity * parts.get("identity", 0.0)
        return Outcome(loss, {f"fidelity.{name}": value.detach() for name, value in parts.items()})

    def augment_more(self) -> None: ...

    def state(self) -> dict[str, Tensor]:
        return {f"pool.{side}": pool.kept for side, pool in self.pools.items() if pool.kept is not None}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.left = None
        for side, pool in self.pools.items():
            pool.kept = state.get(f"pool.{side}")

    def _both(self, batch: Batch) -> tuple[Tensor, Tensor]:
        assert batch.condition is not None
        return batch.condition["input"], batch.real

    def _precise(self, *players: str) -> bool:
        return any("r1" in self.recipe.players[player].penalties for player in players)


class Pool:
    """Made pictures of earlier steps: half of the time one of them is shown in the place of a new one, which takes its place
    (Shrivastava et al. 2017, arXiv:1612.07828, section 2.3; Zhu et al. 2017 keep 50)."""

    def __init__(self, size: int):
        self.size = size
        self.kept: Tensor | None = None

    def __call__(self, made: Tensor, draws: Tensor) -> Tensor:
        """N x ... pictures, and N x 2 uniform numbers -> N x ... pictures to show."""
        if not self.size:
            return made
        kept = [] if self.kept is None else list(self.kept.to(made.device))
        shown = []
        for picture, (chance, place) in zip(made.detach(), draws.tolist(), strict=True):
            if len(kept) < self.size:
                kept.append(picture)
                shown.append(picture)
            elif chance < 0.5:
                index = int(place * self.size)
                shown.append(kept[index])
                kept[index] = picture
            else:
                shown.append(picture)
        self.kept = torch.stack(kept)
        return torch.stack(shown)
