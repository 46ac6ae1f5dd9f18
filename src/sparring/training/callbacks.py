"""The callbacks of every training: score, error rate, health, preview, best snapshot, log, TensorBoard."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..algorithms import Batch
from ..callbacks.base import Action, Callback, Observation, Result
from ..callbacks.health import HealthTick, diagnose
from ..callbacks.progress import WORSE_THAN_TRIVIAL
from ..data.source import Source, Split
from ..errors import UserError
from ..evaluation.error_rate import error_rate
from ..inference.discriminate import discriminate
from ..metrics.scores import worse_than_trivial
from ..modalities import Codec
from ..modalities import Preview as PreviewFiles
from ..runs.log import damaged_lines, line_of
from ..util.files import sync_folder
from ..util.notes import warn
from . import snapshot
from .samplers import Sampler
from .trainer import Trainer

SCORE_SEED = 1  # of the random numbers of scores, independent of the training's seed
SCORE_CHUNK = 100  # samples in a forward pass for scores; faster than the small chunks of `generate`


class Score(Callback):
    """Scores the averaged generator.

    values, features: The values and features of the last scored samples, which later callbacks use.
    """

    def __init__(self, score: Any, sampler: Sampler):
        self.score, self.sampler = score, sampler

    def __call__(self, generator: torch.nn.Module, with_intervals: bool = False) -> tuple[float, dict[str, Any]]:
        """The selection score (infinity if it is not finite) and all scores by name."""
        classes = None if self.sampler.classes is None else self.sampler.classes.numpy()
        self.values = self.sampler(generator, SCORE_CHUNK)
        self.score.look_at(generator)
        selection, scores, self.features = self.score(self.values, classes, with_intervals)
        return selection if math.isfinite(selection) else float("inf"), scores

    def observe(self, trainer: Trainer, observation: Observation) -> Result | None:
        if observation.event != "tick":
            return None
        selection, scores = self(trainer.ema["generator"].module)
        worse = worse_than_trivial({name: score["value"] for name, score in scores.items()})
        return Result(scores=scores, selection=selection, notes={WORSE_THAN_TRIVIAL: worse} if worse else {})


class ErrorRate(Callback):
    """Measures the share of held-out examples that a discriminator with class logits classifies wrongly."""

    def __init__(self, codec: Codec, source: Source, count: int):
        self.codec, self.source, self.count = codec, source, count

    def __call__(self, trainer: Trainer) -> dict[str, Any]:
        module = trainer.ema["discriminator"].module
        found = error_rate(module, self.codec, self.source, self.count, SCORE_SEED, trainer.device)
        trivial = {"value": found.trivial, "fingerprint": found.fingerprint}
        rate = {"value": found.value, "low": found.low, "high": found.high, "fingerprint": found.fingerprint}
        return {"error_rate": rate, "error_rate_trivial": trivial}

    def observe(self, trainer: Trainer, observation: Observation) -> Result | None:
        return Result(scores=self(trainer)) if observation.event == "tick" else None


class HealthCheck(Callback):
    """Diagnoses the training, and asks the trainer to go back, to augment more or to stop.

    It uses the samples that `score` scored at the same tick. If there is a discriminator, it also uses its logits on
    training examples, held-out examples and samples.

    Args:
        score: The score's callback, which observes before this one.
        codec: The codec of the data.
        examples: Real examples with their conditions, by split, encoded, on the device.
        patience: The recipe's patience, in examples.
        max_rollbacks: The recipe's limit.
    """

    CHUNK = 64  # examples in a forward pass of the discriminator

    def __init__(self, score: Score, codec: Codec, examples: Mapping[Split, Batch], patience: int, max_rollbacks: int):
        self.score, self.codec, self.examples = score, codec, examples
        self.patience, self.max_rollbacks = patience, max_rollbacks
        self.history: list[HealthTick] = []

    def observe(self, trainer: Trainer, observation: Observation) -> Result | None:
        rollbacks_left = self.max_rollbacks - trainer.attempt
        if observation.event == "diverged":
            reason = observation.notes["reason"]
            return Result(evidence=reason, action=Action.ROLL_BACK) if trainer.best and rollbacks_left > 0 else None
        assert observation.selection is not None
        seen = self.score.score.neighbours(self.score.features)
        start = trainer.all_players_from
        if trainer.examples > start and any("discriminator" in phase.players for phase in trainer.phases):
            seen["gap"] = self._gap(trainer)
        real, fake = (observation.values.get(f"accuracy.{kind}") for kind in ("real", "fake"))
        printed = observation.scores.get("frechet_distance", {}).get("value")
        now = HealthTick(observation.examples, observation.selection, real=real, fake=fake, frechet=printed, **seen)
        self.history.append(now)
        can_augment, noise = trainer.algorithm.can_augment_more, self.score.score.noise
        found = diagnose(self.history, self.patience, can_augment, rollbacks_left, noise, start, trainer.extended_at)
        values = {f"seen.{name}": value for name, value in seen.items()}
        return Result(values, health=found.health, evidence=found.evidence, action=found.action)

    def _gap(self, trainer: Trainer) -> float:
        """The gap (see HealthTick): 0 if the discriminator does not tell held-out reals from training examples."""
        train, test = (self._mean_logit(trainer, batch) for batch in (self.examples["train"], self.examples["test"]))
        count = min(len(self.examples["train"].real), len(self.score.values))
        samples = self.codec.encode(self.score.values[:count]).to(trainer.device)
        fake = self._mean_logit(trainer, Batch(samples, self.score.sampler.condition(count)))
        return (train - test) / (train - fake) if train > fake else 0.0

    def _mean_logit(self, trainer: Trainer, batch: Batch) -> float:
        """The mean logit of a batch, without dropout and augmentation."""
        output = discriminate(trainer.players["discriminator"], batch.real, batch.condition, self.CHUNK)
        return float(output.logits.mean())

    def state(self) -> dict[str, Any]:
        return {"history": [asdict(tick) for tick in self.history]}

    def load_state(self, state: dict[str, Any]) -> None:
        self.history = [HealthTick(**tick) for tick in state.get("history", [])]


class Preview(Callback):
    """Writes a preview at every tick, always of the same latents or inputs: samples/EXAMPLES.png and the like.

    Args:
        folder: The folder of the previews.
        preview: A function from a generator to a preview.
    """

    def __init__(self, folder: Path, preview: Callable[[torch.nn.Module], PreviewFiles]):
        self.folder, self.preview = folder, preview

    def observe(self, trainer: Trainer, observation: Observation) -> None:
        if observation.event != "tick":
            return
        self.folder.mkdir(exist_ok=True)
        self.preview(trainer.ema["generator"].module).write(self.folder / f"{observation.examples:09d}")
        for later in self.folder.iterdir():  # remove previews of discarded examples
            if later.stem.isdigit() and int(later.stem) > observation.examples:
                later.unlink()


class SaveBest(Callback):
    """Saves every player (generator.safetensors ...) when a snapshot is the best so far.

    Players with an exponential moving average are saved as their average.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def observe(self, trainer: Trainer, observation: Observation) -> None:
        if observation.event == "tick" and observation.best:
            averaged = {name: average.module for name, average in trainer.ema.items()}
            for name, player in {**trainer.players, **averaged}.items():
                snapshot.write(self.folder, name, player.state_dict(), observation.examples)

    def restore(self, trainer: Trainer) -> None:
        """After a resume, save the best snapshot again if the saved one is damaged or not that of the checkpoint."""
        best = trainer.best["examples"] if trainer.best else None
        snapshot.restore(self.folder, trainer.checkpoints, best, trainer.players)


