"""What the command line and Python programs call: train a GAN, or go on with a training."""

from __future__ import annotations

import platform
import shutil
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import filelock
import torch

from . import __version__, data, files, modalities
from .choose import Choices, probe, values
from .config import Recipe, images_from, load_recipe, parse_settings, with_settings
from .data.source import OpenOptions, Source
from .errors import Diverged, UserError
from .listening import Lines, Listener, duration, seconds_from
from .run import Run
from .training import session as sessions
from .training.devices import choose_device, device_name
from .training.monitors import TensorBoard, record
from .training.session import Session
from .training.trainer import Tick


@dataclass(frozen=True)
class Wishes:
    """What a person asked for; None: no wish. Rerunning a training with other wishes is refused, with the difference shown."""

    recipe: str | None = None
    images: str | int | None = None
    budget: str | float | None = None
    seed: int | None = None
    size: tuple[int, int] | None = None
    fit: str | None = None
    mode: str | None = None
    labels: str | None = None
    label_level: str | None = None
    init_from: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def train(
    source: str | Path | Source,
    recipe: str | None = None,
    out: str | Path | None = None,
    *,
    images: str | int | None = None,
    budget: str | float | None = None,
    stop_after: str | float | None = None,
    seed: int | None = None,
    size: tuple[int, int] | None = None,
    fit: str | None = None,
    mode: str | None = None,
    labels: str | None = None,
    label_level: str | None = None,
    init_from: str | Path | None = None,
    device: str = "auto",
    settings: dict[str, Any] | list[str] | tuple[str, ...] = (),
    tensorboard: bool = False,
    listener: Listener | None = None,
    stop: threading.Event | None = None,
    command: str | None = None,
) -> Run:
    """Train a GAN on a folder, archive or named set; the same call again goes on where an earlier one was stopped.

    source: a path, a name such as "digits" or "mnist", or a Source of one's own. recipe: a name of `list_recipes()` or a YAML file; None: the one for this
    kind of data. out: the run folder, else runs/NAME. images: "2M", "50epochs", "30000steps"; budget: a time such as "10m" that is
    turned into images before the start. stop_after: the hard clock; what is reached is saved. settings: {"batch": 64} or
    ["batch=64"]. stop: set it to end the training at the next step, saved.

    Raises UserError for everything that the caller can mend, Diverged when a training broke before it had any usable snapshot.
    """
    started = time.monotonic()
    wishes = Wishes(
        recipe, images, budget, seed, size, fit, mode, labels, label_level,
        None if init_from is None else Path(init_from).name,
        settings if isinstance(settings, dict) else parse_settings(settings),
    )  # fmt: skip
    if images is not None and budget is not None:
        raise UserError("give either images or a budget, not both: they are two ways to say how long")
    deadline = None if stop_after is None else started + seconds_from(stop_after)
    budget_end = None if budget is None else started + seconds_from(budget)
    listener, stop = listener or Lines(), stop or threading.Event()
    chosen, why = choose_device(device)
    run = Run(Path(out) if out else None or Path("runs") / default_name(source, recipe))
    with _only_training(run.path):
        listener.note(f"device: {chosen} ({why}); run folder: {run.path}")
        session = _resumed(run, source, wishes, chosen, listener) if run.exists else None
        if session is None and not run.exists:
            session = _begun(run, source, wishes, chosen, listener, budget_end, command, init_from)
        if session is not None:
            if tensorboard:
                session.trainer.monitors.append(TensorBoard(run.path / "tensorboard"))
            _fit(session, run, listener, stop, deadline)
    return run


def default_name(source: str | Path | Source, recipe: str | None) -> str:
    """runs/NAME for the default recipe, else runs/NAME-RECIPE."""
    stem = source.name if isinstance(source, Source) else Path(str(source).rstrip("/\\")).name.split(".")[0] or "data"
    return stem if recipe is None else f"{stem}-{Path(recipe).stem}"


