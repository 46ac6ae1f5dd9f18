"""A progress bar for work that takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
SECONDS_BEFORE_BAR = 2.0  # work that ends sooner shows no bar


def track(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items. After SECONDS_BEFORE_BAR seconds a bar and the time left are shown on a terminal."""
    with bar(total, what) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def bar(total: int | None, what: str, unit_bytes: bool = False, done: int = 0) -> Iterator[Any]:
    """Yields a function to call with the amount done. Nothing is shown where stderr is no terminal."""
    started, shown, count = time.monotonic(), None, done
    task: Any = None

    def advance(amount: int) -> None:
        nonlocal shown, count, task
        count += amount
        if shown is None and sys.stderr.isatty() and time.monotonic() - started > SECONDS_BEFORE_BAR:
            shown = _progress(unit_bytes)
            shown.start()
            task = shown.add_task(what, total=total, completed=count)
        elif shown is not None:
            shown.update(task, completed=count)

    try:
        yield advance
    finally:
        if shown is not None:
            shown.stop()


def _progress(unit_bytes: bool) -> Any:
    from rich import progress
    from rich.console import Console

    amount = progress.DownloadColumn() if unit_bytes else progress.MofNCompleteColumn()
    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(), amount, progress.TimeRemainingColumn())
    return progress.Progress(*columns, console=Console(stderr=True), transient=True)
