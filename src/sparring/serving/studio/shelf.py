"""The runs in a folder, as a page shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import UserError, printable
from ...metrics.score_facts import facts_of
from ...reports.curves import Curve, curves
from ...reports.headline import headline_of
from ...reports.html import render
from ...reports.pictures import evenly
from ...reports.summary import summary
from ...runs.folder import Run, RunParts
from ...runs.log import examples_planned, examples_seen, last_event, ticks
from ...util.files import file_name
from ..errors import Refused
from .tickets import Tickets
from .trainings import Trainings

MAX_RUNS = 300  # that are listed, the newest first
MAX_POINTS = 300  # of a curve
MAX_SHEETS = 12  # of samples that are shown over time
READ = ("recipe.yaml", "source.json", "log.jsonl", "evaluation.json", "samples")  # what an overview is made of


class Shelf:
    """The folder of runs. What a page calls a run is the name of a folder directly in it, and nothing else."""

    def __init__(self, folder: Path, trainings: Trainings, tickets: Tickets):
        self.folder, self.trainings, self.tickets = folder, trainings, tickets
        self._known: dict[str, tuple[Any, dict[str, Any]]] = {}  # name -> (state of its files, what is shown)

    def new_path(self, name: str) -> Path:
        """Where a new run is written. Raises Refused for what is no name of a folder, or is taken."""
        if name.startswith(".") or file_name(name) != name:
            raise Refused(422, "the name of a run is one of a folder: letters, digits, spaces, - and _")
        if (self.folder / name).exists():
            raise Refused(409, f"there is a run '{name}' already: go on with it, or choose another name")
        return self.folder / name

    def path(self, name: str) -> Path:
        """The folder of a run. Raises Refused where there is none of this name."""
        if name.startswith(".") or Path(name).name != name or "\\" in name or not (self.folder / name).is_dir():
            raise Refused(404, f"there is no run '{printable(name)[:200]}' here any more; go back to the list")
        return self.folder / name

    def overviews(self) -> dict[str, Any]:
        """One line about each run, the newest first; those whose training did not begin are among them.

        `unlisted` counts runs whose names hold what no address can.
        """
        folders = [path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        newest = sorted(folders, key=_changed, reverse=True)
        every = [path.name for path in newest if Run(path).exists or Run(path).has_lost_its_recipe]
        names = [name for name in every if printable(name) == name][:MAX_RUNS]
        unbegun = [self._unbegun(name) for name in self.trainings.names() if name not in every]
        shown = [line for line in unbegun if line["state"] == "training" or line["missing"]]
        for name in names:
            with suppress(Refused):  # it has just vanished
                shown.append(self.overview(name))
        return {"runs": shown, "unlisted": len(every) - len(names)}

    def overview(self, name: str) -> dict[str, Any]:
        """One line about a run. A damaged run says what is wrong with it."""
        path = self.path(name)
        files = [path / each for each in READ]
        stamp = [_changed(file) for file in files]
        if name not in self._known or self._known[name][0] != stamp:
            try:
                self._known[name] = (stamp, _shown(Run(path).parts()))
            except UserError as error:
                self._known[name] = (stamp, {"state": "damaged", "missing": [str(error)]})
        found = self._known[name][1]
        state = "training" if self.trainings.is_running(name) else found["state"]
        sheet = found.get("sheet")
        address = self.tickets.address(f"/files/{name}/samples/{sheet}") if sheet else None
        return {**found, "name": name, "state": state, "sheet": address}

    def details(self, name: str) -> dict[str, Any]:
        """Everything that the page of a run shows."""
        if name in self.trainings.names() and not Run(self.folder / name).exists:
            return self._unbegun(name) | {"printed": self.trainings.printed(name)}
        line = self.overview(name)
        if line["state"] == "damaged":
            return line | {"printed": self.trainings.printed(name)}
        run = Run(self.path(name)).parts()
        sheets = [file for _, file in evenly(run.samples, MAX_SHEETS)]
        return {
            **line,
            "summary": summary(run.recipe, run.source, run.log, run.evaluation),
            "missing": run.missing,
            "notes": run.source.get("notes", []),
            "reasons": run.recipe.get("reasons", {}),
            "curves": [_points(curve) for curve in curves(run.log)],
            "diagnosis": {key: (ticks(run.log) or [{}])[-1].get(key, "") for key in ("health", "evidence")},
            "sheets": [self.tickets.address(f"/files/{name}/samples/{file.name}") for file in sheets],
            "report": self.tickets.address(f"/files/{name}/report"),
            "printed": self.trainings.printed(name),
            "evaluated": bool(run.evaluation),
            "scores": _scores(headline_of(run.evaluation, run.log).scores),
            "data_known": Run(run.path).data_place() is not None or self.trainings.record(name) is not None,
        }

    def sheet(self, name: str, file: str) -> Path:
        """The file of a sample sheet. Raises Refused where there is none."""
        path = self.path(name)
        found = next((sheet for _, sheet in Run(path).samples() if sheet.name == file), None)
        if found is None:
            raise Refused(404, "there is no such sheet of samples any more")
        return found

    def report(self, name: str) -> str:
        """The report of a run as it is now, as HTML."""
        return render(Run(self.path(name)).parts())

    def train_again(self, name: str) -> list[str]:
        """The arguments that go on with a run: those that began it here, else its data and its folder."""
        path, record = self.path(name), self.trainings.record(name)
        if record is not None:
            return record.arguments
        place = Run(path).data_place()
        if place is None:
            raise Refused(422, f"'{name}' does not say where its data lies: go on with it on the command line")
        return [place, f"--out={path.absolute()}"]

    def _unbegun(self, name: str) -> dict[str, Any]:
        """A training that has written no run: it is about to, or it was refused, and its last line says why."""
        running, printed = self.trainings.is_running(name), self.trainings.printed(name)
        last = printed[-1] if printed and not running else ""
        said = last.removeprefix("sparring: ") if last.startswith("sparring: ") else ""
        return {"name": name, "state": "training" if running else "refused", "missing": [said] if said else []}


def _shown(run: RunParts) -> dict[str, Any]:
    """What an overview says, without what changes while the files stay the same."""
    final, headline = last_event(run.log, "final"), headline_of(run.evaluation, run.log)
    value = headline.value(headline.name) if headline.name else None
    newest = run.samples[-1][1].name if run.samples else None
    return {
        "state": "finished" if final else "stopped",
        "recipe": run.recipe.get("name"),
        "modality": run.source.get("modality"),
        "data": run.source.get("name"),
        "content": run.source.get("content_hash"),
        "examples": examples_seen(run.log) or 0,
        "planned": examples_planned(run.recipe),
        "score": {"title": facts_of(headline.name).title, "value": value} if value is not None else None,
        "health": str((final or (ticks(run.log) or [{}])[-1]).get("health", "")),
        "sheet": newest,
        "usable": any(run.path.glob("*generator.safetensors")),
        "changed": _changed(run.path / "log.jsonl"),
        "missing": run.missing,
    }


def _points(curve: Curve) -> dict[str, Any]:
    """A chart as numbers; null where there is no value."""
    every = max(1, math.ceil(len(curve.examples) / MAX_POINTS))
    keep = range((len(curve.examples) - 1) % every, len(curve.examples), every)  # the last one is kept
    lines = {
        name: [values[at] if math.isfinite(values[at]) else None for at in keep] for name, values in curve.lines.items()
    }
    about = {"key": curve.key, "title": curve.title, "hint": curve.hint, "percent": curve.percent}
    best = None if curve.best is None else {"at": curve.examples[curve.best]}
    return {**about, "lines": lines, "examples": [curve.examples[at] for at in keep], "best": best}


def _scores(scores: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every score with its title, its interval and the value of real examples."""
    parts = ("value", "low", "high", "real", "trivial")
    return [
        {"title": facts_of(name).title, "better": facts_of(name).better, **{part: score.get(part) for part in parts}}
        for name, score in scores.items()
    ]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
