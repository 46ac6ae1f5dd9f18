"""Evaluations, which take minutes: each in a process of its own, one at a time, so that the model goes on answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .commands import output_of
from .errors import Refused


class Evaluations:
    """Runs `sparring evaluate RUN --json`."""

    def __init__(self, run: Path, plugins: Sequence[str], seconds: float):
        """plugins: Modules that the run needs. seconds: How long one may take."""
        self.run, self.plugins, self.seconds = run, plugins, seconds
        self._busy = False

    async def measure(self, asked: Mapping[str, Any]) -> bytes:
        """What the command prints. asked: `metrics` and `samples`, or None.

        Raises Refused where another one is running, where it takes too long, and with the words of the command.
        """
        if self._busy:
            raise Refused(429, "an evaluation is running; ask again when it is done", {"Retry-After": "30"})
        self._busy = True
        try:
            options = [f"--{name}={value}" for name, value in asked.items() if value is not None]
            arguments = ["evaluate", str(self.run), "--json", "--device=cpu", *options]
            return await output_of(arguments, self.plugins, self.seconds, "the evaluation")
        finally:
            self._busy = False
