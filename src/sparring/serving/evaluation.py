"""Evaluations, which take minutes: each in a process of its own, one at a time, so that the model goes on answering."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import Refused

NICENESS = 10  # an evaluation gives way to requests


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
            return await self._run([f"--{name}={value}" for name, value in asked.items() if value is not None])
        finally:
            self._busy = False

    async def _run(self, options: Sequence[str]) -> bytes:
        plugins = [part for plugin in self.plugins for part in ("--plugin", plugin)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sparring", "evaluate", str(self.run), "--json", "--device=cpu", *plugins, *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_gives_way if os.name == "posix" else None,
        )  # fmt: skip
        try:
            printed, said = await asyncio.wait_for(process.communicate(), self.seconds)
        except TimeoutError:
            raise Refused(504, f"the evaluation took longer than {self.seconds:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return printed
        sentence = said.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("sparring: ")
        raise Refused(422 if process.returncode == 2 else 500, sentence or "the evaluation failed")


def _gives_way() -> None:
    os.nice(NICENESS)
