"""What looks at a training: the score, the sample sheet, the exported snapshot, the log. Each is handed to the trainer."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..algorithms import Batch
from ..callbacks.base import Monitor, Tick
from ..callbacks.health import Look, judge
from ..data.source import Source, TranslationSource
from ..errors import UserError
from ..evaluation.error_rate import error_rate
from ..modalities import Codec
from ..modalities import Preview as PreviewFiles
from ..networks import sampling
from ..util import files
from ..util.safetensors import about, to_bytes
from .trainer import Trainer

SCORE_SEED = 1  # of the scorers' own draws, whatever the training's seed
SCORE_CHUNK = 100  # samples a forward pass when scoring: faster than the small chunks of `generate`


class Sampler:
    """A fixed set of latents and classes (from `seed`), and what a generator makes of them."""

    def __init__(self, trainer_latent: Any, codec: Codec, count: int, shares: list[int], seed: int, device: torch.device):
        self.codec, self.device, self.seed, self.indices = codec, device, seed, range(count)
        self.latents = sampling.latents(trainer_latent, seed, range(count))
        self.classes = sampling.classes(shares, seed, range(count)) if shares else None

    def __call__(self, generator: torch.nn.Module, chunk: int) -> np.ndarray:
        condition = None if self.classes is None else {"class": self.classes}
        made = sampling.sample(generator, self.latents, condition, self.device, chunk, self.seed, self.indices)
        return np.concatenate([self.codec.decode(part) for part in made])

    def condition(self, count: int) -> dict[str, torch.Tensor] | None:
        """What the first `count` samples were made under, on the device."""
        return None if self.classes is None else {"class": self.classes[:count].to(self.device)}


class Translated:
    """Fixed held-out inputs, and what a generator makes from them. inputs: decoded."""

    classes = None

    def __init__(self, source: TranslationSource, codec: Codec, indices: np.ndarray, device: torch.device):
        self.codec, self.device = codec, device
        self.inputs = source.input_values(indices, "test", SCORE_SEED)

    @torch.no_grad()
    def __call__(self, generator: torch.nn.Module, chunk: int) -> np.ndarray:
        parts = [self.inputs[start : start + chunk] for start in range(0, len(self.inputs), chunk)]
        return np.concatenate([self.codec.decode(generator(self.codec.input.encode(part).to(self.device))) for part in parts])

    def condition(self, count: int) -> dict[str, torch.Tensor]:
        return {"input": self.codec.input.encode(self.inputs[:count]).to(self.device)}


class Score(Monitor):
    """Scores the averaged generator and tells the trainer whether this is the best snapshot so far."""

    def __init__(self, score: Any, sampler: Sampler | Translated):
        self.score, self.sampler = score, sampler

    def __call__(self, generator: torch.nn.Module) -> tuple[float, dict[str, Any]]:
        asked = None if self.sampler.classes is None else self.sampler.classes.numpy()
        self.values = self.sampler(generator, SCORE_CHUNK)
        selection, scores, self.features = self.score(self.values, asked)
        return selection if math.isfinite(selection) else float("inf"), scores

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        if tick.event == "tick":
            tick.selection, tick.scores = self(trainer.averages["generator"].module)
            trainer.judge(tick)


class Misread(Monitor):
    """Which share of held-out examples a discriminator that names classes gets wrong."""

    def __init__(self, codec: Codec, source: Source, count: int):
        self.codec, self.source, self.count = codec, source, count

    def __call__(self, trainer: Trainer) -> dict[str, Any]:
        module = trainer.averages["discriminator"].module
        found = error_rate(module, self.codec, self.source, self.count, SCORE_SEED, trainer.device)
        values = {"error_rate": found.value, "error_rate_trivial": found.trivial}
        return {name: {"value": value, "fingerprint": found.fingerprint} for name, value in values.items()}

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        if tick.event == "tick":
            tick.scores |= self(trainer)


class Health(Monitor):
    """Says how the training goes and what is to be done about it, from what `score` saw at the same tick and, where there is a
    discriminator, what it says of training examples, held-out ones and samples.

    examples: real ones with their conditions, by split, encoded and on the device.
    """

    CHUNK = 64

    def __init__(self, score: Score, codec: Codec, examples: dict[str, Batch], patience: int, rescues: int):
        self.score, self.codec, self.examples, self.patience, self.rescues = score, codec, examples, patience, rescues
        self.looks: list[Look] = []

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        left = self.rescues - trainer.attempt
        if tick.event == "diverged":
            tick.action = "roll back" if trainer.best and left > 0 else ""
            return
        assert tick.selection is not None
        evidence = self.score.score.neighbours(self.score.features)
        since = trainer.complete
        if trainer.images > since and any("discriminator" in turn.learners for turn in trainer.turns):
            evidence["gap"] = self._gap(trainer)
        real, fake = (tick.facts.get(f"accuracy.{kind}") for kind in ("real", "fake"))
        self.looks.append(Look(tick.images, tick.selection, real=real, fake=fake, **evidence))
        judged = judge(self.looks, self.patience, trainer.game.augments, left, self.score.score.noise, since)
        tick.health, tick.action, tick.notes["evidence"] = judged.state, judged.action, judged.evidence
        tick.facts |= {f"seen.{name}": value for name, value in evidence.items()}

    @torch.no_grad()
    def _gap(self, trainer: Trainer) -> float:
        """See `health.Look`: 0 where the discriminator cannot tell held-out reals from those it was trained on."""
        train, test = (self._verdict(trainer, batch) for batch in (self.examples["train"], self.examples["test"]))
        count = min(len(self.examples["train"].real), len(self.score.values))
        made = self.codec.encode(self.score.values[:count]).to(trainer.device)
        fake = self._verdict(trainer, Batch(made, self.score.sampler.condition(count)))
        return (train - test) / (train - fake) if train > fake else 0.0

    def _verdict(self, trainer: Trainer, batch: Batch) -> float:
        """The mean logit, without dropout and augmentation."""
        discriminator = trainer.game.players["discriminator"]
        discriminator.eval()
        rows = [batch.rows(start, start + self.CHUNK) for start in range(0, len(batch.real), self.CHUNK)]
        logits = torch.cat([discriminator(each.real, each.condition).logits.float() for each in rows])
        discriminator.train()
        return float(logits.mean())

    def state(self) -> dict[str, Any]:
        return {"looks": [asdict(look) for look in self.looks]}

    def load_state(self, state: dict[str, Any]) -> None:
        self.looks = [Look(**look) for look in state.get("looks", [])]


class Preview(Monitor):
    """The same samples at every tick, as files: samples/IMAGES.png and the like. sheet: from a generator to these files."""

    def __init__(self, folder: Path, sheet: Callable[[torch.nn.Module], PreviewFiles]):
        self.folder, self.sheet = folder, sheet

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        if tick.event == "tick":
            self.folder.mkdir(exist_ok=True)
            self.sheet(trainer.averages["generator"].module).write(self.folder / f"{tick.images:09d}")
            for later in self.folder.iterdir():  # of a stretch that was given up
                if later.stem.isdigit() and int(later.stem) > tick.images:
                    later.unlink()


class Export(Monitor):
    """Writes every player, averaged where an average is kept (generator.safetensors ...), whenever a snapshot is the best so far."""

    def __init__(self, folder: Path):
        self.folder = folder

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        if tick.event == "tick" and tick.best:
            averaged = {name: average.module for name, average in trainer.averages.items()}
            for name, player in {**trainer.game.players, **averaged}.items():
                self._write(name, player.state_dict(), tick.images)

    def restore(self, trainer: Trainer) -> None:
        """After a resume: hand out the best snapshot of the checkpoints, whatever a lost stretch of training wrote since."""
        if not trainer.best or self._exported() == trainer.best["images"] or trainer.best["images"] not in trainer.checkpoints.numbers():
            return  # the last: somebody removed that checkpoint, and what was exported stands
        groups = trainer.checkpoints.load(trainer.best["images"]).groups
        for name in trainer.game.players:
            group = groups["averages" if name in trainer.averages else "players"]
            self._write(
                name,
                {key.removeprefix(f"{name}."): value for key, value in group.items() if key.startswith(f"{name}.")},
                trainer.best["images"],
            )

    def _exported(self) -> int | None:
        path = self.folder / "generator.safetensors"
        return about(path.read_bytes(), path).get("images") if path.is_file() else None

    def _write(self, name: str, tensors: dict[str, torch.Tensor], images: int) -> None:
        files.write_bytes(self.folder / f"{name}.safetensors", to_bytes(tensors, {"format": 1, "player": name, "images": images}))


class Log(Monitor):
    """log.jsonl: one line a tick, on the disk before the checkpoint that remembers how long the log was."""

    goes_back = False

    def __init__(self, path: Path):
        self.path, self.bytes = path, 0

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        self.append(record(tick))

    def append(self, line: dict[str, Any]) -> None:
        data = (json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n").encode()
        with open(self.path, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.bytes += len(data)

    def state(self) -> dict[str, Any]:
        return {"bytes": self.bytes}

    def load_state(self, state: dict[str, Any]) -> None:
        self.bytes = state.get("bytes", 0)
        length = self.path.stat().st_size if self.path.exists() else 0
        if length < self.bytes:
            raise UserError(f"{self.path} is shorter than its checkpoint says; put the file back, or train into another folder with --out")
        if length > self.bytes:
            os.truncate(self.path, self.bytes)


class TensorBoard(Monitor):
    """Event files for TensorBoard, on request."""

    def __init__(self, folder: Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UserError('TensorBoard is not installed; run: pip install "sparring[log]"') from None
        self.writer = SummaryWriter(str(folder))

    def tick(self, trainer: Trainer, tick: Tick) -> None:
        shown = {**tick.facts, **{f"scores/{name}": score["value"] for name, score in tick.scores.items()}}
        for name, value in shown.items():
            self.writer.add_scalar(name.replace(".", "/"), value, tick.images)
        self.writer.flush()


def record(tick: Tick) -> dict[str, Any]:
    """A tick as a line of the log: plain JSON; numbers that are not finite become null."""
    line: dict[str, Any] = {"event": tick.event, "images": tick.images, "step": tick.step}
    for name, value in tick.facts.items():
        *path, last = name.split(".")
        node = line
        for part in path:
            node = node.setdefault(part, {})
        node[last] = _finite(value)
    scores = {name: {**score, "value": _finite(score["value"])} for name, score in tick.scores.items()}
    selection = None if tick.selection is None else _finite(tick.selection)
    return {
        **line,
        "selection": selection,
        "scores": scores,
        "best": tick.best,
        "health": tick.health,
        "action": tick.action,
        **tick.notes,
        "clock": tick.clock,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
