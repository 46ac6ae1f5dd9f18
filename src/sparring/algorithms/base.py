"""What every algorithm has: its players, the phases of a step, and the loss of each phase."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..config.recipe import ALGORITHMS, AlgorithmConfig, Recipe
from ..errors import UserError
from .step_random import StepRandom

register_algorithm = ALGORITHMS.register


@dataclass(frozen=True)
class Batch:
    """Real examples and what is known of each.

    real: N x shape, encoded. condition: {"class": N class numbers}, {"input": N x input shape}, both, more, or None.
    """

    real: Tensor
    condition: dict[str, Tensor] | None

    def rows(self, start: int, stop: int) -> Batch:
        if start == 0 and stop >= len(self.real):
            return self
        condition = (
            None if self.condition is None else {name: value[start:stop] for name, value in self.condition.items()}
        )
        return Batch(self.real[start:stop], condition)

    def to(self, device: torch.device) -> Batch:
        condition = self.condition and {
            name: value.to(device, non_blocking=True) for name, value in self.condition.items()
        }
        return Batch(self.real.to(device, non_blocking=True), condition)


@dataclass(frozen=True)
class PhaseResult:
    """The loss of a phase, and scalars for the log.

    Scalars stay on their device; their mean over a tick is read once.
    """

    loss: Tensor
    scalars: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """A part of a step: some players take gradient steps on one loss, while the others are frozen.

    players: Those that are trained.
    loss: From a batch and random numbers to the loss.
    steps: Gradient steps in a row.
    start: Examples seen before the first one. start_fraction: The same as a share of the training.
    new_batch: Each gradient step sees new real examples, which are counted; else those of the phase before.
    interval: The phase is taken in every so-many-th step.
    is_penalty: The loss is a regulariser alone, and is not logged as a loss.
    full_precision: It is computed in float32 whatever the recipe's precision (gradients of gradients).
    rng_of: The number of the phase whose random numbers it sees again; None: it has its own.
    graph_of: Players that are not trained but whose outputs keep their graph, for a later phase that reuses them.
    name: Under which the loss is logged; "" for the players' names.
    """

    players: tuple[str, ...]
    loss: Callable[[Batch, StepRandom], PhaseResult]
    steps: int = 1
    start: int = 0
    start_fraction: float = 0.0
    new_batch: bool = True
    interval: int = 1
    is_penalty: bool = False
    full_precision: bool = False
    rng_of: int | None = None
    graph_of: tuple[str, ...] = ()
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or "+".join(self.players)


class Algorithm(ABC):
    """Trains players by phases.

    Config: The class of its settings, `recipe.algorithm`.
    ema_players: Players of which an exponential moving average is kept and saved.

    Args:
        recipe: With every value filled in that the losses need (batch, precision).
        players: The networks by name, on their device.
        feature_net: A trained network whose layers a loss may compare, on the same device.
    """

    Config: ClassVar[type[AlgorithmConfig]]
    ema_players: ClassVar[tuple[str, ...]] = ("generator",)

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        self.recipe, self.players, self.feature_net = recipe, players, feature_net
        self.config: Any = recipe.algorithm

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """The phases of a step, in order."""

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        """What in its losses is no mean over examples, by name. Where there is nothing, a batch may be split."""
        return ()

    @property
    def can_augment_more(self) -> bool:
        """Whether the augmentation of what the discriminator sees can be raised."""
        return False

    def augment_more(self) -> None:  # noqa: B027  (nothing to do for most)
        """Raise the augmentation by one notch."""

    def state(self) -> dict[str, Tensor]:
        """All that a resumed training must know beside the players."""
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: B027
        """Go on from a state; also called to undo a phase that ran out of memory."""


def algorithm_class(recipe: Recipe) -> type[Algorithm]:
    """The algorithm of a recipe."""
    return ALGORITHMS.get(recipe.algorithm.name)


def build(recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None) -> Algorithm:
    """The recipe's algorithm for these players. Raises UserError where a player lacks what the algorithm needs."""
    return algorithm_class(recipe)(recipe, players, feature_net)


def refuse_conditional(players: dict[str, nn.Module]) -> None:
    """Raises UserError for a discriminator that sees the input where inputs and outputs are no pairs."""
    for name, player in players.items():
        if getattr(player, "conditional", False):
            raise UserError(
                f"without pairs the {name} cannot see the input; set players.{name}.options.conditional=false"
            )


def phases_alternate(recipe: Recipe, *full_precision: bool) -> bool:
    """Whether a phase of the generator follows each one of the discriminator, at the same precision.

    Args:
        recipe: Of the training.
        full_precision: Whether each phase wants float32.
    """
    same = recipe.precision != "bfloat16" or len(set(full_precision)) == 1
    return same and recipe.players["discriminator"].steps == 1 and not recipe.players["generator"].start


def noise_for(generator: Any, rng: StepRandom) -> Tensor | None:
    """N x generator.noise_size normal values; None for a generator that takes none."""
    size = getattr(generator, "noise_size", 0)
    return rng.normal("noise", size) if size else None
