"""What a run spent its time on, and the sentence that says so where it took clearly longer than asked."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..util.progress import duration

LATE_FACTOR, LATE_SECONDS = 1.2, 5.0  # a run that exceeds its budget by both is reported as late


class Spent:
    """Seconds by purpose, in order.

    Args:
        since: When the run began, by `clock`; None: now.
        clock: Returns the present time in seconds.
    """

    def __init__(self, since: float | None = None, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.began = self._last = clock() if since is None else since
        self.seconds: dict[str, float] = {}

    def on(self, purpose: str) -> None:
        """Count the time since the last call as spent on this."""
        now = self.clock()
        self.seconds[purpose] = self.seconds.get(purpose, 0.0) + now - self._last
        self._last = now

    def late(self, budget: float, planned: float | None) -> str:
        """Where the time went, if it was clearly more than the budget; "" if not.

        budget: The seconds asked for. planned: Those that the training and its scores should have taken.
        """
        total = self._last - self.began
        if total <= max(LATE_FACTOR * budget, budget + LATE_SECONDS):
            return ""
        parts = [f"{duration(seconds)} {purpose}" for purpose, seconds in self.seconds.items() if seconds >= 0.5]
        trained = sum(self.seconds.get(purpose, 0.0) for purpose in (TRAINING, SCORING))
        slower = planned is not None and trained > max(LATE_FACTOR * planned, planned + LATE_SECONDS)
        why = (
            f"; training and scores were planned for {duration(planned)}: the machine became slower than it was "
            "before the first step"
            if slower and planned is not None
            else ""
        )
        return f"this took {duration(total)} instead of {duration(budget)}: {', '.join(parts)}{why}"


PREPARING, TRAINING, SCORING, PAGES = "preparing", "training", "scoring the kept snapshot", "writing the pages"
