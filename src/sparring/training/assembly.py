"""Assembles a training from its parts: networks, algorithm, loader, scores, callbacks, trainer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from .. import algorithms, modalities, networks
from ..algorithms import Batch
from ..callbacks.base import Callback
from ..config.recipe import Recipe
from ..data.few_labels import FewLabels
from ..data.source import Source, Split, TranslationSource
from ..errors import UserError
from ..evaluation.extractors import classifier
from ..metrics.feature_net import FeatureNet, Progress
from ..metrics.online_score import choose_examples
from ..modalities import Codec
from ..modalities import Preview as PreviewFiles
from ..networks import FittedStart, LanguageModel, contract
from ..networks.base import DEFAULT_CHUNK_SIZE
from ..networks.initialisation import initialise, seeded
from ..util import safetensors
from ..util.notes import warn
from ..util.random import derive_seed, shuffled
from .callbacks import SCORE_SEED, ErrorRate, HealthCheck, KeepPretrained, Log, Preview, SaveBest, Score
from .checkpoints import Checkpoints
from .loader import Loader, batch_of
from .processes import ALONE, Processes
from .samplers import InputSampler, LatentSampler, Sampler
from .trainer import Trainer

PREVIEW_SEED = 0  # of the preview's random numbers, independent of the training's seed
PREVIEW_COLUMNS = 8
PREVIEW_CLASSES = 10  # the most classes in a preview; each has a row
TRANSLATED_ROWS = 8  # held-out examples in a translator's preview
# The number of held-out examples that a discriminator classifies, at a tick and at the end.
TICK_CLASSIFIED, FINAL_CLASSIFIED = 1000, 10_000
MAX_FITTED = 20_000  # training examples that a statistical start is fitted to, at most
FITTED_CHUNK = 200  # training examples that are read at once
SPLITS: tuple[Split, ...] = ("train", "test")
MIN_DISCRIMINATED, MAX_DISCRIMINATED = 32, 256  # real examples of each split that the discriminator sees at a tick
# As a share of the examples in a tick. Each costs about an eighth of a training example, and there are three kinds.
DISCRIMINATED_SHARE = 0.016


@dataclass(frozen=True)
class Parts:
    """The parts of a training.

    players: Initialised networks by name, on `device`. folder: The run folder. feature_net: The features of the score.
    processes: Those of the training.
    """

    recipe: Recipe
    source: Source
    codec: Codec
    players: dict[str, nn.Module]
    device: torch.device
    folder: Path
    feature_net: FeatureNet
    processes: Processes = ALONE

    @property
    def class_counts(self) -> list[int]:
        """The number of training examples of each class; [] without labels."""
        return [self.source.report.labels[name] for name in self.source.classes]

    def trainer(self, callbacks: Iterable[Callback] = ()) -> Trainer:
        """A trainer of these players. All values of the recipe must be filled in."""
        recipe, source = self.recipe, self.source
        feature_body = copy.deepcopy(self.feature_net.body).to(self.device)
        algorithm = algorithms.build(recipe, self.players, feature_body)
        assert recipe.batch
        channels_last = modalities.get(source.modality).has_pixels and any(map(is_convolutional, self.players.values()))
        loader = Loader(source, self.codec, recipe.batch, recipe.seed, self.device, channels_last, self.processes)
        checkpoints = Checkpoints(self.folder / "checkpoints")
        return Trainer(recipe, algorithm, loader, self.device, checkpoints, callbacks, self.processes)

    def sampler(self, count: int) -> Sampler:
        """A sampler of what is scored: samples from fixed latents, or outputs for fixed held-out inputs."""
        if isinstance(self.source, TranslationSource):
            indices = choose_examples(self.source.count("test"), count, SCORE_SEED, "held-out")
            return InputSampler(self.source, self.codec, indices, SCORE_SEED, self.device)
        return LatentSampler(self.recipe.latent, self.codec, count, self.class_counts, SCORE_SEED, self.device)

    def score(self, count: int) -> Score:
        """A callback that scores `count` samples."""
        modality = modalities.get(self.source.modality)
        score = modality.online_score(self.feature_net, self.source, count, SCORE_SEED)
        return Score(score, self.sampler(score.count))

    def preview(self) -> Callable[[Any], PreviewFiles]:
        """A function from a generator to a preview of its samples."""
        modality = modalities.get(self.source.modality)
        if isinstance(self.source, TranslationSource):
            indices = choose_examples(self.source.count("test"), TRANSLATED_ROWS, PREVIEW_SEED, "sheet")
            inputs = InputSampler(self.source, self.codec, indices, SCORE_SEED, self.device)
            targets = self.source.values(indices, "test") if self.source.paired else None
            return lambda generator: modality.preview_pairs(
                self.codec, inputs.inputs, inputs(generator, DEFAULT_CHUNK_SIZE), targets
            )
        latents = self._preview_latents(modality.preview_count)
        return lambda generator: modality.preview(latents(generator, generator.chunk_size), self.codec, PREVIEW_COLUMNS)

    def error_rate(self, count: int) -> ErrorRate:
        """A callback that classifies `count` held-out examples with the discriminator."""
        return ErrorRate(self.codec, self.source, count)

    def callbacks(self) -> list[Callback]:
        """The callbacks of every training, in the order in which they observe. The last two are SaveBest and Log."""
        recipe = self.recipe
        assert recipe.score_samples and recipe.patience is not None and recipe.tick
        score = self.score(recipe.score_samples)
        count = max(MIN_DISCRIMINATED, min(MAX_DISCRIMINATED, int(DISCRIMINATED_SHARE * recipe.tick)))
        examples = {split: self._examples(split, count) for split in SPLITS}
        return [
            score,
            *([self.error_rate(TICK_CLASSIFIED)] if isinstance(self.source, FewLabels) else []),
            HealthCheck(score, self.codec, examples, recipe.patience, recipe.max_rollbacks),
            Preview(self.folder / "samples", self.preview()),
            *([KeepPretrained(self.folder)] if isinstance(self.players["generator"], LanguageModel) else []),
            SaveBest(self.folder),
            Log(self.folder / "log.jsonl"),
        ]

    def _examples(self, split: Split, count: int) -> Batch:
        """`count` real examples of a split with their conditions, encoded, on the device."""
        there = self.source.count(split)
        some = np.sort(shuffled(np.arange(min(count, there)), there, SCORE_SEED, "judged", split))
        return batch_of(self.source, self.codec, some, split, SCORE_SEED).to(self.device)

    def _preview_latents(self, count: int) -> LatentSampler:
        """A sampler of the preview.

        With labels, each row shows one class, and each column has the same latent. Without labels, `count` samples.
        """
        rows = min(PREVIEW_CLASSES, len(self.class_counts))
        count = rows * PREVIEW_COLUMNS or count
        sampler = LatentSampler(self.recipe.latent, self.codec, count, [], PREVIEW_SEED, self.device)
        if rows:
            classes = np.linspace(0, len(self.class_counts) - 1, rows).round().astype(np.int64)
            sampler.classes = torch.from_numpy(classes.repeat(PREVIEW_COLUMNS))
            sampler.latents = sampler.latents[:PREVIEW_COLUMNS].repeat(rows, 1)
        return sampler


class Assembly:
    """A training that is ready to start: its parts, its trainer with all callbacks, and its final scores."""

    def __init__(self, parts: Parts, more_callbacks: Iterable[Callback] = ()):
        *observing, save_best, log = parts.callbacks()
        assert isinstance(save_best, SaveBest)
        assert isinstance(log, Log)
        self.parts, self.save_best, self.log = parts, save_best, log
        self.trainer = parts.trainer([*observing, *more_callbacks, save_best, log])

    def final_score(self) -> tuple[float, dict[str, Any], str]:
        """Score the saved snapshot with `final_samples` samples.

        Returns the selection score, all scores by name, with 95 % intervals, and the name of the one to read first.
        """
        parts, averages = self.parts, self.trainer.ema
        assert parts.recipe.final_samples
        before = {name: copy.deepcopy(average.module.state_dict()) for name, average in averages.items()}
        for name, average in averages.items():
            path = parts.folder / f"{name}.safetensors"
            average.module.load_state_dict(safetensors.from_bytes(path.read_bytes(), path))
        score = parts.score(parts.recipe.final_samples)
        selection, scores = score(averages["generator"].module, with_intervals=True)
        if isinstance(parts.source, FewLabels):
            scores |= parts.error_rate(FINAL_CLASSIFIED)(self.trainer)
        for name, average in averages.items():
            average.module.load_state_dict(before[name])
        return selection, scores, score.score.headline


def build_players(recipe: Recipe, codec: Codec, classes: int, device: torch.device) -> dict[str, nn.Module]:
    """All networks of the recipe by name, initialised from the recipe's seed, on the device.

    classes: The number of classes; 0 without labels.
    """
    players = {}
    for name, settings in recipe.players.items():

        def build(name: str = name, settings: Any = settings) -> nn.Module:
            dimensions = networks.dimensions(name, codec, classes, recipe.latent.size)
            network = networks.build(settings.network, settings.options, **dimensions)
            contract.check(settings.network, network, dimensions)
            return initialise(network, settings.initialisation)

        players[name] = seeded(derive_seed(recipe.seed, "weights", name), build).to(device)
        if is_convolutional(players[name]):
            players[name] = players[name].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return players


def is_convolutional(module: nn.Module) -> bool:
    """Whether a module has weights with four dimensions, as those of two-dimensional convolutions."""
    return any(parameter.ndim == 4 for parameter in module.parameters())


def fit_to_data(recipe: Recipe, players: dict[str, nn.Module], source: Source, codec: Codec) -> None:
    """Fit the statistical start of each player that has one to training examples, which the recipe's seed selects."""
    for name, player in players.items():
        if isinstance(player, FittedStart):
            count = source.count("train")
            indices = np.sort(shuffled(np.arange(min(MAX_FITTED, count)), count, recipe.seed, "fit", name))
            labels = torch.from_numpy(source.labels(indices)) if source.classes else None
            device = next(player.parameters()).device
            parts = np.array_split(indices, len(indices) // FITTED_CHUNK + 1)

            def fitted(player: Any = player.cpu(), parts: Any = parts, labels: Any = labels) -> nn.Module:
                inputs = [player.statistics_input(codec.encode(source.values(part))) for part in parts]
                player.fit(torch.cat(inputs), labels)
                return player

            seeded(derive_seed(recipe.seed, "fit", name), fitted).to(device)


def start_from(players: dict[str, nn.Module], folder: Path) -> None:
    """Load the weights of another run's players, for fine-tuning. Raises UserError if they do not fit."""
    for name, player in players.items():
        path = folder / f"{name}.safetensors"
        if not path.is_file():
            raise UserError(f"{folder} has no {name}.safetensors to start from; a run has one after its first tick")
        tensors = safetensors.from_bytes(path.read_bytes(), path)
        theirs, ours = ({key: value.shape for key, value in each.items()} for each in (tensors, player.state_dict()))
        if other := sorted(theirs.items() ^ ours.items()):
            raise UserError(
                f"the {name} of {folder} is another network (see '{other[0][0]}'); "
                "give the same recipe, --size and labels as that run"
            )
        if broken := safetensors.first_not_finite(tensors):
            raise UserError(f"{path} holds numbers that are not finite (in '{broken}'); start from another run")
        player.load_state_dict(tensors)


def fit_features(source: Source, folder: Path, progress: Progress | None) -> FeatureNet:
    """The features of the score.

    A run that has features keeps them, with a copy beside its checkpoints from which a damaged file is written back.
    Otherwise they come from the cache or are learned from this data.
    """
    paths = [folder / "features.safetensors", folder / "checkpoints" / "features.safetensors"]
    found: dict[Path, FeatureNet] = {}
    for path in paths:
        if path.is_file():
            try:
                found[path] = classifier.read(source, path)
            except UserError as error:
                warn(f"{error}; it is written back")
    net = next(iter(found.values())) if found else classifier.load_or_learn(source, progress)
    paths[1].parent.mkdir(exist_ok=True)
    for path in paths:
        if path not in found:
            classifier.write(net, path)
    return net


def state_bytes(players: dict[str, nn.Module]) -> int:
    """About the size of a checkpoint in bytes: each weight, its average and two moments."""
    tensors = [tensor for player in players.values() for tensor in player.state_dict().values()]
    return 4 * sum(tensor.numel() * tensor.element_size() for tensor in tensors)
