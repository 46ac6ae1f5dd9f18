"""A training on the terminal: one live line with the time left, and a line for every tick."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from ..callbacks.base import Callback, Observation
from ..callbacks.progress import Lines, in_words


@contextlib.contextmanager
def terminal() -> Iterator[Callback]:
    """A live progress line where there is a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield Lines()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns) as progress:
        yield Live(progress)


class Live(Callback):
    def __init__(self, progress: object):
        self.bar = progress
        self.task: object = None
        self.preparing: object = None

    def note(self, text: str) -> None:
        self.bar.console.print(text, markup=False, highlight=False)  # type: ignore[attr-defined]

    def progress(self, share: float, what: str) -> None:
        if self.preparing is None:
            self.preparing = self.bar.add_task(what, total=100)  # type: ignore[attr-defined]
        self.bar.update(self.preparing, completed=round(100 * share), description=what)  # type: ignore[attr-defined]

    def start(self, examples: int, total: int) -> None:
        if self.preparing is not None:
            self.bar.remove_task(self.preparing)  # type: ignore[attr-defined]
            self.preparing = None
        if self.task is None:
            self.task = self.bar.add_task("examples", total=total, completed=examples)  # type: ignore[attr-defined]
        else:  # sent back to an earlier snapshot
            self.bar.reset(self.task, total=total, completed=examples)  # type: ignore[attr-defined]

    def step(self, trainer: Any) -> None:
        self.bar.update(self.task, completed=trainer.examples)  # type: ignore[attr-defined]

    def observed(self, observation: Observation) -> None:
        self.note(f"{observation.examples:>9,} examples: {in_words(observation)}")
