"""One thread that computes. Requests wait in a bounded queue; those that fit into one forward pass share it."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..inference.generator import Drawn
from .errors import Abandoned, Refused

Make = Callable[[Sequence[Drawn]], list[np.ndarray]]


@dataclass(eq=False)
class Job:
    """What one request asks of the model.

    Attributes:
        work: Computes the answer. It gets the samples where they were made together with others, else None.
        draw: What its samples are made of, for a job that may share forward passes.
        key: Jobs of one key may share a pass; None: it computes alone.
        samples: How many samples it needs.
        future: Its answer. Cancelled where nobody waits for it.
    """

    work: Callable[[np.ndarray | None], Any]
    draw: Callable[[], Drawn] | None = None
    key: Hashable = None
    samples: int = 1
    future: Future[Any] = field(default_factory=Future)


class ModelThread:
    """Answers jobs one after the other. A job that fails, fails alone."""

    def __init__(self, make: Make | None, pass_size: int, max_waiting: int, on_pass: Callable[[int], None]):
        """Make: many draws -> their samples. pass_size: samples of a forward pass. on_pass: is told how many share."""
        self._make, self._pass_size, self._max_waiting, self._on_pass = make, pass_size, max_waiting, on_pass
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._current: Sequence[Job] = ()
        self._ends = False
        self._seconds = 0.1  # that a job takes, as a running mean
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        return len(self._jobs)

    @property
    def is_alive(self) -> bool:
        """Whether jobs are answered."""
        return self._thread.is_alive() and not self._ends

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue. Raises Refused where the queue is full or the service ends."""
        with self._changed:
            if self._ends:
                raise Refused(503, "the service is stopping; ask again later", {"Retry-After": "5"})
            self._jobs = deque(each for each in self._jobs if not each.future.cancelled())
            if len(self._jobs) >= self._max_waiting:
                seconds = max(1, math.ceil(self._seconds * len(self._jobs)))
                raise Refused(
                    429,
                    f"{len(self._jobs)} requests wait already; ask again in {seconds} s",
                    {"Retry-After": str(seconds)},
                )
            self._jobs.append(job)
            self._changed.notify()

    def stop(self) -> None:
        """Answer no more jobs. Those that wait are refused; the present one goes on until it is done or abandoned."""
        with self._changed:
            self._ends = True
            left, self._jobs = list(self._jobs), deque()
            self._changed.notify()
        for job in left:
            _settle(job, error=Refused(503, "the service is stopping; ask again later", {"Retry-After": "5"}))

    def join(self, seconds: float) -> None:
        """Wait until the present job is done, but no longer than this."""
        self._thread.join(seconds)

    def check_wanted(self, *_: Any) -> None:
        """Raises Abandoned where nobody waits for what is computed now. Called before every layer of the network."""
        if self._current and all(job.future.cancelled() for job in self._current):
            raise Abandoned

    def _run(self) -> None:
        while jobs := self._next():
            started = time.monotonic()
            self._answer(jobs)
            self._seconds += 0.1 * ((time.monotonic() - started) / len(jobs) - self._seconds)

    def _next(self) -> list[Job]:
        """The job that has waited longest, with those behind it that fit into its forward pass; [] at the end."""
        with self._changed:
            while True:
                while not self._jobs and not self._ends:
                    self._changed.wait()
                if self._ends:
                    return []
                taken: list[Job] = []
                left: deque[Job] = deque()
                room = self._pass_size
                for job in self._jobs:
                    if job.future.cancelled():
                        continue
                    fits = job.samples <= room and job.key is not None and job.key == taken[0].key if taken else True
                    (taken if fits else left).append(job)
                    room -= job.samples if fits else 0
                self._jobs = left
                if taken:
                    return taken

    def _answer(self, jobs: Sequence[Job]) -> None:
        self._current = jobs
        made = self._together(jobs) if len(jobs) > 1 else {}
        self._on_pass(max(1, len(made)))
        for job in jobs:
            self._current = (job,)
            try:
                _settle(job, job.work(made.get(job)))
            except Exception as error:
                _settle(job, error=error)
            except BaseException as error:  # such as SystemExit, which would end the loop that waits for the answer
                _settle(job, error=RuntimeError(repr(error)))
        self._current = ()

    def _together(self, jobs: Sequence[Job]) -> dict[Job, np.ndarray]:
        """The samples of each job, made in one pass. A job without them computes alone, and its error is its own."""
        drawn: dict[Job, Drawn] = {}
        for job in jobs:
            try:
                assert job.draw is not None
                drawn[job] = job.draw()
            except BaseException:
                continue
        try:
            assert self._make is not None
            return dict(zip(drawn, self._make(list(drawn.values())), strict=True)) if drawn else {}
        except BaseException:
            return {}


def _settle(job: Job, answer: Any = None, error: BaseException | None = None) -> None:
    """Give a job its answer or its error, unless nobody waits for it any more."""
    with contextlib.suppress(InvalidStateError):
        job.future.set_exception(error) if error else job.future.set_result(answer)
