"""The exponential moving average of a player's weights, which is the network that a run saves."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

UNIT_VECTORS = ("._u", "._v")  # ends of the names of spectral normalisation's singular vectors


class EMA:
    """A copy of a network, in eval mode, with the exponential moving average of its floating-point tensors.

    Running statistics are averaged too. Counters and singular vectors are copied, since the average of unit vectors is
    not a unit vector.

    Args:
        module: The network in training.
        half_life: The half-life of the average, in examples; 0: a copy without averaging.
        ramp: The half-life is at most this share of the examples seen, so that the initial weights soon lose their
            influence.
    """

    def __init__(self, module: nn.Module, half_life: int, ramp: float):
        self.half_life, self.ramp = half_life, ramp
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        averaged, trained = _tensors(self.module), _tensors(module)
        trailing = [
            name for name, tensor in averaged.items() if tensor.is_floating_point() and not name.endswith(UNIT_VECTORS)
        ]
        self._trailing = [averaged[name] for name in trailing], [trained[name] for name in trailing]
        self._copied = [(averaged[name], trained[name]) for name in averaged if name not in trailing]

    @torch.no_grad()
    def update(self, examples: int, step_examples: int, factor: float = 1.0) -> None:
        """Update the average after a step.

        examples: Examples seen after the step. step_examples: Examples that the step counted. factor: Of the half-life.
        """
        half_life = min(factor * self.half_life, examples * self.ramp)
        keep = 0.5 ** (step_examples / half_life) if half_life > 0 else 0.0
        torch._foreach_lerp_(*self._trailing, 1 - keep)
        for averaged, trained in self._copied:
            averaged.copy_(trained)


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return {
        **{name: parameter.data for name, parameter in module.named_parameters()},
        **dict(module.named_buffers()),
    }
