"""The scores of the kept snapshot, and what each one means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparring.reports.log import Log, best_tick, last_event, ticks
from sparring.reports.settings import flat
from sparring.reports.values import mapping, number, plain

MEANINGS = {
    "frechet_distance": "How far the generated examples are, as a crowd, from real ones that were never trained on. Lower is better.",
    "frechet_distance_real": "The same distance for as many real examples: what even perfect generated examples would score.",
    "kernel_distance": "Another distance between generated and real examples, fairer when there are few of them. Lower is better.",
    "kernel_distance_real": "The same distance for as many real examples; around zero, and a little below it by chance.",
    "label_agreement": "The share of generated examples in which a classifier trained on real ones sees the label that was asked for.",
    "selection": "The quick score that chose the kept snapshot, of examples and their labels together. Lower is better.",
}


@dataclass(frozen=True)
class Score:
    """One number and what it was measured on."""

    name: str
    value: float | None
    fingerprint: Mapping[str, Any]

    @property
    def meaning(self) -> str:
        """What the score says, for a person who never heard of it; empty for one that this table does not know."""
        return MEANINGS.get(self.name, "")

    @property
    def measured_on(self) -> str:
        """The fingerprint on one line."""
        return ", ".join(f"{key} {plain(value)}" for key, value in flat(self.fingerprint)) or "not recorded"


def scores(log: Log) -> dict[str, Score]:
    """The scores of the kept snapshot: of the final line, else of the best tick, else the latest that were taken."""
    candidates = [last_event(log, "final"), best_tick(log), *reversed(ticks(log))]
    for entry in candidates:
        found = mapping((entry or {}).get("scores"))
        if found:
            return {str(name): _score(str(name), value) for name, value in found.items()}
    return {}


def _score(name: str, value: Any) -> Score:
    if isinstance(value, Mapping):
        return Score(name, number(value.get("value")), mapping(value.get("fingerprint")))
    return Score(name, number(value), {})


def multiple_of_real(found: Mapping[str, Score]) -> float | None:
    """The generated examples' Frechet distance in units of that between reals; None where they are missing or unlike."""
    fake, real = found.get("frechet_distance"), found.get("frechet_distance_real")
    if fake is None or real is None or fake.value is None or real.value is None or real.value <= 0:
        return None
    return fake.value / real.value if alike(fake, real) else None


def alike(one: Score, other: Score) -> bool:
    """Whether two scores were measured on the same thing: no entry that both fingerprints have differs, but for the metric's own name."""
    shared = (one.fingerprint.keys() & other.fingerprint.keys()) - {"metric", "name"}
    return all(one.fingerprint[key] == other.fingerprint[key] for key in shared)
