"""The interface of algorithms: players, the phases of a step, and the loss of each phase."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..config.recipe import ALGORITHMS, AlgorithmConfig, Recipe
from ..errors import UserError
from ..networks import Discriminator, Generator
from .step_random import StepRandom

register_algorithm = ALGORITHMS.register


@dataclass(frozen=True)
class Batch:
    """Real examples with their conditions.

    real: N x shape, encoded. condition: {"class": N class numbers}, {"input": N x input shape}, both, more entries of
        N rows each, or None.
    """

    real: Tensor
    condition: dict[str, Tensor] | None

    def rows(self, start: int, stop: int) -> Batch:
        """The examples [start, stop) with their conditions, as views."""
        if start == 0 and stop >= len(self.real):
            return self
        condition = (
            None if self.condition is None else {name: value[start:stop] for name, value in self.condition.items()}
        )
        return Batch(self.real[start:stop], condition)

    def to(self, device: torch.device) -> Batch:
        """The batch on a device; the copy is asynchronous where the memory is pinned."""
        condition = self.condition and {
            name: value.to(device, non_blocking=True) for name, value in self.condition.items()
        }
        return Batch(self.real.to(device, non_blocking=True), condition)


@dataclass(frozen=True)
class PhaseResult:
    """The loss of a phase, and scalars for the log.

    Scalars stay on their device. The trainer averages them over a tick and reads the mean once.
    """

    loss: Tensor
    scalars: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """A part of a step: some players take gradient steps on one loss, while the others are frozen.

    players: The players that the phase trains.
    loss: Computes the loss from a batch and random numbers.
    steps: Gradient steps in a row.
    start: The phase is skipped until this many examples were seen. start_fraction: The same as a share of the training.
    new_batch: If true, each gradient step takes a new batch, whose examples are counted. If false, the phase takes the
        batch of the phase before it.
    interval: The phase runs in every interval-th step only.
    is_penalty: The loss is a regulariser alone; it is logged as a penalty, not as a loss.
    full_precision: The loss is computed in float32 whatever the recipe's precision (for gradients of gradients).
    rng_of: The index of the phase whose random numbers this phase uses; None: it has its own.
    graph_of: Players that the phase does not train but whose outputs keep their graph, so that a later phase can reuse
        them.
    name: The name under which the loss is logged; "" for the players' names.
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
        """The name under which the loss is logged."""
        return self.name or "+".join(self.players)


class Algorithm(ABC):
    """Trains players by phases.

    Config: The class of its settings, `recipe.algorithm`.
    ema_players: Players of which the trainer keeps and saves an exponential moving average.

    Args:
        recipe: A recipe in which all values that the losses need (batch, precision) are filled in.
        players: The networks by name, on one device.
        feature_net: A trained network on the same device, for losses that compare features.
    """

    Config: ClassVar[type[AlgorithmConfig]]
    ema_players: ClassVar[tuple[str, ...]] = ("generator",)

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        self.recipe, self.players, self.feature_net = recipe, players, feature_net
        self.config: Any = recipe.algorithm
        self.penalty_factor = 1.0  # of the weights of all penalties; a burn-in changes it

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """The phases of a step, in order."""

    @classmethod
    def batch_coupled(cls, recipe: Recipe) -> tuple[str, ...]:
        """Names of the terms that are not means over examples.

        Without such terms a batch may be split into micro-batches. With them, each shard is computed as a whole.
        """
        return ()

    def memory(self) -> Tensor:
        """Sums over the examples of this step of which something is carried to the next steps, one-dimensional."""
        return torch.zeros(0)

    def remember(self, sums: Tensor) -> None:  # noqa: B027  (most algorithms carry nothing)
        """End a step. sums: of `memory`, over all examples of the batch."""

    @property
    def can_augment_more(self) -> bool:
        """Whether the augmentation of the discriminator's inputs can be raised."""
        return False

    def augment_more(self) -> None:  # noqa: B027  (most algorithms have nothing to raise)
        """Raise the augmentation by one notch."""

    def burn_in(self, examples: int) -> None:
        """Set what the recipe's burn-in changes, after so many examples seen."""
        self.penalty_factor = self.recipe.burn_in_factor("penalties", examples)

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint must hold in addition to the players, by name."""
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: B027
        """Restore a state of `state`, from a checkpoint or to undo a phase that ran out of memory."""


def algorithm_class(recipe: Recipe) -> type[Algorithm]:
    """The class of the recipe's algorithm. Raises UserError for an unknown name."""
    return ALGORITHMS.get(recipe.algorithm.name)


def build(recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None) -> Algorithm:
    """The recipe's algorithm for these players, whose batch is one shard of the recipe's.

    Raises UserError where a player lacks what the algorithm needs.
    """
    of_shard = recipe
    if recipe.batch and recipe.shards:
        of_shard = recipe.model_copy(update={"batch": recipe.batch // recipe.shards})
    return algorithm_class(recipe)(of_shard, players, feature_net)


def refuse_conditional(players: dict[str, nn.Module]) -> None:
    """Raise UserError for a discriminator that takes the input, since without pairs no output belongs to it."""
    for name, player in players.items():
        if isinstance(player, Discriminator) and player.conditional:
            raise UserError(
                f"without pairs the {name} cannot see the input; set players.{name}.options.conditional=false"
            )


def phases_alternate(recipe: Recipe, *full_precision: bool) -> bool:
    """Whether one phase of the generator follows each phase of the discriminator, at the same precision.

    Args:
        recipe: The recipe of the training.
        full_precision: For each phase, whether it is computed in float32.
    """
    same = recipe.precision != "bfloat16" or len(set(full_precision)) == 1
    return same and recipe.players["discriminator"].steps == 1 and not recipe.players["generator"].start


def noise_for(generator: Generator, rng: StepRandom) -> Tensor | None:
    """N x generator.noise_size normal values; None for a generator that takes none."""
    return rng.normal("noise", generator.noise_size) if generator.noise_size else None
