"""A run folder as a reader finds it: what is there, and what is missing, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import UserError
from ..runs.log import Log, read_log, snapshot_images


@dataclass(frozen=True)
class RunFolder:
    """The readable parts of a run. Absent or broken parts are empty and named in `missing`."""

    path: Path
    recipe: dict[str, Any]
    source: dict[str, Any]
    log: Log
    samples: list[tuple[int, Path]]  # images seen, picture; oldest first
    missing: list[str]
    evaluation: dict[str, Any] = field(default_factory=dict)  # of the snapshot that is kept now; {} for none

    @property
    def name(self) -> str:
        return self.path.resolve().name


def open_run(run: Path) -> RunFolder:
    """Read everything a report needs; only a folder that is not there, or a format from the future, is refused."""
    if not run.is_dir():
        raise UserError(f"there is no run folder at {run}: give the folder that `sparring train` wrote")
    missing: list[str] = []
    recipe = _read(run / "recipe.yaml", yaml.safe_load, missing)
    source = _read(run / "source.json", json.loads, missing)
    log, samples = read_log(run), list_samples(run)
    if not log:
        missing.append("log.jsonl has no whole line yet" if (run / "log.jsonl").exists() else "log.jsonl is not there")
    if not samples:
        missing.append("samples/ holds no picture yet")
    return RunFolder(run, recipe, source, log, samples, missing, read_evaluation(run, log))


def read_evaluation(run: Path, log: Log) -> dict[str, Any]:
    """evaluation.json, if it is of the snapshot that the run hands out now; {} where there is none or the training has gone on since."""
    found = _read(run / "evaluation.json", json.loads, [])
    return found if found.get("snapshot") == snapshot_images(log) else {}


def list_samples(run: Path) -> list[tuple[int, Path]]:
    """The grids of the run, oldest first: samples/000012800.png was made at image 12,800."""
    found = [path for path in (run / "samples").glob("*.png") if path.stem.isascii() and path.stem.isdigit()]
    return sorted((int(path.stem), path) for path in found)


def _read(path: Path, parse: Callable[[str], Any], missing: list[str]) -> dict[str, Any]:
    try:
        value = parse(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        missing.append(f"{path.name} is not there")
        return {}
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        missing.append(f"{path.name} cannot be read")
        return {}
    if not isinstance(value, dict):
        missing.append(f"{path.name} cannot be read")
        return {}
    if value.get("format", 1) not in (1, 2):
        raise UserError(f"{path} has format {value['format']!r}, which this version of sparring does not know: update sparring")
    return value
