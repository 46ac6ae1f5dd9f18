"""Search better settings of a recipe: many trainings on the same data, then a fair comparison with the default."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import api, modalities
from .callbacks.base import Callback, Observation
from .callbacks.progress import checked_console
from .config.options import TrainOptions, how_to_open, train_options
from .config.reading import FORMAT, dump_yaml, load_recipe, with_settings
from .config.recipe import Recipe
from .config.signatures import with_options
from .config.space import Range, Space, read_space, settings_of
from .data.source import Source
from .errors import Diverged, UserError
from .modalities.opening import open_data, option_fields
from .runs.folder import Run
from .util import checks, files
from .util.devices import choose_device, max_image_side
from .util.spelling import spells_options

SHARED = ("recipe", "examples", "epochs", "budget", "device")  # the options of a training that hold for all of them
FRESH_SEEDS = (1, 2, 3)  # with which the winner and the default are trained again; trials have seed 0
WARM_UP_TRIALS = 5  # before a training may be ended early
STORE, FOUND, TABLE, RECIPE, BEST = "search.sqlite", "search.json", "README.md", "recipe.yaml", "best.yaml"
KEEP = "keep the default"


@dataclass(frozen=True)
class Finding:
    """What a search found.

    trials: For each trial its settings and its score; lower is better, None where it diverged.
    best: The settings of the best one.
    default, winner: The scores with the fresh seeds, without and with these settings.
    verdict: In one sentence. is_better: Whether the best settings beat the default with each fresh seed.
    """

    trials: list[dict[str, Any]]
    best: dict[str, Any]
    default: list[float] = field(default_factory=list)
    winner: list[float] = field(default_factory=list)
    verdict: str = ""
    is_better: bool = False


@spells_options
@with_options({**{name: TrainOptions.model_fields[name] for name in SHARED}, **option_fields()})
def search(
    data: Any,
    space: str | Path,
    out: str | Path,
    *,
    trials: int = 20,
    stop: threading.Event | None = None,
    console: Callback | None = None,
    **options: Any,
) -> Finding | None:
    """Train a recipe with many settings, equally long, and say whether the best ones beat the default.

    Optuna proposes the settings, from those of earlier trials (Akiba et al. 2019, arXiv:1907.10902). The score is that
    by which a training chooses its snapshot. Trainings that fall behind the median of the others end early. The best
    settings and the default are then trained with three fresh seeds: the best of many trials is partly luck.

    Args:
        data: As for `sparring.train`.
        space: A YAML file, see `sparring.config.space`.
        out: The folder for the runs and the result. The same call again resumes.
        trials: How many settings are tried, the default's included.
        stop: Set this event to stop the search at the next step, saved.
        console: Gets the messages and the progress. Default: prints plain lines.
        **options: See `sparring.config.options.TrainOptions` and the options of the data.

    Returns:
        What was found; None where it was stopped before.

    Raises:
        UserError: For everything that the caller can mend.
    """
    console, out, space = checked_console(console), checks.path(out, "--out"), checks.path(space, "--space")
    trials = checks.whole_number(trials, "--trials", 2, 10_000)
    job = _Job.of(data, space, out, options, stop or threading.Event(), console)
    study = _study(job)
    while (number := len(_finished(study))) < trials:
        console.note(f"trial {number + 1} of {trials}")
        if not _try(study, job):
            return None
    found = _confirmed(study, job)
    if found is not None:
        _write(out, found, job)
    return found


@dataclass(frozen=True)
class _Job:
    """What all trainings of a search have in common."""

    source: Source
    recipe: Recipe
    space: Space
    out: Path
    lengths: dict[str, Any]
    device: str
    stop: threading.Event
    console: Callback

    @classmethod
    def of(
        cls, data: Any, space: Path, out: Path, options: dict[str, Any], stop: threading.Event, console: Callback
    ) -> _Job:
        where, options = api.with_labels(data, options)
        asked = train_options(options, option_fields())
        if (asked.budget is None) == (asked.examples is None):
            raise UserError("give either --budget or --examples: all settings are tried equally long")
        named = None if asked.recipe is None else load_recipe(asked.recipe)
        device = choose_device(asked.device)[0]
        source = open_data(where, *how_to_open(asked.data, max_image_side(device), named))
        recipe = named or load_recipe(modalities.get(source.modality).default_recipe)
        lengths = {"budget": asked.budget, "examples": asked.examples}
        return cls(source, recipe, read_space(space, recipe), out, lengths, asked.device, stop, console)

    def train(self, name: str, settings: dict[str, Any], seed: int, watch: _Watch | None = None) -> float | None:
        """Train in the folder of this name. Returns the score of the kept snapshot; None where it was stopped."""
        stop, callbacks = (watch.stop, [watch]) if watch else (self.stop, [])
        options: dict[str, Any] = {**self.lengths, "device": self.device, "settings": settings, "seed": seed}
        folder, recipe = self.out / name, str(self.out / RECIPE)
        try:
            api.train(self.source, recipe, folder, callbacks=callbacks, console=self.console, stop=stop, **options)
        except Diverged as error:
            self.console.note(str(error))
            return float("inf")
        last = Run(folder).log()[-1:]
        return float(last[0]["selection"]) if last and last[0]["event"] == "final" else None

    def facts(self) -> str:
        """What a search may not change when it goes on."""
        space = {
            key: values.model_dump() if isinstance(values, Range) else values for key, values in self.space.items()
        }
        about = {"space": space, "recipe": self.recipe.model_dump(mode="json"), "data": self.source.content_hash}
        return json.dumps({**about, **self.lengths}, sort_keys=True)


class _Watch(Callback):
    """Tells Optuna the score of each tick, and stops a training that Optuna gives up, or all.

    given_up: Whether Optuna gave this one up.
    """

    def __init__(self, trial: Any, everything: threading.Event):
        self.trial, self.everything, self.stop, self.given_up = trial, everything, threading.Event(), False

    def step(self, trainer: Any) -> None:
        if self.everything.is_set():
            self.stop.set()

    def observed(self, observation: Observation) -> None:
        if observation.event != "tick" or observation.selection is None:
            return
        self.trial.report(observation.selection, observation.examples)
        if self.trial.should_prune():
            self.given_up = True
            self.stop.set()


def _study(job: _Job) -> Any:
    """The study in the folder, new or continued. Raises UserError for that of another search."""
    try:
        import optuna
    except ImportError:
        raise UserError("a search needs Optuna: pip install 'sparring[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    job.out.mkdir(parents=True, exist_ok=True)
    store = f"sqlite:///{(job.out / STORE).resolve()}"
    pruner = optuna.pruners.MedianPruner(n_startup_trials=WARM_UP_TRIALS)
    study = optuna.create_study(storage=store, study_name="search", pruner=pruner, load_if_exists=True)
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials))  # which goes on where it was stopped
    if study.user_attrs.get("facts", job.facts()) != job.facts():
        raise UserError(f"{job.out} holds a search with other data, recipe, space or length; choose another --out")
    if "facts" not in study.user_attrs:
        files.write_text(job.out / RECIPE, dump_yaml({"format": FORMAT, **job.recipe.model_dump(mode="json")}))
        if (own := settings_of(job.recipe, job.space)) is not None:
            study.enqueue_trial(own)
        study.set_user_attr("facts", job.facts())
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):  # it was interrupted
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params, user_attrs=trial.user_attrs)
    return study


def _finished(study: Any) -> list[Any]:
    """The trials that have a score, in order."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED")]


