"""A small source, every recipe at a size that trains in a blink, and ways to compare runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sparring import algorithms, modalities
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, with_settings
from sparring.data.source import PictureSource, ScanReport, Source
from sparring.data.splits import Arrangement
from sparring.modalities.pairs.maps import Legend
from sparring.modalities.pairs.source import PairSource, Side
from sparring.runs.log import read_log
from sparring.training.assembly import build_players
from sparring.training.autoconfig import Choices, rules
from sparring.training.checkpoints import Checkpoints
from sparring.training.loader import Loader
from sparring.training.processes import ALONE, Processes
from sparring.training.trainer import Trainer

SMALL = {
    "width": 4,
    "patch_head_width": 8,
    "widths": [16, 12],
    "start_units": 32,
    "growth": 4,
    "blocks": 1,
    "components": 3,
    "clusters": 3,
    "rank": 8,
    "waves": 2,
    "motion_steps": 4,
    "start_steps": 2,
    "spectrum_width": 2,
}


class ArraySource(PictureSource):
    """Pictures made from a seed: each class a bright bar at its own height, so that there is something to learn."""

    modality, fit = "image", "crop"

    def __init__(self, shape=(1, 8, 8), classes=3, train=120, test=30, seed=0):
        self.shape, self.classes, self.name = shape, tuple(f"class {number}" for number in range(classes)), "bars"
        rng = np.random.default_rng(seed)
        self._labels = {
            split: np.arange(count) % max(1, classes)
            for split, count in (("train", train), ("test", test), ("validation", 0))
        }
        self._values = {
            split: rng.integers(0, 60, (len(labels), *shape), dtype=np.uint8) for split, labels in self._labels.items()
        }
        for split, labels in self._labels.items():
            for picture, label in zip(self._values[split], labels, strict=True):
                picture[:, int(label * shape[1] / max(1, classes))] += 180
        self.content_hash = hashlib.sha256(
            b"".join(self._values[split].tobytes() for split in ("train", "test")) + str(self.classes).encode()
        ).hexdigest()
        counts = {name: int((self._labels["train"] == number).sum()) for number, name in enumerate(self.classes)}
        self.notes, self.report = (), ScanReport(counts={"train": train, "test": test}, labels=counts)

    def count(self, split="train"):
        return len(self._labels[split])

    def values(self, indices, split="train"):
        return self._values[split][indices]

    def labels(self, indices, split="train"):
        return self._labels[split][indices].astype(np.int64)


def pair_source(shape=(3, 12, 16), label_maps=None, train=40, test=12, seed=0):
    """Pairs made from a seed: bars beside their negatives, or beside label maps of three classes."""
    bars = ArraySource(shape, 0, train + test, 2, seed)
    pictures = bars.values(np.arange(train + test))
    numbers = (pictures[:, :1] // 90).clip(0, 2).astype(np.uint8)
    legend = Legend((0, 5, 9), ("low", "middle", "high"), ((0, 0, 0), (200, 0, 0), (0, 200, 0)), (11,))
    sides = {"input": Side("photos", pictures), "output": Side("negatives", 255 - pictures)}
    if label_maps:
        other = "output" if label_maps == "input" else "input"
        sides = {label_maps: Side("labels", numbers, legend), other: Side("photos", pictures)}
    done = Arrangement(["train"] * train + ["test"] * test, [None] * (train + test))
    hashes = [hashlib.sha256(picture.tobytes()).digest() for picture in pictures]
    return PairSource("pairs", sides["input"], sides["output"], done, hashes, "crop", ScanReport())


def smoke_settings(recipe: str, examples: int = 96, tick: int = 32, batch: int = 16) -> dict[str, object]:
    """Settings that shrink a recipe's networks (those of SMALL that they have) and fix every length."""
    settings: dict[str, object] = {
        "batch": batch,
        "examples": examples,
        "tick": tick,
        "score_samples": 20,
        "final_samples": 20,
        "precision": "float32",
        "patience": 0,
    }
    for name, player in load_recipe(recipe).players.items():
        for option in player.options:
            if option in SMALL and (player.options[option] is not None or option in ("width", "rank")):  # open ones too
                settings[f"players.{name}.options.{option}"] = SMALL[option]
    return settings


def trainer(source: Source, recipe: str, folder: Path, processes: Processes = ALONE, **settings: object) -> Trainer:
    """A shrunken recipe's trainer without callbacks, on the CPU."""
    choices, device = (
        Choices(with_settings(load_recipe(recipe), {**smoke_settings(recipe), **settings})),
        torch.device("cpu"),
    )
    codec = modalities.get(source.modality).codec_of(choices.recipe.representation, source, choices.recipe.value_range)
    players = build_players(choices.recipe, codec, len(source.classes), device)
    rules.shards(choices, players, device, processes.count)
    rules.micro_batch(choices, players)
    torch.manual_seed(0)
    perceptual = nn.Sequential(nn.Conv2d(source.shape[0], 4, 1), nn.ReLU()) if len(source.shape) == 3 else None
    algorithm = algorithms.build(choices.recipe, players, perceptual)
    loader = Loader(source, codec, choices.recipe.batch, choices.recipe.seed, device, processes=processes)
    checkpoints = Checkpoints(folder / "checkpoints")
    return Trainer(choices.recipe, algorithm, loader, device, checkpoints, processes=processes)


def fingerprint(run: Path) -> dict[str, str]:
    """A hash of every file that must not depend on interruptions; the log without its times."""
    hashes = {}
    for path in sorted([*run.glob("*.safetensors"), *(run / "samples").iterdir(), *(run / "checkpoints").glob("*/*")]):
        data = path.read_bytes()
        if path.name == "state.json":
            state = json.loads(data)
            state["callbacks"]["Log"] = state["sha256"] = None  # the log's length varies with the digits of its times
            data = json.dumps(state).encode()
        hashes[str(path.relative_to(run))] = hashlib.sha256(data).hexdigest()
    hashes["log"] = json.dumps([{**line, "clock": None} for line in read_log(run)])
    return hashes


def scramble(module, seed=0):
    """Every parameter away from its special start (zero biases, zero noise strengths)."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return module


class StopAt(Callback):
    """Stops the training at the first step at or after `examples`."""

    def __init__(self, examples: int, stop):
        self.examples, self.stop = examples, stop

    def step(self, trainer) -> None:
        if trainer.examples >= self.examples:
            self.stop.set()
