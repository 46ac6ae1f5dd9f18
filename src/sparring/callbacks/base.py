"""What is seen at one look at a training, and the base of those who look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .health import Action

if TYPE_CHECKING:
    from ..training.trainer import Trainer


@dataclass
class Tick:
    """What is known at one look at the training. `facts` are numbers by dotted name; monitors add scores, health and what is to be done."""

    images: int
    step: int
    facts: dict[str, float]
    clock: dict[str, Any]  # all that depends on the machine's speed
    scores: dict[str, Any] = field(default_factory=dict)
    selection: float | None = None  # lower is better; decides which snapshot is handed out
    best: bool = False
    health: str = "unjudged"
    action: Action = ""
    event: str = "tick"
    notes: dict[str, Any] = field(default_factory=dict)


class Monitor:
    """Looks at a training; does nothing by itself. Its state is part of the checkpoint, so it must be JSON values that depend on images
    alone.

    goes_back: forgets what it saw of a stretch that the training gives up.
    """

    goes_back = True

    def step(self, trainer: Trainer) -> None: ...

    def tick(self, trainer: Trainer, tick: Tick) -> None: ...

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, state: dict[str, Any]) -> None: ...