def _try(study: Any, job: _Job) -> bool:
    """Train with the next settings. Returns False where that was stopped."""
    import optuna

    trial = study.ask()
    if "run" not in trial.user_attrs:
        trial.set_user_attr("run", f"trial-{trial.number:04d}")
    settings = {key: _proposed(trial, key, values) for key, values in job.space.items()}
    job.console.note(", ".join(f"{key}={_shown(value)}" for key, value in settings.items()))
    watch = _Watch(trial, job.stop)
    score = job.train(trial.user_attrs["run"], settings, 0, watch)
    if score is not None:
        study.tell(trial, score)
    elif watch.given_up:
        job.console.note("given up: worse than the median of the trials before it")
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return score is not None or watch.given_up


def _proposed(trial: Any, key: str, values: Any) -> Any:
    if not isinstance(values, Range):
        return trial.suggest_categorical(key, values)
    suggest = trial.suggest_int if values.whole else trial.suggest_float
    step = {} if values.step is None else {"step": values.step}
    return suggest(key, values.low, values.high, log=values.log, **step)


def _confirmed(study: Any, job: _Job) -> Finding | None:
    """The best settings against the default, with fresh seeds; None where it was stopped."""
    tried = [
        {"settings": each.params, "score": each.value if each.value != float("inf") else None, "state": each.state.name}
        for each in _finished(study)
    ]
    best = dict(study.best_trial.params)
    if study.best_value == float("inf"):
        return Finding(tried, best, verdict=f"{KEEP}: every trial diverged")
    if best == settings_of(job.recipe, job.space):
        return Finding(tried, best, verdict=f"{KEEP}: no trial was better")
    scores: dict[str, list[float]] = {"default": [], "winner": []}
    for seed in FRESH_SEEDS:
        for name, settings in (("default", {}), ("winner", best)):
            job.console.note(f"{name}, seed {seed}")
            score = job.train(f"{name}-{seed}", settings, seed)
            if score is None:
                return None
            scores[name].append(score)
    pairs = list(zip(scores["winner"], scores["default"], strict=True))
    wins = sum(winner < default for winner, default in pairs)
    shown = ", ".join(f"{winner:.4g} against {default:.4g}" for winner, default in pairs)
    verdict = (
        "the best settings beat the default" if wins == len(pairs) else f"{KEEP}: the best settings do not beat it"
    )
    verdict += f" with {wins} of {len(pairs)} fresh seeds (scores: {shown}; lower is better)"
    return Finding(tried, best, scores["default"], scores["winner"], verdict, wins == len(pairs))


def _write(out: Path, found: Finding, job: _Job) -> None:
    """Write the result as JSON, as a table, and as a recipe where it is better than the default."""
    files.write_json(out / FOUND, asdict(found))
    best = out / BEST
    best.unlink(missing_ok=True)
    if found.is_better:
        recipe = with_settings(job.recipe, found.best)
        files.write_text(best, dump_yaml({"format": FORMAT, **recipe.model_dump(mode="json")}))
    ordered = sorted(found.trials, key=lambda each: (each["score"] is None, each["score"]))
    rows = [
        f"| {'diverged' if each['score'] is None else format(each['score'], '.4g')}"
        f"{' (given up)' if each['state'] == 'PRUNED' else ''} | "
        + " | ".join(_shown(each["settings"].get(key, "")) for key in job.space)
        + " |"
        for each in ordered
    ]
    head = f"| score | {' | '.join(job.space)} |\n|{' --- |' * (len(job.space) + 1)}"
    files.write_text(
        out / TABLE,
        f"# Search on {job.source.name}\n\n{found.verdict[0].upper()}{found.verdict[1:]}.\n\n{head}\n"
        + "\n".join(rows)
        + "\n",
    )


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
