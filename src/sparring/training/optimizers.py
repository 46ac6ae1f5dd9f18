"""Builds optimizers from recipes, and converts their state to and from named tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..algorithms import Phase
from ..config.recipe import Optimizer, Recipe


def build(settings: Optimizer, module: nn.Module, share: float = 1.0) -> torch.optim.Optimizer:
    """The optimizer of one player, in torch's fused implementation if there is one.

    The trainer sets the learning rate before every gradient step.

    Args:
        settings: The settings in the recipe.
        module: The player.
        share: See `loss_share`. Betas, and RMSprop's momentum, are raised to its power.
    """
    betas = (settings.betas[0] ** share, settings.betas[1] ** share)
    parameters = list(module.parameters())
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
    if settings.name in ("adam", "adamw"):
        kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
        return kind(
            parameters, lr=settings.lr, betas=betas, eps=settings.eps, weight_decay=settings.weight_decay, fused=fused
        )
    if settings.name == "rmsprop":
        return torch.optim.RMSprop(
            parameters,
            lr=settings.lr,
            alpha=betas[1],
            eps=settings.eps,
            momentum=settings.momentum**share,
            weight_decay=settings.weight_decay,
        )
    return torch.optim.SGD(
        parameters, lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay, fused=fused
    )


def set_rates(
    optimizer: torch.optim.Optimizer, recipe: Recipe, player: str, share: float, rate: float, examples: int
) -> None:
    """Set the learning rate of a gradient step, and the second beta while the recipe's burn-in changes it.

    share: See `loss_share`. rate: The learning rate without it. examples: Examples seen.
    """
    burn_in, betas = recipe.burn_in, recipe.players[player].optimizer.betas
    for group in optimizer.param_groups:
        group["lr"] = share * rate
        if burn_in and burn_in.beta2 is not None and "betas" in group:
            group["betas"] = (betas[0] ** share, burn_in.between(burn_in.beta2, betas[1], examples) ** share)


def loss_share(recipe: Recipe, phases: Sequence[Phase], player: str) -> float:
    """The share of a player's gradient steps that are not steps of lazy penalties.

    Its learning rate and the logarithms of its betas are multiplied by this share, so that the additional steps do not
    change its speed (Karras et al. 2020, arXiv:1912.04958, appendix B: k / (k + 1)). The share is 1 for plain gradient
    descent, whose steps are proportional to the gradient.
    """
    own = [phase for phase in phases if player in phase.players]
    if recipe.players[player].optimizer.name == "sgd" or not own:
        return 1.0
    losses = sum(phase.steps / phase.interval for phase in own if not phase.is_penalty)
    return losses / sum(phase.steps / phase.interval for phase in own)


def tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's moments and step counts, keyed "parameter number.name". Empty before the first step."""
    state = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value
        for number, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def load_tensors(optimizer: torch.optim.Optimizer, values: dict[str, Tensor]) -> None:
    """Load the tensors of `tensors` into an optimizer.

    Moments get the memory layout of their weights, because fused steps process both in the order of storage.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in values.items():
        number, name = int(key.split(".", 1)[0]), key.split(".", 1)[1]
        like = parameters[number]
        state.setdefault(number, {})[name] = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