class KeepPretrained(Callback):
    """Saves the generator as it is before the discriminator takes part: pretrained.safetensors.

    An evaluation holds what the game makes of it against what a temperature makes of it.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def observe(self, trainer: Trainer, observation: Observation) -> None:
        if observation.event == "tick" and observation.examples <= trainer.all_players_from:
            tensors = trainer.ema["generator"].module.state_dict()
            snapshot.write(self.folder, snapshot.PRETRAINED, tensors, observation.examples)


class Log(Callback):
    """Writes log.jsonl, one line a tick.

    Each line is on the disk before the checkpoint of its tick, which records the length of the log. On a resume the log
    is cut to that length.
    """

    survives_rollback = True

    def __init__(self, path: Path):
        self.path, self.bytes = path, 0

    def observe(self, trainer: Trainer, observation: Observation) -> None:
        self.append(record(observation))

    def append(self, line: dict[str, Any]) -> None:
        """Write a line and wait until it is on the disk."""
        data, new = line_of(line), not self.path.exists()
        with open(self.path, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self.path.parent)
        self.bytes += len(data)

    def state(self) -> dict[str, Any]:
        return {"bytes": self.bytes}

    def load_state(self, state: dict[str, Any]) -> None:
        self.bytes = state.get("bytes", 0)
        length = self.path.stat().st_size if self.path.exists() else 0
        if length > self.bytes:
            os.truncate(self.path, self.bytes)
        elif length < self.bytes:  # the training needs no log: its state is in the checkpoint
            warn(f"{self.path} has lost {self.bytes - length:,} of {self.bytes:,} bytes: reports lack what stood there")
            self.bytes = length + self._end_line()
        if damaged := damaged_lines(self.path.parent):
            warn(f"{self.path} is damaged in line {damaged[0]}: reports leave {len(damaged)} of its lines out")

    def _end_line(self) -> int:
        """End a last line that was cut off, so that the next one stands alone. Returns the bytes written."""
        if not self.path.exists() or self.path.read_bytes()[-1:] in (b"", b"\n"):
            return 0
        with open(self.path, "ab") as file:
            return file.write(b"\n")


class TensorBoard(Callback):
    """Writes event files for TensorBoard. Raises UserError if TensorBoard is not installed."""

    def __init__(self, folder: Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UserError('TensorBoard is not installed; run: pip install "sparring[log]"') from None
        self.writer = SummaryWriter(str(folder))

    def observe(self, trainer: Trainer, observation: Observation) -> None:
        scores = {f"scores/{name}": score["value"] for name, score in observation.scores.items()}
        for name, value in {**observation.values, **scores}.items():
            self.writer.add_scalar(name.replace(".", "/"), value, observation.examples)
        self.writer.flush()


def record(observation: Observation) -> dict[str, Any]:
    """An observation as a line of the log, in JSON values. Numbers that are not finite become null."""
    line: dict[str, Any] = {"event": observation.event, "examples": observation.examples, "step": observation.step}
    for name, value in observation.values.items():
        *path, last = name.split(".")
        node = line
        for part in path:
            node = node.setdefault(part, {})
        node[last] = _finite(value)
    selection = None if observation.selection is None else _finite(observation.selection)
    return {
        **line,
        "selection": selection,
        "scores": {name: {**score, "value": _finite(score["value"])} for name, score in observation.scores.items()},
        "best": observation.best,
        "health": observation.health,
        "action": observation.action.value,
        **({"evidence": observation.evidence} if observation.evidence else {}),
        **observation.notes,
        "clock": observation.clock,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
