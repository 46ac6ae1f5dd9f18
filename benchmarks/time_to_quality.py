"""How much sooner `mixture` is as good as a tutorial's `dcgan` after ten minutes, and how much better after as long.

    SPARRING_DATA=folder python benchmarks/time_to_quality.py --data mnist --json time.json --work runs/time [--quick]

The baseline is the recipe `dcgan` as a tutorial writes its loop: the same networks, eager float32, Adam, no average of
the generator. Both get the labels. Training counts, and for ours everything between the opened data and the first step
too (the start fitted to the data, the timed steps); imports, learning the features of the online score, scoring and
checkpoints do not. Snapshots are stored while training and scored afterwards by features of a network trained for this
alone (seed and width unlike those of the training's own score), on 10,000 samples against the held-out pictures; the
moment of crossing is interpolated between the snapshots. What is done is kept in --work, and a second call does the
rest; --json is written after every part. --peers: Keras' DCGAN as its documentation has it, by the Python of an
environment of its own (`pip install keras torch`), trained as long and scored alike.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring import modalities
from sparring.callbacks.base import Callback, Observation
from sparring.config.options import train_options
from sparring.config.reading import load_recipe, with_settings
from sparring.data.source import Source
from sparring.evaluation.extractors import classifier
from sparring.metrics import frechet
from sparring.metrics.feature_net import FeatureNet
from sparring.metrics.kernel import kernel_distance
from sparring.metrics.neighbours import coverage
from sparring.modalities.image.features import fit_features
from sparring.modalities.opening import open_data, option_fields
from sparring.networks import sampling
from sparring.runs.folder import Run
from sparring.training.assembly import build_players
from sparring.training.loader import Loader
from sparring.training.samplers import LatentSampler
from sparring.training.setup import set_up
from sparring.util import safetensors
from sparring.util.devices import choose_device, device_name
from sparring.util.files import write_bytes

SCORER_SEED, SAMPLES, KERNEL_SAMPLES = 20_261_121, 10_000, 2_000
EVERY = 20.0  # seconds of training between two snapshots of the baseline
PEER_EVERY = 200.0  # and of the peer, whose samples take a minute
Scores = dict[str, float]


@dataclass
class Snapshots:
    """Generators stored while training, by the seconds that it had taken."""

    folder: Path

    def add(self, seconds: float, examples: int, generator: nn.Module) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{seconds * 1000:09.0f}-{examples}.safetensors"
        write_bytes(self.folder / name, safetensors.to_bytes(generator.state_dict(), {"format": 1}))

    def all(self) -> list[tuple[float, int, Path]]:
        parts = [(path.stem.split("-"), path) for path in sorted(self.folder.glob("*.safetensors"))]
        return [(int(ms) / 1000, int(examples), path) for (ms, examples), path in parts]


def plain_loop(source: Source, seed: int, minutes: float, snapshots: Snapshots) -> None:
    """The recipe `dcgan` as a tutorial writes it."""
    recipe = with_settings(load_recipe("dcgan"), {"seed": seed})
    device, _ = choose_device("auto")
    codec = modalities.get(source.modality).fit_codec(source, recipe.value_range)
    players = build_players(recipe, codec, len(source.classes), device)
    generator, discriminator = players["generator"], players["discriminator"]
    for player in players.values():
        player.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    assert recipe.batch
    loader = Loader(source, codec, recipe.batch, seed, device)
    adams = {
        name: torch.optim.Adam(player.parameters(), 2e-4, (0.5, 0.999), foreach=False)
        for name, player in players.items()
    }
    torch.manual_seed(seed)
    examples, spent, stored = 0, 0.0, 0.0
    while spent < 60 * minutes:
        start = time.perf_counter()
        batch = loader.at(examples, 0)
        ones, zeros = torch.ones(recipe.batch, device=device), torch.zeros(recipe.batch, device=device)
        latent = torch.randn(recipe.batch, recipe.latent.size, device=device)
        fake = generator(latent, batch.condition)
        adams["discriminator"].zero_grad()
        loss = binary_cross_entropy_with_logits(discriminator(batch.real, batch.condition).logits, ones)
        loss = loss + binary_cross_entropy_with_logits(discriminator(fake.detach(), batch.condition).logits, zeros)
        loss.backward()
        adams["discriminator"].step()
        adams["generator"].zero_grad()
        fake = generator(torch.randn(recipe.batch, recipe.latent.size, device=device), batch.condition)
        binary_cross_entropy_with_logits(discriminator(fake, batch.condition).logits, ones).backward()
        adams["generator"].step()
        examples += recipe.batch
        spent += time.perf_counter() - start
        if spent - stored >= EVERY or spent >= 60 * minutes:
            snapshots.add(spent, examples, generator)
            stored = spent


class Store(Callback):
    """Stores the averaged generator after seconds that grow by a quarter from one to the next.

    They are counted from the preparation on.
    """

    def __init__(self, snapshots: Snapshots, preparation: float, enough: Callable[[], bool]):
        self.snapshots, self.spent, self.enough, self.done = snapshots, preparation, enough, threading.Event()
        self.next, self.last = preparation + 0.5, time.perf_counter()

    def step(self, trainer: Any) -> None:
        self.spent += time.perf_counter() - self.last
        if self.spent >= self.next or trainer.done:
            self.snapshots.add(self.spent, trainer.examples, trainer.ema["generator"].module)
            self.next = 1.25 * self.spent
            if self.enough():
                self.done.set()
        self.last = time.perf_counter()

    def observed(self, observation: Observation) -> None:
        if observation.event == "tick":  # what was scored and saved since the last step does not count
            self.last = time.perf_counter()


def ours(
    source: Source, asked: argparse.Namespace, seed: int, folder: Path, snapshots: Snapshots, enough: Callable[[], bool]
) -> None:
    """The asked recipe with the baseline's time as its budget; stops early where a stored snapshot is `enough`."""
    for left in (folder, snapshots.folder):  # by a run that was cut off
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(parents=True)
    device, _ = choose_device("auto")
    classifier.load_or_learn(source)
    budget = 60 * asked.minutes
    given = {"recipe": asked.recipe, "seed": seed, "budget": budget, "settings": {"patience": 0}}
    options = train_options(given, option_fields())
    start = time.perf_counter()
    trainer = set_up(Run(folder), source, options, device, Callback(), time.monotonic() + budget).trainer
    preparation = time.perf_counter() - start
    snapshots.add(preparation, 0, trainer.ema["generator"].module)
    store = Store(snapshots, preparation, enough)
    trainer.callbacks.append(store)
    trainer.fit(store.done)


