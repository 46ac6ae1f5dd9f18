"""Trained runs that answer: each is the service of that run, loaded when it is first asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import UserError
from ..app import application
from ..errors import Refused
from ..guards import refusal
from ..limits import Limits
from ..served_run import ServedRun
from .shelf import Shelf

MAX_LOADED = 3  # runs in memory


class Models:
    """An application that hands the request /NAME/... to the service of that run.

    A run whose weights have changed since it was loaded, because it is being trained, is loaded again.
    """

    def __init__(self, shelf: Shelf, device: str, limits: Limits):
        self.shelf, self.device, self.limits = shelf, device, limits
        self._loaded: OrderedDict[str, tuple[Any, Any]] = OrderedDict()  # name -> (what it was made of, application)
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path_params"]["name"]
        try:
            app = await self._of(name)
        except Refused as error:
            await refusal(error.status, error.sentence, error.headers)(scope, receive, send)
        except UserError as error:
            await refusal(422, str(error))(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def _of(self, name: str) -> ASGIApp:
        path = self.shelf.path(name)
        async with self._loading:
            made_of = _stamp(path)
            known = self._loaded.get(name)
            if known is None or known[0] != made_of:
                served = await asyncio.to_thread(ServedRun, path, self.device, self.limits)
                self._drop(name)
                known = self._loaded[name] = (made_of, application(served, self.limits))
            self._loaded.move_to_end(name)
            while len(self._loaded) > MAX_LOADED:
                self._drop(next(iter(self._loaded)))
            return known[1]

    def close(self) -> None:
        """End all services."""
        for name in list(self._loaded):
            self._drop(name)

    def _drop(self, name: str) -> None:
        if (known := self._loaded.pop(name, None)) is not None:
            known[1].state.thread.stop()


def _stamp(path: Path) -> list[tuple[str, int, int]]:
    """Differs where the files differ that a run is loaded from."""
    found = [*path.glob("*.safetensors"), *(path / name for name in ("recipe.yaml", "codec.json", "source.json"))]
    there = [(entry.name, entry.stat()) for entry in sorted(found) if entry.is_file()]
    return [(name, facts.st_mtime_ns, facts.st_size) for name, facts in there]
