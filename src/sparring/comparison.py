"""Compare recipes: train each on the same data, equally long, with several seeds, and measure the samples of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import api, modalities
from .callbacks.base import Callback
from .callbacks.progress import checked_console
from .config.options import AUTO, TrainOptions, how_to_open, train_options
from .config.reading import load_recipe
from .config.signatures import with_options
from .data.source import Source
from .errors import Diverged, UserError, nearest
from .evaluation import extractors
from .evaluation.evaluation import Evaluation
from .evaluation.extractors import classifier
from .evaluation.run import MAX_SAMPLES, SAMPLES, evaluate
from .inference.generator import load
from .modalities.adapters import check_source
from .modalities.opening import open_data, option_fields
from .runs.folder import Run
from .util import checks, files
from .util.devices import choose_device, max_image_side
from .util.spelling import spells_options

MAX_SEEDS = 100
ROWS, COLUMNS = 10, 4  # of samples of each recipe in samples.png


SHARED = ("examples", "epochs", "budget", "device")  # the options of a training that hold for all of them


@dataclass(frozen=True)
class Entry:
    """One training of a recipe with a seed.

    scores: by name, {} where the training diverged before it had a usable snapshot. headline: the name of the score to
    compare by.
    real: the scores of training examples. seconds: of training.
    """

    recipe: str
    seed: int
    path: str
    examples: int
    seconds: float
    health: str
    headline: str
    scores: dict[str, float]
    real: dict[str, float]


@spells_options
@with_options({**{name: TrainOptions.model_fields[name] for name in SHARED}, **option_fields()})
def compare(
    data: Any,
    recipes: Sequence[str],
    out: str | Path,
    *,
    seeds: int = 3,
    features: str = "classifier",
    samples: int | None = None,
    console: Callback | None = None,
    **options: Any,
) -> list[Entry]:
    """Train several recipes on the same data, each `seeds` times and equally long, and compare the samples.

    The table, the curves and the samples are written into `out`: README.md, report.html, comparison.json, samples.png;
    the runs too. The same call again resumes. A recipe that diverges is reported as diverged, and the others go on.

    Args:
        data: As for `sparring.train`.
        recipes: Names or YAML files, each only once.
        out: The folder for the runs and the pages.
        seeds: How many times each recipe is trained.
        features: The features in which distances are measured: classifier, raw, efficientnet-lite0 or inception.
        samples: How many samples of each training are measured. Default: 10,000, at most as many as training examples.
        console: Gets the messages and the progress. Default: prints plain lines.
        **options: See `sparring.config.options.TrainOptions` and the options of the data.

    Returns:
        One entry for each training.

    Raises:
        UserError: For everything that the caller can mend, before anything is trained where it can be known then.
    """
    console, out = checked_console(console), checks.path(out, "--out")
    seeds = checks.whole_number(seeds, "--seeds", 1, MAX_SEEDS)
    checks.one_of(features, "--features", extractors.names())
    samples = None if samples is None else checks.whole_number(samples, "--samples", 2, MAX_SAMPLES)
    asked, source = _checked(data, recipes, options)
    out.mkdir(parents=True, exist_ok=True)
    classifier.load_or_learn(source, console.progress)  # now, so that no recipe pays for all
    count, entries = samples or min(SAMPLES, source.count("train")), []
    plan = [(seed, recipe) for seed in range(seeds) for recipe in recipes]
    for number, (seed, recipe) in enumerate(plan, 1):
        console.note(f"{number} of {len(plan)}: {recipe}, seed {seed}")
        run = out / f"{Path(recipe).stem}-{seed}"
        try:
            lengths: dict[str, Any] = {"budget": asked.budget, "examples": asked.examples}
            api.train(source, recipe, run, seed=seed, device=asked.device, console=console, **lengths)
            if not any(line["event"] == "final" for line in Run(run).log()):
                raise UserError(f"{run} was stopped before its end; run the same command to resume")
            found = evaluate(run, source, features=features, samples=count, console=_Steps(console))
        except Diverged as error:
            console.note(str(error))
            found = None
        entries.append(_entry(recipe, seed, run, found))
        _write(out, entries, source, recipes)
    return entries


def _checked(data: Any, recipes: Sequence[str], options: dict[str, Any]) -> tuple[TrainOptions, Source]:
    """The options and the data. Raises UserError for everything that can be known before anything is trained."""
    if unknown := options.keys() - {*SHARED, *option_fields()}:
        raise UserError(f"compare has no option '{min(unknown)}'; {nearest(min(unknown), [*SHARED, *option_fields()])}")
    where, options = api.with_labels(data, options)
    asked = train_options(options, option_fields())
    if (asked.budget is None) == (asked.examples is None):
        raise UserError("give either --budget or --examples: all recipes are trained equally long")
    if (
        isinstance(recipes, str)
        or not isinstance(recipes, Sequence)
        or not all(isinstance(each, str) for each in recipes)
    ):
        raise UserError(f"--recipes should be a list of names such as ['dcgan', 'vae'], not {checks.shown(recipes)}")
    if not recipes or len({Path(name).stem for name in recipes}) < len(recipes):
        raise UserError("--recipes should name at least one recipe, and each only once")
    source = open_data(where, *how_to_open(asked.data, max_image_side(choose_device(asked.device)[0])))
    for name in recipes:
        recipe = load_recipe(modalities.get(source.modality).default_recipe if name == AUTO else name)
        check_source(recipe, source)
        if recipe.algorithm.translates:
            raise UserError(
                f"recipe '{name}' turns pictures into others, and compare is for recipes that make samples; use "
                f"evaluate"
            )
    return asked, source


class _Steps(Callback):
    """Passes on the progress of an evaluation. Its numbers come in one table at the end."""

    def __init__(self, console: Callback):
        self.progress = console.progress  # type: ignore[method-assign]


def _entry(recipe: str, seed: int, path: Path, found: Evaluation | None) -> Entry:
    log = Run(path).log()
    scores = (
        {} if found is None else {name: score.value for name, score in found.scores.items() if np.isfinite(score.value)}
    )
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
    """Write all pages. They are written after every training, so that they can be read while the rest is trained."""
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
    """At every tick: seconds trained, examples seen, Frechet distance."""
    seconds, rows = 0.0, []
    for line in Run(run).log():
        seconds += line.get("clock", {}).get("seconds", 0.0)
        score = line.get("scores", {}).get("frechet_distance", {}).get("value")
        if line["event"] == "tick" and score is not None:
            rows.append((seconds, float(line["examples"]), float(score)))
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _write_samples(out: Path, entries: list[Entry], source: Source) -> None:
    """Write samples.png: for each recipe the first samples of its median run; with labels, one class a row."""
    from .reports.comparison import write_sheet

    sheets, modality = {}, modalities.get(source.modality)
    codec = modality.fit_codec(source)
    for recipe in dict.fromkeys(entry.recipe for entry in entries):
        own = [
            entry
            for entry in entries
            if entry.recipe == recipe and (out / entry.path / "generator.safetensors").is_file()
        ]
        if own:
            median = sorted(own, key=lambda entry: entry.scores.get("frechet_distance", float("inf")))[
                (len(own) - 1) // 2
            ]
            gan = load(out / median.path)
            rows = [gan.at(range(COLUMNS), 0, label) for label in gan.classes[:ROWS]] or [gan.at(range(ROWS * COLUMNS))]
            sheets[recipe] = modality.preview(np.concatenate(rows), gan.codec, COLUMNS).png
    indices = np.arange(source.count("test"))
    classes = source.labels(indices, "test") if source.classes else None
    some = [indices[classes == number][:COLUMNS] for number in range(min(ROWS, len(source.classes)))] or [
        indices[: ROWS * COLUMNS]
    ]
    write_sheet(
        {**sheets, "real": modality.preview(source.values(np.concatenate(some), "test"), codec, COLUMNS).png},
        out / "samples.png",
    )
