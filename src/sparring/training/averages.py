"""The exponential moving average of a player's weights: the generator that is handed out."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

RAMP = 0.05  # early on the half-life is this share of the images seen, so that the start is forgotten (Karras et al. 2020, ADA code)


class Average:
    """A copy of `module` in eval mode whose floating-point tensors, running statistics too, trail it with a half-life in images."""

    def __init__(self, module: nn.Module, half_life: int):
        self.half_life = half_life
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self._pairs = [(mine, theirs) for mine, theirs in zip(_tensors(self.module), _tensors(module), strict=True)]

    @torch.no_grad()
    def update(self, images: int, step_images: int) -> None:
        """Move towards the module after a step of `step_images` real examples that brought their number to `images`."""
        half_life = min(self.half_life, images * RAMP)
        keep = 0.5 ** (step_images / half_life) if half_life > 0 else 0.0
        floats = [(mine, theirs) for mine, theirs in self._pairs if mine.is_floating_point()]
        torch._foreach_lerp_([mine for mine, _ in floats], [theirs for _, theirs in floats], 1 - keep)
        for mine, theirs in self._pairs:
            if not mine.is_floating_point():
                mine.copy_(theirs)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*(parameter.data for parameter in module.parameters()), *module.buffers()]
