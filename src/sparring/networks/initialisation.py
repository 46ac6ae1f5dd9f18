"""How weights begin. Every draw comes from one seed, whatever was drawn before."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from .layers import ZeroConv

POWER_ITERATIONS = 15  # as many as torch's spectral normalisation does when it is put on a layer

_Draw = Callable[[Tensor], object]

DRAWS: dict[str, _Draw | None] = {
    "torch": None,  # what layers do by themselves: Kaiming uniform with a = sqrt(5), and uniform biases
    "keras": nn.init.xavier_uniform_,  # Glorot & Bengio 2010, eq. 16: Keras' default for dense and convolution layers
    "dcgan": lambda weight: nn.init.normal_(weight, 0.0, 0.02),  # Radford et al. 2015, section 4
    # He et al. 2015, eq. 10; for transposed convolutions torch counts the fan-in over output channels
    "kaiming": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "xavier": nn.init.xavier_normal_,  # Glorot & Bengio 2010, eq. 12
    "orthogonal": nn.init.orthogonal_,  # Saxe et al. 2013; BigGAN's choice
}


def seeded(seed: int, build: Callable[[], nn.Module]) -> nn.Module:
    """The result of `build`, called with torch's global generator at `seed`; that generator is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def initialise(module: nn.Module, how: str) -> nn.Module:
    """Draws the weights of every dense, convolution and embedding layer anew and sets their biases to 0.

    Normalisation layers keep gain 1 and shift 0, but with "dcgan" gains are N(1, 0.02). ZeroConv layers stay at 0.

    Args:
        module: Changed in place, and returned.
        how: A key of DRAWS; "torch" changes nothing.
    """
    draw = DRAWS[how]
    if draw is None:
        return module
    for layer in module.modules():
        if isinstance(layer, ZeroConv):
            continue
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            _redraw(layer, draw)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Embedding):
            _redraw(layer, (lambda weight: nn.init.uniform_(weight, -0.05, 0.05)) if how == "keras" else draw)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.affine and how == "dcgan":
            nn.init.normal_(layer.weight, 1.0, 0.02)
    _update_singular_vectors(module)
    return module


@torch.no_grad()
def _redraw(layer: nn.Module, draw: _Draw) -> None:
    """Sets the weight; with spectral or weight normalisation, the tensors that it is computed from."""
    weight = torch.empty_like(layer.weight)  # type: ignore[arg-type]
    draw(weight)
    layer.weight = weight if is_parametrized(layer, "weight") else nn.Parameter(weight)


@torch.no_grad()
def _update_singular_vectors(module: nn.Module) -> None:
    """Lets spectral normalisation find the singular vectors of the new weights."""
    assert module.training
    for layer in module.modules():
        if is_parametrized(layer, "weight"):
            for _ in range(POWER_ITERATIONS):
                layer.weight  # noqa: B018  each access in training is one power iteration
