"""Puts a training together: networks, game, feed, features, monitors, trainer. The one place that knows all the parts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from .. import algorithms, modalities, networks
from ..algorithms import Batch
from ..config.recipe import Recipe
from ..data.few_labels import FewLabels
from ..data.source import Source, Split, TranslationSource
from ..errors import UserError
from ..evaluation.extractors import classifier
from ..metrics.feature_net import FeatureNet, Progress
from ..metrics.online_score import chosen
from ..modalities import Codec
from ..modalities import Preview as PreviewFiles
from ..networks import FittedStart
from ..networks.base import DEFAULT_CHUNK_SIZE
from ..networks.initialisation import initialise, seeded
from ..util import safetensors
from ..util.random import derive_seed, make_rng
from .callbacks import SCORE_SEED, Export, Health, Log, Misread, Preview, Sampler, Score, Translated
from .checkpoints import Checkpoints
from .loader import Feed, batch_of
from .trainer import Trainer

PREVIEW_SEED = 0  # of the sheet's own draws, whatever the training's seed
SHEET_COLUMNS = 8
TRANSLATED_ROWS = 8
MISREAD, MOST_MISREAD = 1000, 10_000  # held-out examples of which a discriminator names the class, at a tick and at the end
MOST_FITTED, FITTED_AT_ONCE = 20_000, 200  # training examples from which a player may take its start
SPLITS: tuple[Split, ...] = ("train", "test")
FEWEST_JUDGED, MOST_JUDGED = 32, 256  # real examples of each split that the discriminator is asked about at a tick
JUDGED_SHARE = 0.016  # of a tick's images; judging one costs about an eighth of training on one, and there are three kinds


def build_players(recipe: Recipe, codec: Codec, classes: int, device: torch.device) -> dict[str, nn.Module]:
    """Every network of the recipe, initialised from the recipe's seed, on the device. classes: their number, 0 without labels."""
    players = {}
    for name, settings in recipe.players.items():

        def build(name: str = name, settings: Any = settings) -> nn.Module:
            sides = networks.dimensions(name, codec, classes, recipe.latent.size)
            return initialise(networks.build(settings.network, settings.options, **sides), settings.initialisation)

        players[name] = seeded(derive_seed(recipe.seed, "weights", name), build).to(device)
        if is_convolutional(players[name]):
            players[name] = players[name].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return players


def is_convolutional(module: nn.Module) -> bool:
    return any(parameter.ndim == 4 for parameter in module.parameters())


