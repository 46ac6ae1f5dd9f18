"""Enlarge labelled data by generated examples, and say from untouched real ones whether that helps a model."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from . import api, modalities
from .callbacks.base import Callback
from .callbacks.progress import checked_console
from .config.augment_options import AugmentOptions
from .config.options import data_options, how_to_open
from .config.signatures import with_options
from .data.options import OpenContext
from .downstream.arms_trial import ArmsTrial, Way
from .downstream.detection.problem import DetectionProblem
from .downstream.labelled_problem import LabelledProblem
from .downstream.outcome import USE
from .downstream.problem import Problem
from .errors import UserError, nearest
from .inference.generator import load
from .modalities.opening import known_names, open_data, option_fields
from .reports import enlargement as pages
from .runs import stored
from .runs.folder import Run
from .util import checks, files
from .util.devices import choose_device, max_image_side
from .util.options import checked
from .util.spelling import spells_options

FORMAT = 1  # of verdict.json and plan.json
PLAN, VERDICT, GENERATOR, DATA = "plan.json", "verdict.json", "generator", "data"


@dataclass(frozen=True)
class Enlargement:
    """What `augment` found.

    verdict: "use" or "do not use". sentences: three, for people. out: the folder with verdict.json and report.html.
    data: the enlarged data, a file or a folder; None where it was not written. found: the contents of verdict.json.
    """

    verdict: str
    sentences: tuple[str, ...]
    out: Path
    data: Path | None
    found: Mapping[str, Any]


@spells_options
@with_options({**AugmentOptions.model_fields, **option_fields()})
def augment(
    data: Any,
    out: str | Path,
    *,
    console: Callback | None = None,
    stop: threading.Event | None = None,
    **options: Any,
) -> Enlargement | None:
    """Enlarge labelled data by generated examples, where that makes models better.

    Several models are trained on real examples alone, with classic remedies, with duplicates, and with generated
    examples. Validation examples choose among them. Then test examples, which nothing has seen, tell whether the best
    way with generated examples is better than the best way without: "use" only where the whole 95 % interval, over
    seeds and test examples, lies above 0. The same call again resumes.

    Args:
        data: Pictures in classes, or a table with a target column, as for `sparring.train`; or pictures with boxes
            (COCO json, Pascal VOC xml or YOLO txt beside them).
        out: A folder for the verdict, the report and the enlarged data.
        console: Gets the messages and the progress. Default: prints plain lines.
        stop: Set this event to stop the training of the generator at the next step, saved.
        **options: See `sparring.config.augment_options.AugmentOptions` and the options of the data.

    Returns:
        The verdict; None where `stop` ended the training of the generator.

    Raises:
        UserError: For everything that the caller can mend, before anything is trained where it can be known then.
    """
    console, out = checked_console(console), checks.path(out, "--out")
    asked, problem = _opened(data, options, console)
    for note in problem.notes:
        console.note(note)
    if asked.run is not None:
        problem.check(load(asked.run))
        _warn_of_seen_tests(Run(asked.run), problem, console)
    _claim(out, asked, problem)
    run = Run(asked.run) if asked.run else _trained(problem, asked, out, console, stop)
    if run is None:
        return None
    gan = load(run.path, asked.device)
    problem.check(gan)
    amount = None if asked.amount == "auto" else int(asked.amount)
    trial = problem.trial(gan, run, amount, asked.seeds, out, console.progress)
    ways = trial.run()
    for arm, reason in trial.left_out.items():
        console.note(f"left out: {arm.title}: {reason}")
    return _written(problem, trial, problem.opened(trial, ways), asked, out)


def _opened(data: Any, options: Mapping[str, Any], console: Callback) -> tuple[AugmentOptions, Problem]:
    """The options and the data. With a run the data is opened as the run opened its own."""
    fields = option_fields()
    for name in options:
        if name not in (known := {*AugmentOptions.model_fields, *fields}):
            raise UserError(f"there is no option '{name}'; {nearest(name, sorted(known))}")
    own = {name: value for name, value in options.items() if name not in fields and value is not None}
    asked = checked(AugmentOptions, own)
    of_data = {name: value for name, value in options.items() if name in fields and value is not None}
    annotated = _annotated(data) if asked.task in ("auto", "detect") else None
    if annotated is not None:
        if asked.target is not None or of_data:
            flag = "target" if asked.target is not None else next(iter(of_data))
            raise UserError(f"--{flag.replace('_', '-')} is not for pictures with boxes; leave it out")
        return asked, DetectionProblem(annotated, seen=asked.run is not None)
    if asked.task == "detect":
        raise UserError(
            f"{data if isinstance(data, str | Path) else 'the data'} holds no boxes: give pictures with COCO json, "
            "Pascal VOC xml, or YOLO txt with a data.yaml"
        )
    where, opening = api.with_labels(data, {name: value for name, value in options.items() if name in fields})
    side = max_image_side(choose_device(asked.device)[0])
    given, context = how_to_open(data_options(opening, fields), side)
    if asked.run is not None:
        given, context = _as_run(Run(asked.run), given)
    source = open_data(where, given, context.model_copy(update={"keep_rows": True}))
    labelled = modalities.get(source.modality).labelled(source, asked.target)
    if asked.task not in ("auto", labelled.task):
        raise UserError(f"--task {asked.task} does not suit {source.name}, which holds {source.unit}; leave it out")
    for note in source.notes:
        console.note(note)
    return asked, LabelledProblem(labelled, seen=asked.run is not None)


def _annotated(data: Any) -> Any:
    """The data with boxes; None where there are none."""
    if not isinstance(data, str | Path) or not Path(data).exists() or (isinstance(data, str) and data in known_names()):
        return None
    found = (each.annotated(Path(data)) for each in modalities.every())
    return next((each for each in found if each is not None), None)


def _as_run(run: Run, given: Mapping[str, Any]) -> tuple[dict[str, Any], OpenContext]:
    """How a run opened its data. Raises UserError where there is no run."""
    if not run.exists:
        raise UserError(f"--run {run.path} is no run folder; leave --run out to train a generator here")
    about, opening = run.read_json("source.json"), run.recipe()[1]["data"]
    modality = modalities.get(about["modality"])
    asked = {**opening["asked"], **modality.options_for(about), **given}
    return asked, OpenContext(**opening["context"])


def _claim(out: Path, asked: AugmentOptions, problem: Problem) -> None:
    """Make the folder, or find there the same augmentation to go on with. Raises UserError for another one."""
    plan: dict[str, Any] = {
        "data": problem.content_hash,
        "classes": list(problem.classes),
        "target": asked.target,
        "amount": asked.amount,
        "seeds": asked.seeds,
        "run": None if asked.run is None else _weights(Run(asked.run)),
        "budget": None if asked.run else str(asked.budget),
    }
    if not (out / PLAN).is_file():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UserError(f"{out} holds something else already, which stays as it is: choose another --out")
        out.mkdir(parents=True, exist_ok=True)
        stored.write(out / PLAN, plan)
        return
    before = stored.read(out / PLAN)
    if changed := [name for name in plan if before.get(name) != plan[name]]:
        raise UserError(
            f"{out} holds an augmentation with another {changed[0]}: give the options of then to go on with it, or "
            "choose another --out"
        )


def _weights(run: Run) -> str:
    """A hash of the generator of a run. Raises UserError where it has none."""
    load(run.path)
    return sha256((run.path / "generator.safetensors").read_bytes()).hexdigest()


def _trained(
    problem: Problem, asked: AugmentOptions, out: Path, console: Callback, stop: threading.Event | None
) -> Run | None:
    """The run of a generator that learned from the training examples alone; None where it was stopped."""
    part = problem.examples(out)
    run = api.train(part, None, out / GENERATOR, budget=asked.budget, device=asked.device, console=console, stop=stop)
    return run if any(line["event"] == "final" for line in run.log()) else None


def _warn_of_seen_tests(run: Run, problem: Problem, console: Callback) -> None:
    """Say what nobody can check: whether a run of other data has learned from test examples."""
    if run.read_json("source.json")["content_hash"] != problem.content_hash:
        console.note(
            f"{run.path} was trained on other data than {problem.name}: the verdict holds only if it has not seen the "
            "test examples"
        )


def _written(problem: Problem, trial: ArmsTrial, outcome: Any, asked: AugmentOptions, out: Path) -> Enlargement:
    """Write the data where it is to be used, the verdict and the pages."""
    way = outcome.overall.generated
    found = problem.described(outcome, trial) | {
        "format": FORMAT,
        "data": problem.name,
        "task": problem.task,
        "unit": problem.unit,
        "classes": list(problem.classes),
        "counts": dict(problem.counts),
        "notes": list(problem.notes),
        "written": None,
        "added": 0,
    }
    data = None
    if way is not None and (outcome.verdict == USE or asked.anyway):
        data, added = _write_data(out, problem, trial, way)
        found |= {"written": data.name, "added": added}
    else:
        files.remove_folder(out / DATA)  # of an earlier call with --anyway
    found["sentences"] = pages.sentences(found)
    problem.write_sheets(out, trial, way)
    files.write_json(out / VERDICT, found)
    pages.write_enlargement(out, found)
    return Enlargement(outcome.verdict, tuple(found["sentences"]), out, data, found)


def _write_data(out: Path, problem: Problem, trial: ArmsTrial, way: Way) -> tuple[Path, int]:
    """The enlarged data below `out`, whole or not at all. Returns the folder or the file in it, and what was added."""
    temporary = files.temporary_path(out / DATA)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    path, added = problem.write(temporary, trial, way)
    files.replace_folder(temporary, out / DATA)
    return out / DATA / path.relative_to(temporary), added
