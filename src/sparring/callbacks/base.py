"""The one interface of everything that looks at a training, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Health = Literal[
    "warming-up",
    "healthy",
    "discriminator-dominates",
    "generator-dominates",
    "mode-collapse",
    "memorising",
    "plateau",
    "diverged",
]


class Action(StrEnum):
    """What the trainer is asked to do after an observation."""

    NONE = ""
    ROLL_BACK = "roll back"
    AUGMENT = "augment"
    STOP = "stop"


@dataclass
class Observation:
    """What is known at one tick of the training. The trainer fills it, and adds the results of its callbacks in turn.

    examples: Real examples seen. step: Steps taken.
    values: Numbers by dotted name ("losses.generator"), means over the tick.
    clock: All that depends on the machine's speed.
    scores: By name, each with its value and fingerprint.
    selection: The score that selects the snapshot; lower is better.
    best: Whether this is the best snapshot so far.
    health, evidence: In one word, and why.
    action: What the trainer does about it.
    event: "tick"; "diverged" where a loss was not finite; "final" at the end.
    notes: More facts for the log, JSON values.
    """

    examples: int
    step: int
    values: dict[str, float]
    clock: dict[str, Any]
    scores: dict[str, Any] = field(default_factory=dict)
    selection: float | None = None
    best: bool = False
    health: Health = "warming-up"
    evidence: str = ""
    action: Action = Action.NONE
    event: str = "tick"
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a callback adds to an observation, and asks of the trainer. What is left out stays as it is."""

    values: dict[str, float] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    selection: float | None = None
    health: Health | None = None
    evidence: str | None = None
    action: Action = Action.NONE

    def add_to(self, observation: Observation) -> None:
        observation.values |= self.values
        observation.scores |= self.scores
        if self.selection is not None:
            observation.selection = self.selection
        if self.health is not None:
            observation.health = self.health
        if self.evidence is not None:
            observation.evidence = self.evidence
        if self.action is not Action.NONE:
            observation.action = self.action


class Callback:
    """Looks at a training. Every method does nothing unless it is overridden.

    survives_rollback: Its state does not go back with the training.
    """

    survives_rollback = False

    def note(self, text: str) -> None:
        """A sentence for the user, before, between or after steps."""

    def progress(self, share: float, what: str) -> None:
        """How much of a long preparation or evaluation is done, 0 to 1, and what it is."""

    def start(self, examples: int, total: int) -> None:
        """The training starts, resumes or goes back: examples seen, and examples at its end."""

    def step(self, trainer: Any) -> None:
        """After every step."""

    def observe(self, trainer: Any, observation: Observation) -> Result | None:
        """At every tick, and where a loss was not finite. The observation holds the results of the callbacks before."""

    def observed(self, observation: Observation) -> None:
        """After the trainer acted on an observation and saved its state."""

    def state(self) -> dict[str, Any]:
        """JSON values that depend on the examples seen alone. They are part of every checkpoint."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """The inverse of `state`; {} for a training that has just begun."""
