"""What pictures without labels, and a generator, bring to a classifier that knows few labels.

    SPARRING_DATA=folder python benchmarks/few_labels.py --data mnist --num-labels 100 --examples 60000 --json few.json

The recipe `sgan`, beside the same network with the same labelled pictures, augmentation, learning rate and number of
steps that learns (a) from those alone, (b) from all, by pseudo-labels, without a generator. Error rate of the averaged
network, on all held-out pictures.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch

from sparring import api, modalities
from sparring.algorithms import Batch, PhaseResult, StepRandom
from sparring.algorithms.semi_supervised import SemiSupervised
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, parse_settings, with_settings
from sparring.config.recipe import Recipe
from sparring.data.few_labels import FewLabels
from sparring.evaluation.error_rate import error_rate
from sparring.inference.generator import load_player
from sparring.modalities.opening import open_data
from sparring.training.assembly import build_players
from sparring.training.loader import Loader
from sparring.util.devices import choose_device
from sparring.util.files import write_bytes
from sparring.util.versions import machine

HELD_OUT = 10_000


class WithoutGenerator(SemiSupervised):
    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        penalties = self._penalties("discriminator", 1, self._discriminator_step(batch, rng))
        return PhaseResult(self.supervised_loss(batch, rng).loss + penalties)


def alone(recipe: Recipe, source: FewLabels, examples: int) -> float:
    """The error rate of the recipe's discriminator after so many pictures without a generator.

    Its weights are averaged as the recipe says.
    """
    device, _ = choose_device("auto")
    codec = modalities.get("image").fit_codec(source, recipe.value_range)
    options = {
        "players.discriminator.options.num_classes": len(source.known_classes),
        "players.generator.options.width": 32,
    }
    players = build_players(with_settings(recipe, options), codec, 0, device)
    network, settings = players["discriminator"].train(), recipe.players["discriminator"]
    algorithm = WithoutGenerator(recipe, players)
    assert recipe.batch and recipe.ema_half_life
    optimizer = torch.optim.Adam(network.parameters(), settings.optimizer.lr, settings.optimizer.betas)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, examples // recipe.batch)
    decay = torch.optim.swa_utils.get_ema_multi_avg_fn(0.5 ** (recipe.batch / recipe.ema_half_life))
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=decay, use_buffers=True)
    loader = Loader(source, codec, recipe.batch, recipe.seed, device)
    for seen in range(0, examples - recipe.batch + 1, recipe.batch):
        batch = loader.at(seen, 0)
        torch.manual_seed(seen)
        rng = StepRandom((recipe.seed, "alone", seen), recipe.batch, 0, recipe.batch, device)
        optimizer.zero_grad()
        algorithm.discriminator_loss(batch, rng).loss.backward()
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
    return float(error_rate(average.module.eval(), codec, source, HELD_OUT, 0, device).value)


def adversarial(recipe: Recipe, where: str, settings: dict[str, Any], examples: int, source: FewLabels) -> float:
    """The error rate of the discriminator of a whole training."""
    asked = {**settings, "algorithm.num_labels": len(source.labelled)}
    asked |= {"tick": examples, "score_samples": 100, "final_samples": 100}
    with tempfile.TemporaryDirectory() as folder:
        run = api.train(
            where, recipe.name, folder, examples=examples, seed=recipe.seed, settings=asked, console=Callback()
        )
        _, _, codec, network = load_player(run, "discriminator")
        return float(error_rate(network, codec, source, HELD_OUT, 0).value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--num-labels", type=int, default=100)
    parser.add_argument("--examples", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the recipe, for all three")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    settings = parse_settings(asked.set)
    plain, errors = open_data(asked.data), dict[str, list[float]]()
    for seed in range(asked.seeds):
        recipe = with_settings(load_recipe("sgan"), {**settings, "seed": seed})
        source = FewLabels(plain, asked.num_labels, seed)
        no_penalties = with_settings(recipe, {"players.discriminator.penalties": {}})
        for name, measure in (
            ("labels alone", partial(alone, no_penalties, source, asked.examples)),
            ("and pseudo-labels", partial(alone, recipe, source, asked.examples)),
            ("and a generator", partial(adversarial, recipe, asked.data, settings, asked.examples, source)),
        ):
            start = time.perf_counter()
            errors.setdefault(name, []).append(measure())
            print(f"seed {seed}, {name}: {errors[name][-1]:.2%} ({time.perf_counter() - start:.0f} s)", flush=True)
        found = {
            "date": date.today().isoformat(),
            "machine": {**machine(choose_device("auto")[0]), "platform": platform.platform()},
            "data": asked.data,
            "num_labels": asked.num_labels,
            "examples": asked.examples,
            "errors": errors,
            "medians": {name: statistics.median(values) for name, values in errors.items()},
        }
        if asked.json:
            write_bytes(asked.json, json.dumps(found, indent=2).encode())


if __name__ == "__main__":
    main()
