"""The paths of the studio below /api, which need its token, and below /files, which need a key each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from ...config.reading import list_recipes, load_recipe
from ...util.files import json_text
from ...util.versions import __version__
from ..commands import output_of
from ..errors import Refused
from ..evaluation import Evaluations
from ..limits import Limits
from ..media import media_type
from .asked import Check, Evaluate, Export, GoOn, Train
from .places import Places
from .shelf import Shelf
from .tickets import Tickets
from .trainings import FOLDER, Trainings

EXPORTS = "exports"  # below FOLDER
CHECK_SECONDS = 600.0
# A report holds styles and pictures of its own, and nothing that runs.
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; frame-ancestors 'none'"
)


class Desk:
    """What is done for pages beside trainings: one slow thing at a time for each run, the same for everybody.

    Attributes:
        busy: What is done now, by the name of the run.
    """

    def __init__(self, shelf: Shelf, places: Places, tickets: Tickets, plugins: Sequence[str], limits: Limits):
        self.shelf, self.places, self.tickets, self.plugins, self.limits = shelf, places, tickets, plugins, limits
        self.busy: dict[str, str] = {}

    async def check(self, asked: Check) -> bytes:
        """What `sparring check --json` finds."""
        arguments = ["check", self.places.data(asked.data), "--json", *asked.options()]
        return await output_of(arguments, self.plugins, CHECK_SECONDS, "the check")

    async def evaluate(self, name: str) -> bytes:
        """What `sparring evaluate --json` finds. It writes into the run."""
        evaluations = Evaluations(self.shelf.path(name), self.plugins, self.limits.evaluation_seconds)
        return await self._alone(name, "evaluate", evaluations.measure({}))

    async def export(self, name: str, to: str) -> dict[str, Any]:
        """The address of the exported file, its size, and what the command says."""
        path = self.shelf.path(name)
        out = self.shelf.folder / FOLDER / EXPORTS / f"{name}.{to}"
        out.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["export", str(path), f"--to={to}", f"--out={out.absolute()}"]
        work = output_of(arguments, self.plugins, self.limits.evaluation_seconds, "the export")
        said = (await self._alone(name, to, work)).decode("utf-8", "replace").splitlines()
        address = self.tickets.address(f"/files/{name}/exports/{to}")
        return {"file": out.name, "size": out.stat().st_size, "address": address, "said": said[:-1]}

    async def _alone(self, name: str, what: str, work: Any) -> Any:
        if name in self.busy:
            work.close()
            raise Refused(409, f"'{name}' is busy ({self.busy[name]}); ask again when that is done")
        self.busy[name] = what
        try:
            return await work
        finally:
            del self.busy[name]


def api(desk: Desk, trainings: Trainings) -> APIRouter:
    """The paths below /api."""
    made = APIRouter(default_response_class=Response)
    _add_lists(made, desk)
    _add_trainings(made, desk, trainings)
    _add_work(made, desk)
    return made


def _add_lists(made: APIRouter, desk: Desk) -> None:
    shelf, places = desk.shelf, desk.places

    @made.get("/about")
    def about() -> Response:
        recipes = {name: load_recipe(name) for name in list_recipes()}
        return _json(
            {
                "version": __version__,
                "folder": str(shelf.folder.resolve()),
                "roots": [str(root) for root in places.roots],
                "names": places.names,
                "recipes": [
                    {"name": name, "summary": recipe.summary, "modalities": list(recipe.modalities)}
                    for name, recipe in recipes.items()
                ],
            }
        )

    @made.get("/folder")
    def folder(path: str = Query(".", max_length=4000)) -> Response:
        return _json(places.entries(path))

    @made.get("/runs")
    def runs() -> Response:
        return _json(shelf.overviews())

    @made.get("/runs/{name}")
    def run(name: str) -> Response:
        return _json({**shelf.details(name), "busy": desk.busy.get(name)})


def _add_trainings(made: APIRouter, desk: Desk, trainings: Trainings) -> None:
    shelf = desk.shelf

    @made.post("/trainings")
    def train(asked: Train) -> Response:
        path, data = shelf.new_path(asked.name), desk.places.data(asked.data)
        trainings.start(asked.name, [data, f"--out={path.absolute()}", *asked.options()])
        return _json({"name": asked.name})

    @made.post("/runs/{name}/stop")
    def stop(name: str) -> Response:
        trainings.stop(name)
        return _json({"name": name})

    @made.post("/runs/{name}/go-on")
    def go_on(name: str, asked: GoOn) -> Response:
        lengths = ("--budget=", "--examples=")
        arguments = shelf.train_again(name)
        if asked.budget is not None:
            arguments = [each for each in arguments if not each.startswith(lengths)] + [f"--budget={asked.budget}"]
        trainings.start(name, arguments)
        return _json({"name": name})


def _add_work(made: APIRouter, desk: Desk) -> None:
    @made.post("/check")
    async def check(asked: Check) -> Response:
        return Response(await desk.check(asked), media_type="application/json")

    @made.post("/runs/{name}/evaluate")
    async def evaluate(name: str, asked: Evaluate) -> Response:
        return Response(await desk.evaluate(name), media_type="application/json")

    @made.post("/runs/{name}/export")
    async def export(name: str, asked: Export) -> Response:
        return _json(await desk.export(name, asked.to))


def keyed_files(shelf: Shelf, tickets: Tickets) -> APIRouter:
    """Files of runs, for whoever has their address."""
    made = APIRouter()

    def check(path: str, key: str) -> None:
        if not tickets.opens(path, key):
            raise Refused(401, "this address has no valid key: open it from the studio's page")

    @made.get("/files/{name}/samples/{file}")
    def sheet(name: str, file: str, key: str = "") -> Response:
        check(f"/files/{name}/samples/{file}", key)
        return Response(shelf.sheet(name, file).read_bytes(), media_type="image/png", headers=_kept())

    @made.get("/files/{name}/report")
    async def report(name: str, key: str = "") -> Response:
        check(f"/files/{name}/report", key)
        page = await asyncio.to_thread(shelf.report, name)
        headers = {"content-security-policy": REPORT_POLICY}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    @made.get("/files/{name}/exports/{to}")
    def exported(name: str, to: str, key: str = "") -> Response:
        check(f"/files/{name}/exports/{to}", key)
        path = shelf.folder / FOLDER / EXPORTS / f"{name}.{to}"
        if not path.is_file():
            raise Refused(404, "this file is not there any more: export the run again")
        return FileResponse(path, media_type=media_type(Path(path).suffix), filename=path.name)

    return made


def _kept() -> dict[str, str]:
    return {"Cache-Control": "private, max-age=600"}


def _json(values: Any) -> Response:
    """JSON in which whatever names hold is text."""
    return Response(json_text(values), media_type="application/json")
