"""Several recipes on the same data, each as long, several seeds: which one makes the best samples?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import api, modalities
from .callbacks.base import Callback
from .callbacks.progress import Lines
from .config.reading import load_recipe
from .data.source import DataOptions, Source
from .errors import Diverged, UserError
from .evaluation.evaluation import Evaluation
from .evaluation.extractors import classifier
from .evaluation.run import SAMPLES, evaluate
from .inference.generator import load
from .modalities.adapters import check_source
from .modalities.opening import open_data
from .runs.folder import Run
from .util import files
from .util.devices import choose_device, max_image_side

ROWS, COLUMNS = 10, 4  # samples of each recipe on the sheet


@dataclass(frozen=True)
class Entry:
    """One training. scores: by name, {} where it diverged before it had anything to show; headline: the one to judge by. real: what
    training examples get. seconds: of training."""

    recipe: str
    seed: int
    path: str
    examples: int
    seconds: float
    health: str
    headline: str
    scores: dict[str, float]
    real: dict[str, float]


def compare(
    source: str | Path | Source,
    recipes: Sequence[str],
    out: str | Path,
    *,
    budget: str | float | None = None,
    examples: str | int | None = None,
    seeds: int = 3,
    size: tuple[int, int] | None = None,
    labels: str | None = None,
    features: str = "classifier",
    samples: int | None = None,
    device: str = "auto",
    console: Callback | None = None,
) -> list[Entry]:
    """Train each recipe `seeds` times under the same budget (or number of images), evaluate all in the same way, and write the table,
    the curves and samples side by side into `out`: README.md, report.html, comparison.json. The runs lie in `out` too.

    The same call again goes on where an earlier one was stopped. A recipe that diverges is told as that, and the others go on.
    Raises UserError for everything that the caller can mend, before anything is trained where that can be known.
    """
    console, out = console or Lines(), Path(out)
    if (budget is None) == (examples is None):
        raise UserError("give either a budget or examples: all recipes are trained as long")
    if not recipes or len({Path(name).stem for name in recipes}) < len(recipes):
        raise UserError("name at least one recipe, and each only once")
    if not isinstance(source, Source):
        wishes = {"size": size, "labels": labels}
        options = DataOptions(max_side=max_image_side(choose_device(device)[0]), **{key: value for key, value in wishes.items() if value})  # type: ignore[arg-type]
        source = open_data(source, options)
    for recipe in recipes:
        check_source(load_recipe(recipe), source)
        if load_recipe(recipe).algorithm.translates:
            raise UserError(
                f"recipe '{recipe}' turns pictures into others; compare is for recipes that make samples (`sparring evaluate` has both sides)"
            )
    out.mkdir(parents=True, exist_ok=True)
    classifier.load_or_learn(source, console.progress)  # before any clock runs: the first recipe must not pay for all
    count, entries = samples or min(SAMPLES, source.count("train")), []
    plan = [(seed, recipe) for seed in range(seeds) for recipe in recipes]
    for number, (seed, recipe) in enumerate(plan, 1):
        console.note(f"{number} of {len(plan)}: {recipe}, seed {seed}")
        run = out / f"{Path(recipe).stem}-{seed}"
        try:
            api.train(source, recipe, run, budget=budget, examples=examples, seed=seed, device=device, console=console)
            if not any(line["event"] == "final" for line in Run(run).log()):
                raise UserError(f"{run} was stopped before its end; the same command goes on with it")
            found = evaluate(run, source, features=features, samples=count, console=_Steps(console))
        except Diverged as error:
            console.note(str(error))
            found = None
        entries.append(_entry(recipe, seed, run, found))
        _write(out, entries, source, recipes)
    return entries


class _Steps(Callback):
    """Passes on the progress of an evaluation, whose numbers come in one table at the end."""

    def __init__(self, console: Callback):
        self.progress = console.progress  # type: ignore[method-assign]


def _entry(recipe: str, seed: int, path: Path, found: Evaluation | None) -> Entry:
    log = Run(path).log()
    scores = {} if found is None else {name: score.value for name, score in found.scores.items() if np.isfinite(score.value)}
    real = {} if found is None else {name: score.real for name, score in found.scores.items() if score.real is not None}
    seconds = sum(line.get("clock", {}).get("seconds", 0.0) for line in log)
    examples, health = (log[-1]["examples"], log[-1]["health"]) if log else (0, "diverged")
    return Entry(
        Path(recipe).stem,
        seed,
        path.name,
        examples,
        round(seconds, 1),
        "diverged" if found is None else health,
        found.headline if found else "",
        scores,
        real,
    )


def _write(out: Path, entries: list[Entry], source: Source, recipes: Sequence[str]) -> None:
    """All pages, after every training: what is there can be read while the rest is trained."""
    from .reports.comparison import Line, write_comparison

    _write_samples(out, entries, source)
    lines = [Line(entry.recipe, *_curve(out / entry.path)) for entry in entries]
    facts: dict[str, Any] = {
        "format": 1,
        "data": source.name,
        "source": source.content_hash[:16],
        "recipes": [Path(name).stem for name in recipes],
    }
    files.write_json(out / "comparison.json", {**facts, "entries": [asdict(entry) for entry in entries]})
    write_comparison(out, source.name, source.unit, [asdict(entry) for entry in entries], lines)


def _curve(run: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds trained, images seen, and the Frechet distance at every tick."""
    seconds, rows = 0.0, []
    for line in Run(run).log():
        seconds += line.get("clock", {}).get("seconds", 0.0)
        score = line.get("scores", {}).get("frechet_distance", {}).get("value")
        if line["event"] == "tick" and score is not None:
            rows.append((seconds, float(line["examples"]), float(score)))
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _write_samples(out: Path, entries: list[Entry], source: Source) -> None:
    """The first samples of the middle one of every recipe's runs, under its name, with labels a class a row."""
    from .reports.comparison import write_sheet

    sheets, modality = {}, modalities.get(source.modality)
    codec = modality.fit_codec(source)
    for recipe in dict.fromkeys(entry.recipe for entry in entries):
        mine = [entry for entry in entries if entry.recipe == recipe and (out / entry.path / "generator.safetensors").is_file()]
        if mine:
            middle = sorted(mine, key=lambda entry: entry.scores.get("frechet_distance", float("inf")))[(len(mine) - 1) // 2]
            gan = load(out / middle.path)
            rows = [gan.values(COLUMNS, seed=0, label=label) for label in gan.classes[:ROWS]] or [gan.values(ROWS * COLUMNS, seed=0)]
            sheets[recipe] = modality.preview(np.concatenate(rows), gan.codec, COLUMNS).png
    indices = np.arange(source.count("test"))
    classes = source.labels(indices, "test") if source.classes else None
    some = [indices[classes == number][:COLUMNS] for number in range(min(ROWS, len(source.classes)))] or [indices[: ROWS * COLUMNS]]
    write_sheet({**sheets, "real": modality.preview(source.values(np.concatenate(some), "test"), codec, COLUMNS).png}, out / "samples.png")
