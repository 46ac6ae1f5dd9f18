"""Rules that fill values from the data and the machine, without measurements."""

from __future__ import annotations

import torch
from torch import nn

from ... import modalities
from ...algorithms import algorithm_class
from ...algorithms.gan import GANConfig
from ...config.recipe import Recipe
from ...data.few_labels import FewLabels
from ...data.source import Source
from ...errors import UserError
from ...statistics.pca_mixture import MIN_EXAMPLES_PER_AXIS
from ...util.devices import choose_precision
from ..assembly import is_convolutional
from ..gradients import batch_coupled, draws_numbers
from . import Choices

MAX_BATCH_OF_FEW = 1024  # of fewer training examples, which then come more than once in a batch
WIDTH, WIDTH_OF_COLOUR = 16, 32  # on a CPU: docs/experiments.md, "A start from statistics"
WIDTH_ON_GPU = 64
MIN_SHARD = 16  # examples; with fewer, the overhead of a step outweighs another core
RANK, RANK_OF_COLOUR = 16, 48  # docs/experiments.md, "More components for colour"


def from_data(choices: Choices, source: Source) -> None:
    """Fill the batch size, the length and the half-life of the average.

    Raises UserError for a batch that is far larger than the data.
    """
    choices.settle(
        "batch", max(2, min(64, source.count("train"))), f"64, at most the {source.count('train')} training examples"
    )
    assert choices.recipe.batch
    if choices.recipe.batch > max(MAX_BATCH_OF_FEW, source.count("train")):
        raise UserError(
            f"a batch of {choices.recipe.batch:,} is larger than the {source.count('train'):,} training examples; "
            f"give a smaller one with --set batch=N, {max(MAX_BATCH_OF_FEW, source.count('train')):,} at most"
        )
    choices.settle("examples", "50epochs", "the recipe names no length")
    choices.settle("ema_half_life", 10_000, "the half-life that StyleGAN2 uses at batch 32")


def from_machine(choices: Choices, device: torch.device) -> None:
    """Fill the precision."""
    choices.settle("precision", *choose_precision(device))


def sizes(choices: Choices, source: Source, device: torch.device) -> None:
    """Fill the options `width` and `rank` of networks.

    The width is the number of channels of the first layer. The rank is the number of principal components for each
    class (or cluster) of a start that is fitted to the data.
    """
    modality = modalities.get(source.modality)
    colour = modality.has_pixels and source.shape[0] > 2
    kind = "colour pictures" if colour else "grey pictures" if modality.has_pixels else modality.unit
    width = WIDTH_ON_GPU if device.type != "cpu" else WIDTH_OF_COLOUR if colour else WIDTH
    for name, player in choices.recipe.players.items():
        each = source.count("train") // (len(source.classes) or player.options.get("clusters") or 1)
        rank = max(RANK, min(RANK_OF_COLOUR, each // MIN_EXAMPLES_PER_AXIS)) if colour else RANK
        chosen = {
            "width": (width, f"channels of its first layer, for {kind} on a {device.type}"),
            "rank": (rank, f"components of its fitted start, for {kind}, with about {each:,} examples for each class"),
        }
        for option, (value, reason) in chosen.items():
            if option in player.options:
                choices.settle(f"players.{name}.options.{option}", value, reason)


def classes(choices: Choices, source: Source) -> None:
    """Fill the option `num_classes` of networks that classify, and the weight of an auxiliary classifier."""
    count = len(source.known_classes) if isinstance(source, FewLabels) else 0
    for name, player in choices.recipe.players.items():
        if "num_classes" in player.options:
            choices.settle(f"players.{name}.options.num_classes", count, "the classes of the data")
    if isinstance(choices.recipe.algorithm, GANConfig):
        weight = choices.recipe.algorithm.labelled_class_loss if source.classes else 0.0
        choices.settle("algorithm.class_loss", weight, f"for {len(source.classes) or 'no'} classes")


def shards(choices: Choices, players: dict[str, nn.Module], device: torch.device, processes: int = 1) -> None:
    """Fill the number of parts of a batch that are computed at once: one for each core where no loss needs the whole.

    Several processes have at least one shard each. Raises UserError where the number that the user set, or the batch,
    does not allow that.
    """
    recipe, cores = choices.recipe, torch.get_num_threads()
    assert recipe.batch
    coupled = algorithm_class(recipe).batch_coupled(recipe)
    most = min(cores, recipe.batch // MIN_SHARD)
    fitting = [each for each in (2, 4, 8, 16) if each <= most and recipe.batch % each == 0]
    if processes > 1 and recipe.shards in (None, 1):
        choices.change("shards", processes, f"for {processes} processes")
    elif coupled:
        choices.settle("shards", 1, f"the {' and '.join(coupled)} sees a batch as a whole")
    elif draws_numbers(players):
        choices.settle("shards", 1, "layers with random numbers are computed by one thread")
    elif device.type != "cpu" or not any(map(is_convolutional, players.values())):
        choices.settle("shards", 1, "the batch as a whole keeps the device busy")
    else:
        choices.settle("shards", max(fitting, default=1), f"for {cores} threads, at least {MIN_SHARD} examples each")
    _check_shards(choices.recipe, processes)


def _check_shards(recipe: Recipe, processes: int) -> None:
    """Raise UserError if a batch cannot be cut into this number of equal shards, or those be shared by processes."""
    shards, batch = recipe.shards, recipe.batch
    assert shards and batch
    if shards % processes:
        raise UserError(f"{processes} processes cannot share {shards} shards equally; set shards={processes}")
    if batch % shards:
        raise UserError(f"a batch of {batch} cannot be cut into {shards} equal shards; set another batch")


def micro_batch(choices: Choices, players: dict[str, nn.Module]) -> None:
    """Fill the number of examples in a forward pass.

    It is a whole shard unless the user set a smaller number. If a network or a loss needs whole shards, the shards
    themselves become that small.

    Raises:
        UserError: If batch normalisation would see a batch of 1.
    """
    recipe = choices.recipe
    assert recipe.batch and recipe.shards
    whole = recipe.batch // recipe.shards
    reason = "the whole batch at once" if recipe.shards == 1 else "a shard at once"
    choices.settle("micro_batch", whole, reason)
    asked = choices.recipe.micro_batch
    assert asked
    coupled = batch_coupled(recipe, players)
    normalised = [name for name in coupled if name in players]
    if normalised and min(asked, whole) < 2:
        raise UserError(
            f"a batch of 1 has no statistics, and the {' and '.join(normalised)} needs them (batch normalisation); "
            "set batch to 2 or more"
        )
    if asked >= whole:
        choices.change("micro_batch", whole, reason)
        return
    if coupled:
        together = " and ".join(coupled)
        lowered = asked * recipe.shards
        reason = f"set as micro_batch; the {together} sees a batch as a whole, so the batch is lowered to {lowered}"
        for key, value in {"batch": lowered, "micro_batch": asked}.items():
            choices.change(key, value, reason)
