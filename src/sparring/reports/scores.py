"""The scores of the kept snapshot in a training's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..metrics.score_facts import FACTS, facts_of
from ..runs.log import Log, best_tick, last_event, number, ticks
from .settings import flat
from .values import mapping, plain


@dataclass(frozen=True)
class LoggedScore:
    """One number and what it was measured on."""

    name: str
    value: float | None
    fingerprint: Mapping[str, Any]
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> dict[str, float | None]:
        """Those of the 95 % interval."""
        return {"low": self.low, "high": self.high}

    @property
    def title(self) -> str:
        return facts_of(self.name).title

    @property
    def explanation(self) -> str:
        """What the score means; empty for an unknown one."""
        return facts_of(self.name).explanation

    @property
    def measured_on(self) -> str:
        """The fingerprint on one line."""
        return ", ".join(f"{key} {plain(value)}" for key, value in flat(self.fingerprint)) or "not recorded"


def logged_scores(log: Log) -> dict[str, LoggedScore]:
    """The scores of the kept snapshot: of the final line, else of the best tick, else of the last tick with scores."""
    candidates = [last_event(log, "final"), best_tick(log), *reversed(ticks(log))]
    for line in candidates:
        found = mapping((line or {}).get("scores"))
        if found:
            return {str(name): _logged_score(str(name), value) for name, value in found.items()}
    return {}


def _logged_score(name: str, value: Any) -> LoggedScore:
    if isinstance(value, Mapping):
        ends = number(value.get("low")), number(value.get("high"))
        return LoggedScore(name, number(value.get("value")), mapping(value.get("fingerprint")), *ends)
    return LoggedScore(name, number(value), {})


def in_order(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Scores by name in the order in which they are declared, unknown ones last."""
    places = {name: place for place, name in enumerate(FACTS)}
    return sorted(found.items(), key=lambda item: places.get(item[0], len(places)))
