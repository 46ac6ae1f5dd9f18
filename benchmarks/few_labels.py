"""What pictures without labels, and the game, bring to a classifier that knows few labels.

    SPARRING_DATA=folder python benchmarks/few_labels.py --data mnist --labelled 100 --images 60000 --seeds 1 --json few.json

The recipe `sgan`, beside the same network with the same labelled pictures, views, learning rate and number of steps that learns (a) from those alone,
(b) from all, by pseudo-labels, without an opponent. Test error of the averaged network, on all held-out pictures.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import torch
from sparring.training.step_random import TurnDraws

from sparring import algorithms, api, modalities
from sparring.algorithms.adversarial_step import Contest
from sparring.algorithms.semi_supervised import SemiSupervised
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe, parse_settings, with_settings
from sparring.config.recipe import Recipe
from sparring.data.few_labels import FewLabels
from sparring.evaluation.error_rate import error_rate
from sparring.inference.generator import load_player
from sparring.modalities.opening import open_data
from sparring.training import assembly as sessions
from sparring.training.loader import Feed
from sparring.util.devices import choose_device
from sparring.util.files import write_bytes
from sparring.util.versions import machine

HELD_OUT = 10_000


class WithoutOpponent(SemiSupervised):
    def discriminator_loss(self, batch: algorithms.Batch, draws: algorithms.Draws) -> algorithms.Outcome:
        return algorithms.Outcome(
            self.supervised_loss(batch, draws).loss + self._penalties("discriminator", 1, Contest(self, batch, draws))
        )


def alone(recipe: Recipe, source: FewLabels, images: int) -> float:
    """The error of the recipe's discriminator after so many pictures without an opponent, its weights averaged as the recipe says."""
    device, _ = choose_device("auto")
    codec = modalities.get("image").fit_codec(source, recipe.value_range)
    options = {"players.discriminator.options.num_classes": len(source.known_classes), "players.generator.options.width": 32}
    players = sessions.build_players(with_settings(recipe, options), codec, 0, device)
    network, settings = players["discriminator"].train(), recipe.players["discriminator"]
    game = WithoutOpponent(recipe, players)
    assert recipe.batch and recipe.ema_half_life and isinstance(settings.optimizer.lr, float)
    optimizer = torch.optim.Adam(network.parameters(), settings.optimizer.lr, tuple(settings.optimizer.betas))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, images // recipe.batch)
    kept = 0.5 ** (recipe.batch / recipe.ema_half_life)
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(kept), use_buffers=True)
    feed = Feed(source, codec, recipe.batch, recipe.seed, device)
    for done in range(0, images - recipe.batch + 1, recipe.batch):
        batch = feed.at(done, 0)
        torch.manual_seed(done)
        outcome = game.discriminator_loss(batch, TurnDraws((recipe.seed, "alone", done), recipe.batch, 0, recipe.batch, device))
        optimizer.zero_grad()
        outcome.loss.backward()
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
    return float(error_rate(average.module.eval(), codec, source, HELD_OUT, 0, device).value)


def played(recipe: Recipe, where: str, settings: dict[str, Any], images: int, source: FewLabels) -> float:
    with tempfile.TemporaryDirectory() as folder:
        asked = {**settings, "labelled": len(source.known), "tick": images, "score_samples": 100, "final_samples": 100}
        run = api.train(where, recipe.name, folder, examples=images, seed=recipe.seed, settings=asked, console=Callback())
        _, _, codec, network = load_player(run, "discriminator")
        return float(error_rate(network, codec, source, HELD_OUT, 0).value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--labelled", type=int, default=100)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the recipe, for all three")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    settings = parse_settings(asked.set)
    plain, errors = open_data(asked.data), dict[str, list[float]]()
    for seed in range(asked.seeds):
        recipe = with_settings(load_recipe("sgan"), {**settings, "seed": seed})
        source = FewLabels(plain, asked.labelled, seed)
        nothing = with_settings(recipe, {"players.discriminator.penalties": {}})
        for name, measure in (
            ("labels alone", lambda nothing=nothing, source=source: alone(nothing, source, asked.images)),
            ("and pseudo-labels", lambda recipe=recipe, source=source: alone(recipe, source, asked.images)),
            ("and the game", lambda recipe=recipe, source=source: played(recipe, asked.data, settings, asked.images, source)),
        ):
            start = time.perf_counter()
            errors.setdefault(name, []).append(measure())  # type: ignore[no-untyped-call]
            print(f"seed {seed}, {name}: {errors[name][-1]:.2%} ({time.perf_counter() - start:.0f} s)", flush=True)
        found = {
            "date": date.today().isoformat(),
            "machine": {**machine(choose_device("auto")[0]), "platform": platform.platform()},
            "data": asked.data,
            "labelled": asked.labelled,
            "images": asked.images,
            "errors": errors,
            "medians": {name: statistics.median(values) for name, values in errors.items()},
        }
        if asked.json:
            write_bytes(asked.json, json.dumps(found, indent=2).encode())


if __name__ == "__main__":
    main()
