"""A training on the terminal: a live line with the time left, and a line for every tick."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from ..callbacks.base import Callback, Observation
from ..callbacks.progress import Lines, in_words


@contextlib.contextmanager
def terminal() -> Iterator[Callback]:
    """A callback with a live progress line where there is a terminal, with plain lines elsewhere."""
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
    """Shows a training on a live bar of rich: first the preparation, then the examples seen."""

    def __init__(self, progress: Any):
        self.bar = progress
        self.task: Any = None
        self.preparing: Any = None

    def note(self, text: str) -> None:
        self.bar.console.print(text, markup=False, highlight=False)

    def progress(self, share: float, what: str) -> None:
        if self.preparing is None:
            self.preparing = self.bar.add_task(what, total=100)
        self.bar.update(self.preparing, completed=round(100 * share), description=what)

    def start(self, examples: int, total: int) -> None:
        if self.preparing is not None:
            self.bar.remove_task(self.preparing)
            self.preparing = None
        if self.task is None:
            self.task = self.bar.add_task("examples", total=total, completed=examples)
        else:  # the training went back to an earlier snapshot
            self.bar.reset(self.task, total=total, completed=examples)

    def step(self, trainer: Any) -> None:
        self.bar.update(self.task, completed=trainer.examples)

    def observed(self, observation: Observation) -> None:
        self.note(f"{observation.examples:>9,} examples: {in_words(observation)}")
