"""Noise -> sample: the game of Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1, with any objective and any penalties."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses import adversarial, penalties
from ..networks import StyleGenerator
from . import Batch, Draws, Outcome, Turn, noise_for, turns_agree
from .adversarial_step import OF_GRADIENTS, PENALTIES, Contest
from .augment import View


class Synthesis:
    """A generator makes samples from noise, a discriminator tells them from real ones."""

    averaged: tuple[str, ...] = ("generator",)
    translates = False
    sees_again = False  # what the generator makes in its turn is what the discriminator saw in the one before
    weight = 1.0  # of real against generated, where the discriminator learns more than that

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        self.recipe, self.players = recipe, players
        self.generator: Any = players["generator"]
        self.discriminator = players["discriminator"]
        assert recipe.objective and recipe.batch
        self.objective = adversarial.get(**recipe.objective.model_dump())
        self.view = View(recipe.augmentation, recipe.batch)
        agree = turns_agree(recipe, *(self._precise(player) for player in ("discriminator", "generator")))
        self.sees_again = (self.sees_again or recipe.shared_fakes) and agree
        self.left: Tensor | None = None  # by the discriminator's turn: see `Contest.made`
        self.path_mean = torch.zeros((), device=next(players["generator"].parameters()).device)
        if not isinstance(self.generator, StyleGenerator) and (recipe.style_mixing or "path-length" in recipe.players["generator"].penalties):
            raise UserError(
                "style mixing and the path-length penalty need a style-based generator, "
                f"and {recipe.players['generator'].network} is none; leave them out"
            )

    @staticmethod
    def joins(recipe: Recipe) -> tuple[str, ...]:
        assert recipe.objective
        return ("objective",) if adversarial.get(recipe.objective.name).mean_of_batch else ()

    def turns(self) -> tuple[Turn, ...]:
        discriminator, generator = (self.recipe.players[name] for name in ("discriminator", "generator"))
        return (
            Turn(("discriminator",), self.discriminator_loss, discriminator.repeats, full_precision=self._precise("discriminator")),
            *self._lazy("discriminator"),
            Turn(
                ("generator",),
                self.generator_loss,
                generator.repeats,
                generator.begin,
                fresh=False,
                full_precision=self._precise("generator"),
                draws_of=0 if self.recipe.shared_fakes else None,
            ),
            *self._lazy("generator"),
        )

    def discriminator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Reals up, fakes down; with an auxiliary classifier both are classified (Odena et al. 2017, eq. 2 and 3: L_S + L_C, upwards)."""
        contest = Contest(self, batch, draws)
        real, fake = contest.on_real, contest.on_fake
        loss = self.weight * self.objective.discriminator(real.logits, fake.logits)
        if self.recipe.class_loss:
            loss = loss + self.recipe.class_loss * (self._misread(real.class_logits, batch) + self._misread(fake.class_logits, batch))
        border = self.objective.border(real.logits.detach(), fake.logits.detach())
        shown = self._judged(real.logits.detach(), fake.logits.detach(), border)
        self.view.adjust(real.logits.detach() - border)
        return Outcome(loss + self._penalties("discriminator", 1, contest), {**shown, **self.view.shown()})

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Fakes up; with an auxiliary classifier they also show the class they were asked for (Odena et al. 2017: L_C - L_S, upwards)."""
        contest = Contest(self, batch, draws, learning="generator")
        fake = contest.on_fake
        loss = self.objective.generator(fake.logits, contest.on_real.logits if self.objective.compares else None)
        if self.recipe.class_loss:
            loss = loss + self.recipe.class_loss * self._misread(fake.class_logits, batch)
        return Outcome(loss + self._penalties("generator", 1, contest))

    def lazy_penalty(self, player: str, every: int, batch: Batch, draws: Draws) -> Outcome:
        """Weighed by all the turns of the loss that it stands for, so that the two keep their balance however rarely it is taken."""
        turns = every * self.recipe.players[player].repeats
        return Outcome(turns * self._penalties(player, every, Contest(self, batch, draws, player, every)))

    def generate(self, batch: Batch, draws: Draws) -> Tensor:
        """Fakes: one latent each or, for a share of them, two whose styles meet at a random layer (style mixing: Karras et al. 2019,
        arXiv:1812.04948, section 3.1)."""
        noise = noise_for(self.generator, draws)
        if not self.recipe.style_mixing:
            return self.generator(draws.latent(self.recipe.latent), batch.condition, noise)
        return self.generator.synthesise(self.styles(batch.condition, draws), noise)

    def as_judged(self, made: Tensor, batch: Batch) -> Tensor:
        """What the discriminator sees of what the generator makes."""
        return made

    def styles(self, condition: dict[str, Tensor] | None, draws: Draws) -> Tensor:
        """N x layers x width, of two latents for the share `style_mixing` of the samples."""
        first = self.generator.map(draws.latent(self.recipe.latent), condition)
        if not self.recipe.style_mixing:
            return first
        second = self.generator.map(draws.latent(self.recipe.latent, "mix"), condition)
        layers = first.shape[1]
        mixed, place = draws.uniform("crossover", 2).unbind(dim=1)
        crossover = torch.where(mixed < self.recipe.style_mixing, 1 + (place * (layers - 1)).floor(), layers)
        before = torch.arange(layers, device=first.device) < crossover[:, None]
        return torch.where(before[:, :, None], first, second)

    @property
    def augments(self) -> bool:
        return self.view.can_rise

    def augment_more(self) -> None:
        self.view.rise()

    def state(self) -> dict[str, Tensor]:
        return {**self.view.state(), "path_mean": self.path_mean}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.left = None
        self.path_mean = state["path_mean"].to(self.path_mean.device)
        self.view.load_state(state)

    def _precise(self, player: str) -> bool:
        return any(name in OF_GRADIENTS and penalty.every == 1 for name, penalty in self.recipe.players[player].penalties.items())

    def _lazy(self, player: str) -> list[Turn]:
        settings = self.recipe.players[player]
        intervals = sorted({penalty.every for penalty in settings.penalties.values() if penalty.every > 1})
        return [
            Turn(
                (player,),
                partial(self.lazy_penalty, player, every),
                1,
                settings.begin,
                fresh=False,
                every=every,
                penalty=True,
                full_precision=True,
            )
            for every in intervals
        ]

    def _penalties(self, player: str, every: int, contest: Contest) -> Tensor:
        """The weighted sum of the player's penalties of this interval."""
        total = torch.zeros((), device=contest.batch.real.device)
        for name, penalty in self.recipe.players[player].penalties.items():
            if penalty.every == every:
                weights = penalties.OF_WEIGHTS.get(name)
                value = PENALTIES[name](contest) if weights is None else weights(penalties.weights(self.players[player]))
                total = total + penalty.weight * value
        return total

    def _misread(self, class_logits: Tensor | None, batch: Batch) -> Tensor:
        assert class_logits is not None and batch.condition is not None, "class_loss needs an auxiliary classifier and labels"
        return cross_entropy(class_logits.float(), batch.condition["class"])

    def _judged(self, real: Tensor, fake: Tensor, border: Tensor | float) -> dict[str, Tensor]:
        fooled = (fake > border).float().mean()
        return {
            "logits.real": real.mean(),
            "logits.fake": fake.mean(),
            "accuracy.real": (real > border).float().mean(),
            "accuracy.fake": 1 - fooled,
            "fooling_rate": fooled,
        }