class Scorer:
    """The frozen judge: features and held-out pictures."""

    def __init__(self, source: Source, work: Path):
        path = work / "scorer.safetensors"
        if path.exists():
            found = path.read_bytes()
            self.net: FeatureNet = modalities.get("image").features_from(
                safetensors.read_metadata(found, path), safetensors.from_bytes(found, path)
            )
        else:
            self.net = fit_features(source, SCORER_SEED)
            work.mkdir(parents=True, exist_ok=True)
            write_bytes(path, safetensors.to_bytes(self.net.tensors(), self.net.about))
        count = min(SAMPLES, source.count("test"))
        self.test = self.net.of(source, np.arange(count), "test")
        self.source, self.gaussian = source, frechet.fit(self.test)

    def __call__(self, recipe_name: str, recipe: Any, path: Path) -> Scores:
        """Scores of a stored generator, remembered beside it."""
        kept = path.with_suffix(".json")
        if kept.exists():
            return json.loads(kept.read_text())
        device, _ = choose_device("auto")
        codec = modalities.get("image").fit_codec(self.source, recipe.value_range)
        generator = build_players(recipe, codec, len(self.source.classes), device)["generator"]
        generator.load_state_dict(safetensors.from_bytes(path.read_bytes(), path))
        shares = [self.source.report.labels[name] for name in self.source.classes]
        sampler = LatentSampler(recipe.latent, codec, SAMPLES, shares, SCORER_SEED, device)
        return self.of(sampler(generator.eval(), 250), kept)

    def of(self, values: np.ndarray, kept: Path) -> Scores:
        """Scores of samples, remembered in a file."""
        if kept.exists():
            return json.loads(kept.read_text())
        features = self.net(values)[0]
        scores = {
            "frechet_distance": frechet.distance(frechet.fit(features), self.gaussian),
            "kernel_distance": kernel_distance(features[:KERNEL_SAMPLES], self.test[:KERNEL_SAMPLES]),
            "coverage": coverage(features, self.test),
        }
        write_bytes(kept, json.dumps(scores).encode())
        return scores


def peer(source: Source, scorer: Scorer, seed: int, asked: argparse.Namespace) -> list[tuple[float, Scores]]:
    """Keras' DCGAN, trained as long by the Python that has it: its curve."""
    work = asked.work / f"keras-{seed}"
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "ended").exists():
        labels = source.labels(np.arange(source.count()))
        drawn = sampling.classes(
            [source.report.labels[name] for name in source.classes], SCORER_SEED, range(SAMPLES)
        ).numpy()
        images = source.values(np.arange(source.count()))[:, 0]
        np.savez(work / "data.npz", images=images, labels=labels, asked=drawn)
        script = Path(__file__).parent / "peers" / "keras_dcgan.py"
        arguments = [asked.peers, script, work / "data.npz", seed, 60 * asked.minutes, PEER_EVERY, work]
        subprocess.run([str(each) for each in arguments], check=True)
        (work / "ended").touch()
    files = {int(path.stem.split("-")[0]) / 1000: path for path in sorted(work.glob("*-*.npy"))}
    return [(at, scorer.of(np.load(path)[:, None], path.with_suffix(".json"))) for at, path in files.items()]