def fit_to_data(recipe: Recipe, players: dict[str, nn.Module], source: Source, codec: Codec) -> None:
    """Let the players that begin with what the data looks like see some of it, the same examples and draws for the same seed."""
    for name, player in players.items():
        if isinstance(player, FittedStart):
            indices = np.sort(make_rng(recipe.seed, "fit", name).permutation(source.count("train"))[:MOST_FITTED])
            labels = torch.from_numpy(source.labels(indices)) if source.classes else None
            device, parts = next(player.parameters()).device, np.array_split(indices, len(indices) // FITTED_AT_ONCE + 1)

            def fitted(player: Any = player.cpu(), parts: Any = parts, labels: Any = labels) -> nn.Module:
                player.fit(torch.cat([player.statistics_input(codec.encode(source.values(part))) for part in parts]), labels)
                return player

            seeded(derive_seed(recipe.seed, "fit", name), fitted).to(device)


def start_from(players: dict[str, nn.Module], folder: Path) -> None:
    """Fine-tuning: the weights of another run's players. Raises UserError where they do not fit."""
    for name, player in players.items():
        path = folder / f"{name}.safetensors"
        if not path.is_file():
            raise UserError(f"{folder} has no {name}.safetensors to start from; a run has one after its first tick")
        tensors = safetensors.from_bytes(path.read_bytes(), path)
        theirs, mine = ({key: value.shape for key, value in each.items()} for each in (tensors, player.state_dict()))
        if other := sorted(theirs.items() ^ mine.items()):
            raise UserError(
                f"the {name} of {folder} is another network (see '{other[0][0]}'); give the same recipe, --size and labels as that run"
            )
        player.load_state_dict(tensors)


def fit_features(source: Source, folder: Path, progress: Progress | None) -> FeatureNet:
    """The score's features: those of the run, else what was or is now learned from this data, and a copy for the run."""
    path = folder / "features.safetensors"
    if path.is_file():
        return classifier.read(source, path)
    net = classifier.learned(source, progress)
    classifier.write(net, path)
    return net


@dataclass
class Session:
    """A training ready to go: the trainer, and the parts that its beginning and its end need."""

    trainer: Trainer
    source: Source
    codec: Codec
    folder: Path
    net: FeatureNet

    @property
    def shares(self) -> list[int]:
        """How often each class occurs in training; [] without labels."""
        return [self.source.report.labels[name] for name in self.source.classes]

    def watch(self) -> None:
        """Hand the trainer its monitors; the recipe must be complete."""
        recipe = self.trainer.recipe
        assert recipe.score_samples
        self.log, self.export = Log(self.folder / "log.jsonl"), Export(self.folder)
        score = self._score(recipe.score_samples)
        assert recipe.patience is not None and recipe.tick
        count = max(FEWEST_JUDGED, min(MOST_JUDGED, int(JUDGED_SHARE * recipe.tick)))
        health = Health(score, self.codec, {split: self._examples(split, count) for split in SPLITS}, recipe.patience, recipe.rescues)
        preview = Preview(self.folder / "samples", self.sheet())
        named = [self._misread(MISREAD)] if isinstance(self.source, FewLabels) else []
        self.trainer.monitors += [score, *named, health, preview, self.export, self.log]

    def _misread(self, count: int) -> Misread:
        return Misread(self.codec, self.source, count)

    def _examples(self, split: Split, count: int) -> Batch:
        """A few real examples of a split, as the discriminator gets them."""
        total = self.source.count(split)
        indices = np.sort(make_rng(SCORE_SEED, "judged", split).permutation(total)[:count])
        return batch_of(self.source, self.codec, indices, split, SCORE_SEED).to(self.trainer.device)

    def _score(self, count: int) -> Score:
        quick = modalities.get(self.source.modality).online_score(self.net, self.source, count, SCORE_SEED)
        return Score(quick, self.sampler(quick.count))

    def sampler(self, count: int) -> Sampler | Translated:
        """What the scores look at: samples of fixed latents, or what is made of fixed held-out examples."""
        if isinstance(self.source, TranslationSource):
            return Translated(
                self.source, self.codec, chosen(self.source.count("test"), count, SCORE_SEED, "held-out"), self.trainer.device
            )
        return Sampler(self.trainer.recipe.latent, self.codec, count, self.shares, SCORE_SEED, self.trainer.device)

    def final_score(self) -> tuple[float, dict[str, Any]]:
        """The scores of the snapshot that is handed out, on more samples than a tick affords."""
        count = self.trainer.recipe.final_samples
        assert count
        before = {player: copy.deepcopy(average.module.state_dict()) for player, average in self.trainer.averages.items()}
        for player, average in self.trainer.averages.items():
            path = self.folder / f"{player}.safetensors"
            average.module.load_state_dict(safetensors.from_bytes(path.read_bytes(), path))
        selection, scores = self._score(count)(self.trainer.averages["generator"].module)
        if isinstance(self.source, FewLabels):
            scores |= self._misread(MOST_MISREAD)(self.trainer)
        for player, average in self.trainer.averages.items():
            average.module.load_state_dict(before[player])
        return selection, scores

    def sheet(self) -> Callable[[Any], PreviewFiles]:
        """From a generator to a preview of its samples."""
        modality = modalities.get(self.source.modality)
        if isinstance(self.source, TranslationSource):
            shown = chosen(self.source.count("test"), TRANSLATED_ROWS, PREVIEW_SEED, "sheet")
            translated = Translated(self.source, self.codec, shown, self.trainer.device)
            targets = self.source.values(shown, "test") if self.source.paired else None
            return lambda generator: modality.preview_pairs(
                self.codec, translated.inputs, translated(generator, DEFAULT_CHUNK_SIZE), targets
            )
        latents = self._sheet_latents(modality.preview_count)
        return lambda generator: modality.preview(latents(generator, generator.chunk_size), self.codec, SHEET_COLUMNS)

    def _sheet_latents(self, count: int) -> Sampler:
        """With labels one class a row (at most 10 rows), each column the same latents; else so many samples."""
        rows = min(10, len(self.shares))
        sheet = Sampler(self.trainer.recipe.latent, self.codec, rows * SHEET_COLUMNS or count, [], PREVIEW_SEED, self.trainer.device)
        if self.shares:
            chosen = np.linspace(0, len(self.shares) - 1, rows).round().astype(np.int64)
            sheet.classes = torch.from_numpy(chosen.repeat(SHEET_COLUMNS))
            sheet.latents = sheet.latents[:SHEET_COLUMNS].repeat(rows, 1)
        return sheet


def build(
    recipe: Recipe, source: Source, codec: Codec, players: dict[str, nn.Module], device: torch.device, folder: Path, net: FeatureNet
) -> Session:
    game = algorithms.build(recipe, players, copy.deepcopy(net.body).to(device))
    assert recipe.batch
    channels_last = modalities.get(source.modality).has_pixels and any(is_convolutional(player) for player in players.values())
    feed = Feed(source, codec, recipe.batch, recipe.seed, device, channels_last)
    return Session(Trainer(recipe, game, feed, device, Checkpoints(folder / "checkpoints")), source, codec, folder, net)


def state_bytes(trainer: Trainer) -> int:
    """About how large a checkpoint will be: weights, averages and two moments of each weight."""
    weights = sum(
        tensor.numel() * tensor.element_size() for player in trainer.game.players.values() for tensor in player.state_dict().values()
    )
    return 4 * weights
