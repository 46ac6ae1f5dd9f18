"""The interface of callbacks, and the observations that they receive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from ..errors import UserError

Health = Literal[
    "warming-up",
    "healthy",
    "worsening",
    "discriminator-dominates",
    "generator-dominates",
    "mode-collapse",
    "memorising",
    "plateau",
    "diverged",
]


class Action(StrEnum):
    """What a callback asks the trainer to do after an observation."""

    NONE = ""
    ROLL_BACK = "roll back"
    AUGMENT = "augment"
    STOP = "stop"


@dataclass
class Observation:
    """The state of a training at one tick. The trainer creates it and adds the results of its callbacks in turn.

    examples: Real examples seen. step: Steps taken.
    values: Numbers by dotted name ("losses.generator"), means over the tick.
    clock: Values that depend on the machine's speed.
    scores: By name, each with its value and fingerprint.
    selection: The score that selects the snapshot; lower is better.
    best: Whether the run keeps this snapshot, as the best so far or as the latest.
    keeps: Which snapshot the run keeps, see `Recipe.select`.
    health: The diagnosis in one word. evidence: The reason of the diagnosis, in one sentence.
    action: What the trainer does after the observation.
    event: "tick"; "diverged" if a loss or a gradient was not finite; "final" at the end.
    notes: More facts for the log, JSON values.
    """

    examples: int
    step: int
    values: dict[str, float]
    clock: dict[str, Any]
    scores: dict[str, Any] = field(default_factory=dict)
    selection: float | None = None
    best: bool = False
    keeps: Literal["best", "latest"] = "best"
    health: Health = "warming-up"
    evidence: str = ""
    action: Action = Action.NONE
    event: str = "tick"
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a callback adds to an observation and asks of the trainer.

    A field that a callback does not set leaves the observation's field unchanged.
    """

    values: dict[str, float] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    selection: float | None = None
    health: Health | None = None
    evidence: str | None = None
    action: Action = Action.NONE
    notes: dict[str, Any] = field(default_factory=dict)

    def add_to(self, observation: Observation, callback: Callback) -> None:
        """Add the result to an observation, in place. callback: Whose result it is."""
        observation.values |= self.values
        observation.scores |= self.scores
        observation.notes |= self.notes
        if self.selection is not None:
            observation.selection = self.selection
        if self.health is not None:
            observation.health = self.health
        if self.evidence is not None:
            observation.evidence = self.evidence
        if self.action is not Action.NONE:
            observation.action = self.action
            observation.evidence = self.evidence or f"the callback {type(callback).__name__} asked for it"


def result_of(callback: Callback, trainer: Any, observation: Observation) -> Result | None:
    """What the callback answers to an observation. Raises UserError, naming the callback, for an answer of no use."""
    result = callback.observe(trainer, observation)
    if result is None:
        return None
    where = f"the callback {type(callback).__name__} returned"
    if not isinstance(result, Result):
        raise UserError(f"{where} a {type(result).__name__} from observe; return a Result or None")
    if not isinstance(result.action, Action):
        raise UserError(f"{where} the action {result.action!r}; it is one of {', '.join(map(str, Action))}, see Action")
    for name, value in result.values.items():
        if not isinstance(name, str) or not isinstance(value, int | float):
            raise UserError(f"{where} the value {name!r}: {value!r}; values are numbers by name")
    return result


def keyed(callbacks: Iterable[Callback]) -> dict[str, Callback]:
    """Callbacks by the name under which a checkpoint keeps their state: the same at every resume, and never shared."""
    found: dict[str, Callback] = {}
    for callback in callbacks:
        kind = type(callback)
        own = kind.__module__.startswith("sparring.")
        name = key = kind.__name__ if own else f"{kind.__module__}.{kind.__qualname__}"
        number = 1
        while key in found:
            number += 1
            key = f"{name} {number}"
        found[key] = callback
    return found


class Callback:
    """Receives the events of a training. Every method does nothing unless it is overridden.

    survives_rollback: If true, the callback keeps its state when the training goes back to its best snapshot.
    """

    survives_rollback = False

    def note(self, text: str) -> None:
        """Receive a sentence for the user, at any time."""

    def progress(self, share: float, what: str) -> None:
        """Receive the progress of a long preparation or evaluation.

        share: How much of it is done, 0 to 1. what: Its name.
        """

    def start(self, examples: int, total: int) -> None:
        """Called when the training starts, resumes or goes back to its best snapshot.

        examples: Examples seen. total: Examples at the end of the training.
        """

    def end(self) -> None:
        """Called when the last step is done or the training was stopped, before the final scores and the report."""

    def step(self, trainer: Any) -> None:
        """Called after every step."""

    def observe(self, trainer: Any, observation: Observation) -> Result | None:
        """Called at every tick, and when a loss or a gradient is not finite.

        The observation already holds the results of the callbacks before this one.
        """

    def observed(self, observation: Observation) -> None:
        """Called after the trainer acted on an observation and, at a tick, saved its state."""

    def state(self) -> dict[str, Any]:
        """The callback's part of every checkpoint: JSON values that depend only on the examples seen."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore a state of `state`; {} for a training that has just begun."""