def _only_training(folder: Path) -> Any:
    """A lock that the system lifts when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UserError(f"another training is writing {folder}; wait for it, stop it, or choose another folder with --out") from None
    return lock


# -- a new run ---------------------------------------------------------------------------------------------------------------------------


def _begun(
    run: Run, where: str | Path | Source, wishes: Wishes, device: torch.device, listener: Listener, budget_end: float | None, command: str | None,
    init_from: str | Path | None,
) -> Session:  # fmt: skip
    """Open the data, fill every open value, measure the machine, and write down what will be trained."""
    base = Run(init_from).recipe() if init_from is not None else None
    source = _open(where, _open_options(wishes, device, base[1]["data"] if base else {}))
    for note in source.notes:
        listener.note(note)
    recipe = base[0] if base and wishes.recipe is None else load_recipe(wishes.recipe or modalities.get(source.modality).DEFAULT_RECIPE)
    if base and wishes.recipe is None:
        recipe = recipe.model_copy(update={"images": None, "tick": None, "score_samples": None, "final_samples": None, "precision": None})
    recipe = with_settings(recipe, {**wishes.settings, **({"images": wishes.images} if wishes.images is not None else {})})
    recipe = recipe.model_copy(update={"seed": wishes.seed or 0} if wishes.seed is not None else {})
    if source.modality not in recipe.modalities:
        raise UserError(f"recipe '{recipe.name}' is for {' or '.join(recipe.modalities)}, and {where} holds {source.modality}; see `sparring recipes`")
    choices = Choices(recipe)
    values.from_data(choices, source)
    values.from_machine(choices, device)
    players = sessions.build_players(choices.recipe, source, device)
    if init_from is not None:
        sessions.start_from(players, Path(init_from))
        listener.note(f"starting from the weights of {init_from}")
    values.micro_batch(choices, players)
    codec = modalities.get(source.modality).fit_codec(source, choices.recipe.value_range)
    net = sessions.fit_features(source, run.path, listener.progress)
    session = sessions.build(choices.recipe, source, codec, players, device, run.path, net)
    _plan(choices, session, budget_end, listener)
    for key, reason in choices.reasons.items():
        listener.note(f"{key}: {getattr(choices.recipe, key)} ({reason})")
    session.trainer.recipe = choices.recipe
    _check_disk(session, run.path)
    files.write_json(run.path / "source.json", source.describe())
    files.write_json(run.path / "codec.json", codec.describe())
    files.write_json(run.path / "local.json", {"format": 1, "data": _place(where)})
    run.write_recipe(choices.recipe, _about(choices, session, wishes, device, command))
    session.watch()
    session.log.load_state({})
    session.trainer.checkpoints.clean()
    return session


def _open(where: str | Path | Source, options: OpenOptions) -> Source:
    return where if isinstance(where, Source) else data.open(where, options)


def _open_options(wishes: Wishes, device: torch.device, stored: dict[str, Any]) -> OpenOptions:
    """The wishes of now, else those of the run that is gone on with or started from, else what suits the device."""
    asked = {key: getattr(wishes, key) for key in ("size", "fit", "mode", "labels", "label_level") if getattr(wishes, key) is not None}
    stored = {**stored, "size": tuple(stored["size"])} if stored.get("size") else stored
    return OpenOptions(**{"max_side": values.largest_side(device), **stored, **asked})


def _plan(choices: Choices, session: Session, budget_end: float | None, listener: Listener) -> None:
    fixed = choices.recipe.tick and choices.recipe.score_samples and choices.recipe.final_samples and budget_end is None
    left = None if budget_end is None else budget_end - time.monotonic()
    seconds = min(5.0, 0.05 * left) if left is not None and left > 0 else 1.5
    if not fixed:
        listener.note("timing a few steps ...")

    def sample(count: int) -> None:
        session.net(session.sampler(count)(session.trainer.averages["generator"].module, 100))

    speed = probe.Speed(1.0, 1.0) if fixed else probe.measure(session.trainer, sample, seconds)
    left = None if budget_end is None else max(1.0, budget_end - time.monotonic() - FINISHING)
    probe.plan(choices, speed, session.source.count("train"), session.trainer.step_images, left)


FINISHING = 3.0  # seconds that the report and the film take at the end


def _check_disk(session: Session, folder: Path) -> None:
    needed = 4 * sessions.state_bytes(session.trainer) + (50 << 20)  # two newest, the best, one being written; sheets and reports
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(f"{folder} has {free >> 20} MB free and this training needs about {needed >> 20} MB; free some or choose another --out")


def _about(choices: Choices, session: Session, wishes: Wishes, device: torch.device, command: str | None) -> dict[str, Any]:
    described = session.codec.describe()
    size = list(session.source.shape[1:]) if len(session.source.shape) == 3 else None
    opened = {"size": size, "fit": described.get("fit"), "mode": described.get("mode"), "labels": wishes.labels, "label_level": wishes.label_level}
    return {
        "data": {key: value for key, value in opened.items() if value is not None},
        "asked": {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(wishes).items() if value not in (None, {})},
        "reasons": choices.reasons,
        "command": command or "",
        "versions": versions(),
        "machine": {"device": device.type, "name": device_name(device), "threads": torch.get_num_threads()},
    }


def _place(where: str | Path | Source) -> str:
    """Where the data lies on this machine, for local.json."""
    if isinstance(where, Source):
        return where.name
    return str(Path(where).absolute() if Path(where).exists() else where)


def versions() -> dict[str, str]:
    return {"sparring": __version__, "torch": str(torch.__version__), "python": platform.python_version()}


# -- going on with a run -------------------------------------------------------------------------------------------------------------------


def _resumed(run: Run, where: str | Path | Source, wishes: Wishes, device: torch.device, listener: Listener) -> Session | None:
    """The session of an existing run at its newest checkpoint, or None when there is nothing left to do."""
    recipe, about = run.recipe()
    _refuse_changes(run, recipe, about, wishes)
    log = run.log()
    ended = log[-1] if log and log[-1]["event"] in ("final", "diverged") else None
    if ended and ended["event"] == "diverged":
        raise Diverged(_diverged_sentence(run.path, ended))
    source = _open(where, _open_options(Wishes(), device, about["data"]))
    if source.content_hash != run.read_json("source.json")["content_hash"]:
        raise UserError(f"the data in {where} is not what {run.path} was trained on; train into another folder with --out, perhaps with --init-from {run.path}")
    players = sessions.build_players(recipe, source, device)
    net = sessions.fit_features(source, run.path, listener.progress)
    codec = modalities.get(source.modality).codec_from(run.read_json("codec.json"))
    session = sessions.build(recipe, source, codec, players, device, run.path, net)
    extended = _extended(recipe, wishes, source, session.trainer.step_images)
    if ended and (extended is None or ended["health"] == "diverged"):
        listener.note(f"{run.path} is finished ({ended['images']:,} images); raise --images to train on")
        return None
    if extended is not None:
        session.trainer.recipe = recipe.model_copy(update={"images": extended})
        about["reasons"]["images"] = f"raised from {recipe.images:,}"
        run.write_recipe(session.trainer.recipe, about)
    for what, then, now in _differences(about, device):
        listener.note(f"{what} was {then} and is {now}: the training goes on, but not bit for bit as it would have")
    session.watch()
    if not session.trainer.resume():
        session.log.load_state({})
    session.export.restore(session.trainer)
    return session


def _refuse_changes(run: Run, recipe: Recipe, about: dict[str, Any], wishes: Wishes) -> None:
    stored, changed = about["asked"], []
    for key, now in asdict(wishes).items():
        then = stored.get(key)
        now = list(now) if isinstance(now, tuple) else now
        if now is None or key in ("images", "settings") or now == then or (key == "recipe" and now == recipe.name) or (key == "seed" and now == recipe.seed):
            continue
        changed.append(f"{key} {then if then is not None else 'unset'} -> {now}")
    if wishes.settings:
        now_values, then_values = with_settings(recipe, wishes.settings).model_dump(), recipe.model_dump()
        changed += [f"{key} -> {value}" for key, value in wishes.settings.items() if now_values != then_values and stored.get("settings", {}).get(key) != value]
    if changed:
        raise UserError(
            f"{run.path} was begun differently ({'; '.join(changed)}); leave the change out to go on, or train into another folder with --out"
            + (" (a longer training: give --images)" if wishes.budget is not None else "")
        )


def _extended(recipe: Recipe, wishes: Wishes, source: Source, step_images: int) -> int | None:
    """The larger number of images asked for, in whole steps; None when it is no more than before."""
    if wishes.images is None:
        return None
    steps = -(-images_from(wishes.images, source.count("train"), step_images) // step_images)
    assert isinstance(recipe.images, int)
    return steps * step_images if steps * step_images > recipe.images else None


def _differences(about: dict[str, Any], device: torch.device) -> list[tuple[str, Any, Any]]:
    then = {**about["versions"], **about["machine"]}
    now = {**versions(), "device": device.type, "name": device_name(device), "threads": torch.get_num_threads()}
    return [(what, then.get(what), value) for what, value in now.items() if then.get(what) != value]


# -- the training itself -------------------------------------------------------------------------------------------------------------------


def _fit(session: Session, run: Run, listener: Listener, stop: threading.Event, deadline: float | None) -> None:
    trainer = session.trainer
    total = trainer.recipe.images
    assert isinstance(total, int)
    trainer.monitors.append(_Steps(listener))
    listener.begin(trainer.images, total)
    out_of_time = threading.Event()

    def end() -> None:
        out_of_time.set()
        stop.set()

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end) if deadline else None
    if timer:
        timer.daemon = True
        timer.start()
    begun, first, last = time.monotonic(), trainer.images, None
    try:
        for last in trainer.fit(stop):
            listener.tick(last)
    finally:
        if timer:
            timer.cancel()
    if last is not None and last.event == "diverged":
        if not (run.path / "generator.safetensors").is_file():
            raise Diverged(_diverged_sentence(run.path, record(last)))
        listener.note(f"{last.notes['reason']} at {last.images:,} images: the training ends here as diverged, and its best snapshot is kept")
    elif trainer.images < total:
        why = "the time of --stop-after is up" if out_of_time.is_set() else "stopped"
        listener.note(f"{why} at {trainer.images:,} of {total:,} images, saved; run the same command to go on")
        return
    _say_if_slow(listener, trainer.recipe, trainer.images - first, time.monotonic() - begun, run)
    _finish(session, run, listener, last)


def _finish(session: Session, run: Run, listener: Listener, last: Tick | None) -> None:
    """Score the snapshot that is handed out, and write the pages for a person."""
    from .reports import write_card, write_film, write_report

    trainer = session.trainer
    listener.note("scoring the best snapshot ...")
    selection, scores = session.final_score()
    health = last.health if last is not None else "unjudged"
    tick = Tick(trainer.images, trainer.steps, {}, {}, scores, selection, event="final", health=health)
    tick.notes["snapshot"] = trainer.best["images"] if trainer.best else trainer.images
    session.log.append(record(tick))
    film = write_film(run.path)
    report = write_report(run.path)
    write_card(run.path)
    for name, score in scores.items():
        listener.note(f"{name.replace('_', ' ')}: {score['value']:.4g}")
    sheets = sorted((run.path / "samples").glob("*.png"))
    listener.note(f"samples: {sheets[-1] if sheets else run.path / 'samples'} (film: {film})\nreport: {report}")


def _say_if_slow(listener: Listener, recipe: Recipe, images: int, seconds: float, run: Run) -> None:
    """A budget was turned into images at the start; on a machine that got slower it takes longer, and says so."""
    reason = run.recipe()[1]["reasons"].get("images", "")
    if "of the budget" in reason and images:
        planned = float(reason.split(" s left")[0])
        assert isinstance(recipe.images, int)
        if seconds > 1.2 * planned * images / recipe.images:
            listener.note(f"the machine was slower than at the start: {duration(seconds)} instead of {duration(planned)}")


def _diverged_sentence(folder: Path, line: dict[str, Any]) -> str:
    return f"{line.get('reason', 'training diverged')} at {line['images']:,} images, before {folder} had a usable snapshot; try a lower learning rate in another --out"


class _Steps:
    """Passes every step on to the listener."""

    def __init__(self, listener: Listener):
        self.listener = listener

    def step(self, trainer: Any) -> None:
        self.listener.step(trainer.images)

    def tick(self, trainer: Any, tick: Tick) -> None: ...

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, state: dict[str, Any]) -> None: ...


