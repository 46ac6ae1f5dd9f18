"""The rules of one contest: who plays, whose turn it is, and what each turn's loss is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from ..config.recipe import Latent, Recipe
from ..errors import UserError
from ..networks import Discriminator, Generator


class Draws(Protocol):
    """Random numbers of one turn. They depend on the turn's address alone, not on what was drawn before."""

    def latent(self, latent: Latent, purpose: str = "latent") -> Tensor:
        """N x latent.size."""

    def uniform(self, purpose: str, values: int) -> Tensor:
        """N x values, U[0, 1)."""

    def normal(self, purpose: str, values: int) -> Tensor:
        """N x values, N(0, 1)."""


@dataclass(frozen=True)
class Batch:
    """Real examples (N x shape, encoded) and what is given beside them: {"class": N}, {"input": N x input shape}, or None."""

    real: Tensor
    condition: dict[str, Tensor] | None

    def rows(self, start: int, stop: int) -> Batch:
        if start == 0 and stop >= len(self.real):
            return self
        condition = None if self.condition is None else {name: value[start:stop] for name, value in self.condition.items()}
        return Batch(self.real[start:stop], condition)

    def to(self, device: torch.device) -> Batch:
        condition = self.condition and {name: value.to(device, non_blocking=True) for name, value in self.condition.items()}
        return Batch(self.real.to(device, non_blocking=True), condition)


@dataclass(frozen=True)
class Outcome:
    """A turn's loss, and scalars to be shown: kept on their device, averaged over a tick, read once."""

    loss: Tensor
    shown: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """Each of the `learners` takes a gradient step on the one `loss`, `repeats` times in a row; meanwhile no other player gets a gradient.

    name: under which the loss is shown; without one, the learners'.
    begin: images seen before the first such turn (a phase in which the opponent learns alone). late: the same as a share of the training.
    fresh: each repeat gets new real examples (and counts them); otherwise it sees those of the turn before.
    every: taken in every so-many-th step only. A turn of a penalty is `penalty`, so that its loss is not shown as a loss.
    full_precision: computed in float32 whatever the recipe's precision (gradients of gradients).
    draws_of: the number of the turn whose random draws it sees again; None: it has draws of its own.
    """

    learners: tuple[str, ...]
    loss: Callable[[Batch, Draws], Outcome]
    repeats: int = 1
    begin: int = 0
    late: float = 0.0
    fresh: bool = True
    every: int = 1
    penalty: bool = False
    full_precision: bool = False
    draws_of: int | None = None
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or "+".join(self.learners)


class Game(Protocol):
    players: dict[str, nn.Module]
    averaged: tuple[str, ...]  # players of which an average is kept and handed out
    translates: bool  # samples are made of given pictures, not of latents

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        """perceiving: a trained network whose layers a loss may compare (on the players' device)."""

    @staticmethod
    def joins(recipe: Recipe) -> tuple[str, ...]:
        """What of its losses is no mean over examples, by name. With nothing, a batch may be split."""

    @property
    def augments(self) -> bool:
        """Can the augmentation of the discriminator's view be raised?"""

    def turns(self) -> tuple[Turn, ...]: ...

    def augment_more(self) -> None: ...

    def state(self) -> dict[str, Tensor]: ...

    def load_state(self, state: dict[str, Tensor]) -> None: ...


def kind(recipe: Recipe) -> type[Game]:
    """The game that a recipe is for."""
    from .cut import Contrast
    from .cyclegan import Cycle
    from .gan import Synthesis
    from .semi_supervised import SemiSupervised
    from .translation import Translation
    from .vae import Autoencoder

    kinds: dict[str, type[Game]] = {
        "synthesis": Synthesis,
        "autoencoder": Autoencoder,
        "translation": Translation,
        "cycle": Cycle,
        "contrast": Contrast,
        "semi-supervised": SemiSupervised,
    }
    return kinds[recipe.game]


def build(recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None) -> Game:
    return kind(recipe)(recipe, players, perceiving)


def refuse_conditional(players: dict[str, nn.Module]) -> None:
    """Where what is given has nothing to do with what is real, no judge may look at it. Raises UserError."""
    for name, player in players.items():
        if isinstance(player, Discriminator) and player.conditional:
            raise UserError(f"without pairs the {name} cannot see what was given; set players.{name}.options.conditional=false")


def turns_agree(recipe: Recipe, *precise: bool) -> bool:
    """Does a turn of the generator follow every one of the discriminator's? precise: whether each wants float32; they must want the same."""
    same = recipe.precision != "bfloat16" or len(set(precise)) == 1
    return same and recipe.players["discriminator"].repeats == 1 and not recipe.players["generator"].begin


def noise_for(generator: Generator, draws: Draws) -> Tensor | None:
    """N x generator.noise_size normal values; None for a generator that takes none."""
    return draws.normal("noise", generator.noise_size) if generator.noise_size else None
