"""Ctrl-C and SIGTERM: they end a verb at once; a training after its present step, saved; a service in good order."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..callbacks.progress import Lines
from ..util import files

GRACE_SECONDS = 1.0  # for a computation outside Python, during which no handler runs
SHOW_CURSOR = b"\x1b[?25h\n"  # a bar hides it


class Interrupts:
    """What the two signals do. No exception is raised: libraries catch some, and C++ code aborts at others.

    stop: Set where what is done should end in its own order, such as a training that saves.
    promise: What is said of that order; "" where there is none, so that the verb ends at once.
    received: The signal that has come, if any.
    """

    def __init__(self) -> None:
        self.stop, self.promise = threading.Event(), ""
        self.received: int | None = None

    @contextmanager
    def handled(self) -> Iterator[None]:
        """The signals are handled within this block. Only the main thread can; elsewhere nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        watched, waking = socket.socketpair()
        waking.setblocking(False)
        threading.Thread(target=self._watch, args=[watched], daemon=True).start()
        descriptor = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(descriptor)
            waking.close()

    @contextmanager
    def ends_in_order(self, promise: str) -> Iterator[None]:
        """Within this block the first signal sets `stop` and says the promise; the second one ends the process."""
        self.promise = promise
        try:
            yield
        finally:
            self.promise = ""

    def _handle(self, number: int, frame: Any) -> None:
        if self.received is not None or not self.promise:
            leave(number)
        self.received = number
        self.stop.set()
        _say(self.promise)

    def _watch(self, watched: socket.socket) -> None:
        """End the process where the handler does not get its turn."""
        with watched:
            while received := watched.recv(1):
                if received[0] in (signal.SIGINT, signal.SIGTERM) and not self.promise:
                    time.sleep(GRACE_SECONDS)
                    leave(received[0])


def leave(number: int) -> None:
    """End the process now, without what is half done."""
    if sys.stderr.isatty():
        os.write(2, SHOW_CURSOR)
    _say("sparring: interrupted")
    for path in list(files.UNFINISHED):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    os._exit(128 + number)


def _say(sentence: str) -> None:
    os.write(2, f"{sentence}\n".encode())  # print may be what was interrupted


class TrainingLines(Lines):
    """Prints a training, and says while its steps run that a signal may wait for the present one."""

    def __init__(self, interrupts: Interrupts):
        super().__init__()
        self.interrupts = interrupts

    def start(self, examples: int, total: int) -> None:
        super().start(examples, total)
        self.interrupts.promise = "stopping after this step, saved; once more ends at once"

    def end(self) -> None:
        super().end()
        self.interrupts.promise = ""


interrupts = Interrupts()  # of this process
