"""How far long work is: on a terminal a bar with the time left, elsewhere a plain line now and then.

It is written to stderr, so that results on stdout stay what they are.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from ..errors import printable

T = TypeVar("T")
SECONDS_BEFORE_BAR = 1.0  # work that ends sooner shows nothing
SECONDS_BEFORE_LINE, SECONDS_BETWEEN_LINES = 10.0, 60.0  # plain lines come ever more rarely, up to one a minute
NARROW = 60  # columns, below which a bar shows no counts


class Display(Protocol):
    """Something that shows the progress of one work at a time."""

    def update(self, share: float, what: str, left: str, amount: str) -> None:
        """Show that `share` (0 to 1) of a work is done. left: the time, as text. amount: "12 of 40", or ""."""

    def clear(self) -> None:
        """Remove what is shown."""


class Bar:
    """One live line on a terminal, as wide as the terminal at most."""

    def __init__(self, console: Any = None):
        self.console = console
        self._progress: Any = None
        self._task: Any = None

    def update(self, share: float, what: str, left: str, amount: str) -> None:
        """See Display."""
        progress = self._progress or self._start()
        amount = amount if progress.console.width >= NARROW else ""
        progress.update(self._task, completed=1000 * share, description=what, left=left, amount=amount)

    def clear(self) -> None:
        """See Display."""
        progress = self._progress
        if progress is not None:
            self._progress = None
            progress.stop()

    def _start(self) -> Any:
        from rich import progress
        from rich.console import Console
        from rich.table import Column

        console = self.console or Console(stderr=True)
        columns = (
            progress.TextColumn("{task.description}", markup=False, table_column=_one_line(Column, ratio=3)),
            progress.BarColumn(None, table_column=_one_line(Column, ratio=2)),
            progress.TextColumn("{task.percentage:>3.0f}%", table_column=_one_line(Column)),
            progress.TextColumn("{task.fields[amount]}", markup=False, table_column=_one_line(Column)),
            progress.TextColumn("{task.fields[left]}", markup=False, table_column=_one_line(Column)),
        )
        # What is printed goes above the bar. A stdout that is a file is not touched.
        self._progress = progress.Progress(
            *columns, console=console, transient=True, expand=True, redirect_stdout=sys.stdout.isatty()
        )
        self._task = self._progress.add_task("", total=1000, left="", amount="")
        self._progress.start()
        return self._progress


def _one_line(column: Any, **options: Any) -> Any:
    return column(no_wrap=True, overflow="ellipsis", **options)


class SparseLines:
    """Plain lines, ever more rarely, up to one a minute."""

    def __init__(self, write: Callable[[str], None] | None = None):
        self._write = write or (lambda text: print(text, file=sys.stderr, flush=True))
        self._what, self._last, self._wait = "", 0.0, SECONDS_BEFORE_LINE

    def update(self, share: float, what: str, left: str, amount: str) -> None:
        """See Display."""
        now = time.monotonic()
        if _key(what) != self._what:
            self._what, self._last, self._wait = _key(what), now, SECONDS_BEFORE_LINE - SECONDS_BEFORE_BAR
        if now - self._last >= self._wait:
            self._last, self._wait = now, min(SECONDS_BETWEEN_LINES, 1.5 * self._wait)
            self._write(", ".join(each for each in (f"{what}: {share:.0%}", amount, left) if each))

    def clear(self) -> None:
        """Lines stay."""


_display: Display | None = None
_begun: dict[str, tuple[float, float]] = {}  # work -> when it began, and the share that was done then


def show(share: float, what: str, amount: str = "") -> None:
    """Say how much of a work is done, 0 to 1; at 1 it is done, and nothing is shown any more.

    what: The work; what follows a colon may change while it lasts ("measuring: precision"). amount: "12 of 40".
    """
    global _display
    what, now = printable(what), time.monotonic()
    began, first = _begun.setdefault(_key(what), (now, share))
    if share >= 1:
        clear(what)
        return
    if now - began < SECONDS_BEFORE_BAR:
        return
    if _display is None:
        _display = Bar() if sys.stderr.isatty() else SparseLines()
        atexit.register(clear)
    left = (now - began) / (share - first) * (1 - share) if share > first else None
    _display.update(min(1.0, max(0.0, share)), what, "" if left is None else f"{duration(left)} left", amount)


def clear(what: str | None = None) -> None:
    """This work, or all work, has ended: remove what is shown of it."""
    if what is None:
        _begun.clear()
    else:
        _begun.pop(_key(printable(what)), None)
    if _display is not None:
        _display.clear()


def _key(what: str) -> str:
    return what.partition(":")[0]


@contextmanager
def displayed(display: Display) -> Iterator[None]:
    """Show progress there instead, within this block."""
    global _display
    before, _display = _display, display
    try:
        yield
    finally:
        clear()
        _display = before


def track(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, whose number is shown while they are used."""
    with bar(total, what) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def bar(total: int | None, what: str, unit_bytes: bool = False, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the amount done. total: None where nobody knows it."""
    count = done

    def advance(amount: int) -> None:
        nonlocal count
        count += amount
        shown = f"{count >> 20:,} of {(total or 0) >> 20:,} MB" if unit_bytes else f"{count:,} of {total or 0:,}"
        if not total:
            shown = shown.partition(" of ")[0]
        show(min(count / total, 0.9999) if total else 0.0, what, shown)

    try:
        yield advance
    finally:
        clear(what)


def duration(seconds: float) -> str:
    """Seconds as text: 90 -> "1m30s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
