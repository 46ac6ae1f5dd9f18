"""Values that follow from the data and the machine, before anything is measured."""

from __future__ import annotations

import torch
from torch import nn

from ... import modalities
from ...data.few_labels import FewLabels
from ...data.source import Source
from ...errors import UserError
from ...networks.refiner import ENOUGH
from ...util.devices import choose_precision
from ..gradients import batch_coupled
from . import Choices

WIDTH, WIDTH_OF_COLOUR = 16, 32  # on a CPU: docs/experiments.md, "A start from statistics"
WIDTH_ON_GPU = 64
RANK, RANK_OF_COLOUR = 16, 48  # docs/experiments.md, "More components for colour"


def from_data(choices: Choices, source: Source) -> None:
    choices.settle(
        "batch", max(2, min(64, source.count("train"))), f"64, at most the {source.count('train')} training examples"
    )
    choices.settle("examples", "50epochs", "the recipe names no length")
    choices.settle("ema_half_life", 10_000, "the half-life that StyleGAN2 uses at batch 32")


def from_machine(choices: Choices, device: torch.device) -> None:
    choices.settle("precision", *choose_precision(device))


def sizes(choices: Choices, source: Source, device: torch.device) -> None:
    """Of networks that leave theirs open: their width, and of how many components for each class (or cluster) a start
    fitted to the data is.
    """
    colour = modalities.get(source.modality).has_pixels and source.shape[0] > 2
    kind = "colour pictures" if colour else "grey pictures"
    width = WIDTH_ON_GPU if device.type != "cpu" else WIDTH_OF_COLOUR if colour else WIDTH
    for name, player in choices.recipe.players.items():
        each = source.count("train") // (len(source.classes) or player.options.get("parts") or 1)
        rank = max(RANK, min(RANK_OF_COLOUR, each // ENOUGH)) if colour else RANK
        chosen = {
            "width": (width, f"channels of its first layer, for {kind} on a {device.type}"),
            "rank": (rank, f"components of what it begins as, for {kind}, about {each:,} of a kind"),
        }
        for option, (value, reason) in chosen.items():
            if option in player.options:
                choices.settle(f"players.{name}.options.{option}", value, reason)


def names(choices: Choices, source: Source) -> None:
    """Of networks that name classes and leave open how many there are."""
    count = len(source.known_classes) if isinstance(source, FewLabels) else 0
    for name, player in choices.recipe.players.items():
        if "names" in player.options:
            choices.settle(f"players.{name}.options.names", count, "the classes of the data")


def micro_batch(choices: Choices, players: dict[str, nn.Module]) -> None:
    """The examples of one forward pass: the whole batch, unless a smaller number is asked for and the maths allows it."""
    recipe = choices.recipe
    assert recipe.batch
    choices.settle("micro_batch", recipe.batch, "the whole batch at once")
    asked = choices.recipe.micro_batch
    assert asked
    coupled = batch_coupled(recipe, players)
    normalised = [name for name in coupled if name in players]
    if normalised and min(asked, recipe.batch) < 2:
        raise UserError(
            f"a batch of 1 has no statistics, and the {' and '.join(normalised)} needs them (batch normalisation); "
            "set batch to 2 or more"
        )
    if asked >= recipe.batch:
        choices.change("micro_batch", recipe.batch, "the whole batch at once")
        return
    if coupled:
        reason = f"asked as micro_batch; the {' and '.join(coupled)} sees a batch as a whole, so the batch itself is lowered to {asked}"
        choices.change("batch", asked, reason)
        choices.change("micro_batch", asked, reason)
