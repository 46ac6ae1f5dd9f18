"""Trainings as processes of their own. They outlive the studio; a later one finds them by what is written down here.

Beside the runs lies the folder .studio: NAME.json says which process trains NAME, and NAME.log holds what it prints.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ...util import files
from ..commands import command, gives_way
from ..errors import Refused

FOLDER = ".studio"
MAX_LOG_BYTES = 64 << 10  # of the end of what a training printed


@dataclass(frozen=True)
class Record:
    """What is written down of a training. created: when its process began, so that no other one is taken for it."""

    pid: int
    created: float
    arguments: list[str]


class Trainings:
    """Starts, stops and finds trainings of the runs in a folder."""

    def __init__(self, runs: Path, plugins: Sequence[str] = ()):
        """plugins: Modules that trainings import."""
        self.runs, self.plugins, self.folder = runs, plugins, runs / FOLDER
        self._children: dict[int, subprocess.Popen[bytes]] = {}  # of this process, by their id
        self._starting = threading.Lock()

    def names(self) -> list[str]:
        """Every run that was ever trained from here."""
        return [path.stem for path in self.folder.glob("*.json")]

    def running(self) -> str | None:
        """The run that is trained now."""
        return next((name for name in self.names() if self.is_running(name)), None)

    def is_running(self, name: str) -> bool:
        """Whether the process of a training lives."""
        return self._process(name) is not None

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Run `sparring train ARGUMENTS`. Raises Refused where a training runs already: both would be slow."""
        with self._starting:
            if (other := self.running()) is not None:
                raise Refused(409, f"'{other}' is being trained; stop it or wait for its end: two slow each other")
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._log(name).open("ab" if (self.runs / name).exists() else "wb") as log:
                child = subprocess.Popen(
                    command(["train", *arguments], self.plugins),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that Ctrl-C in the terminal of the studio does not reach it
                    preexec_fn=gives_way if os.name == "posix" else None,
                )
            self._children[child.pid] = child
            created = psutil.Process(child.pid).create_time()
            record = {"pid": child.pid, "created": created, "arguments": list(arguments)}
            files.write_json(self.folder / f"{name}.json", record)

    def stop(self, name: str) -> None:
        """Ask a training to save and end; on Windows it just ends. Raises Refused where none runs."""
        process = self._process(name)
        if process is None:
            raise Refused(409, f"'{name}' is not being trained")
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()

    def record(self, name: str) -> Record | None:
        """What is written down of a run; None where nothing is, or it cannot be read."""
        try:
            found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_bytes())
            return Record(int(found["pid"]), float(found["created"]), [str(each) for each in found["arguments"]])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def printed(self, name: str) -> list[str]:
        """The last lines that the training of a run printed."""
        try:
            with self._log(name).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - MAX_LOG_BYTES))
                return log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _process(self, name: str) -> psutil.Process | None:
        record = self.record(name)
        if record is None:
            return None
        if (child := self._children.get(record.pid)) is not None and child.poll() is not None:
            del self._children[record.pid]
        try:
            process = psutil.Process(record.pid)
            alive = process.create_time() == record.created and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, ValueError, OverflowError):
            return None
        return process if alive else None
