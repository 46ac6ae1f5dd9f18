"""The exponential moving average of a player's weights: the generator that is handed out."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

UNIT_VECTORS = ("._u", "._v")  # ends of the names of spectral normalisation's singular vectors


class Average:
    """A copy of `module` in eval mode whose floating-point tensors, running statistics too, trail it with a half-life in images.

    ramp: early on the half-life is this share of the images seen, so that the start is forgotten.
    What has no mean is copied: counters, and singular vectors, for an average of unit vectors is none.
    """

    def __init__(self, module: nn.Module, half_life: int, ramp: float):
        self.half_life, self.ramp = half_life, ramp
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        mine, theirs = _tensors(self.module), _tensors(module)
        trailing = [name for name, tensor in mine.items() if tensor.is_floating_point() and not name.endswith(UNIT_VECTORS)]
        self._trailing = [mine[name] for name in trailing], [theirs[name] for name in trailing]
        self._copied = [(mine[name], theirs[name]) for name in mine if name not in trailing]

    @torch.no_grad()
    def update(self, images: int, step_images: int) -> None:
        """Move towards the module after a step of `step_images` real examples that brought their number to `images`."""
        half_life = min(self.half_life, images * self.ramp)
        keep = 0.5 ** (step_images / half_life) if half_life > 0 else 0.0
        torch._foreach_lerp_(*self._trailing, 1 - keep)
        for mine, theirs in self._copied:
            mine.copy_(theirs)


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return {**{name: parameter.data for name, parameter in module.named_parameters()}, **dict(module.named_buffers())}