def crossing(curve: list[tuple[float, float]], level: float) -> float | None:
    """When a curve of (seconds, distance) first falls to `level`, log-linear between its points; None: it does not."""
    before: tuple[float, float] | None = None
    for seconds, distance in curve:
        if distance <= level:
            if before is None or before[1] <= distance:
                return seconds
            share = (log(before[1]) - log(level)) / (log(before[1]) - log(distance))
            return before[0] + share * (seconds - before[0])
        before = (seconds, distance)
    return None


def one_seed(source: Source, scorer: Scorer, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    work = asked.work
    plain, mine = Snapshots(work / f"plain-{seed}"), Snapshots(work / f"{asked.recipe}-{seed}")
    if not plain.all() or plain.all()[-1][0] < 60 * asked.minutes:
        plain_loop(source, seed, asked.minutes, plain)
    dcgan = with_settings(load_recipe("dcgan"), {"seed": seed})
    levels = [(seconds, scorer("dcgan", dcgan, path)) for seconds, _, path in plain.all()[-1:]]
    level = levels[-1][1]["frechet_distance"]
    folder = work / f"run-{asked.recipe}-{seed}"

    def enough() -> bool:
        chosen = Run(folder).recipe()[0]
        return asked.quick and scorer(asked.recipe, chosen, mine.all()[-1][2])["frechet_distance"] <= level

    done = folder / "ended"
    if not done.exists():
        ours(source, asked, seed, folder, mine, enough)
        done.touch()
    chosen = Run(folder).recipe()[0]
    curve = [(seconds, scorer(asked.recipe, chosen, path)) for seconds, _, path in mine.all()]
    crossed = crossing([(seconds, scores["frechet_distance"]) for seconds, scores in curve], level)
    best = min(curve, key=lambda point: point[1]["frechet_distance"])
    theirs = peer(source, scorer, seed, asked) if asked.peers else []
    peers: dict[str, Any] = {}
    if theirs:
        peers["keras_last"] = {"seconds": theirs[-1][0], **theirs[-1][1]}
        peers["keras_curve"] = [[at, each["frechet_distance"]] for at, each in theirs]
    return {
        **peers,
        "seed": seed,
        "baseline": {"seconds": plain.all()[-1][0], "examples": plain.all()[-1][1], **levels[-1][1]},
        "ours_last": {"seconds": curve[-1][0], "examples": mine.all()[-1][1], **curve[-1][1]},
        "ours_best": {"seconds": best[0], **best[1]},
        "seconds_to_baseline": crossed,
        "speedup": None if crossed is None else 60 * asked.minutes / crossed,
        "curve": [[round(seconds, 2), round(scores["frechet_distance"], 4)] for seconds, scores in curve],
    }


def summary(seeds: list[dict[str, Any]], asked: argparse.Namespace) -> dict[str, Any]:
    speedups = [each["speedup"] for each in seeds if each["speedup"]]
    ratios = [each["ours_last"]["frechet_distance"] / each["baseline"]["frechet_distance"] for each in seeds]
    curves = [[(seconds, value) for seconds, value in each["curve"]] for each in seeds]
    level = exp(statistics.mean(log(each["baseline"]["frechet_distance"]) for each in seeds))
    shares = (2, 1, 0.5, 0.25, 0.125)
    to = {f"{share:g} of the baseline": [crossing(curve, share * level) for curve in curves] for share in shares}
    about = {"device": device_name(choose_device("auto")[0]), "threads": torch.get_num_threads()}
    return {
        "date": date.today().isoformat(),
        "machine": {**about, "platform": platform.platform()},
        "data": asked.data,
        "recipe": asked.recipe,
        "minutes": asked.minutes,
        "speedup_to_baseline_quality": statistics.median(speedups) if len(speedups) == len(seeds) else None,
        "last_over_baseline": statistics.median(ratios),
        "seconds_to": {name: [value and round(value, 2) for value in values] for name, values in to.items()},
        "seeds": seeds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--recipe", default="mixture")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, for each")
    parser.add_argument("--quick", action="store_true", help="one seed, and ours ends where it has caught up")
    parser.add_argument("--peers", type=Path, help="a Python that has keras and torch, for Keras' DCGAN")
    parser.add_argument("--work", type=Path, default=Path("runs/time-to-quality"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    source = open_data(asked.data)
    scorer = Scorer(source, asked.work)
    seeds: list[dict[str, Any]] = []
    for seed in range(1 if asked.quick else asked.seeds):
        seeds.append(one_seed(source, scorer, seed, asked))
        found = summary(seeds, asked)
        print(json.dumps({key: value for key, value in found.items() if key != "seeds"}), flush=True)
        if asked.json:
            write_bytes(asked.json, json.dumps(found, indent=2).encode())


if __name__ == "__main__":
    main()
