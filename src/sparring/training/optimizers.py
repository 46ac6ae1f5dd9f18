"""Building optimizers from recipes, and their state as named tensors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..config.recipe import Optimizer


def build(settings: Optimizer, module: nn.Module, share: float = 1.0) -> torch.optim.Optimizer:
    """The optimizer of one player, in torch's fused form where there is one.

    The learning rate is a plain number that the trainer sets before every turn. share: of its steps those that lazy
    penalties did not add; betas, and RMSprop's momentum, are raised to its power (Karras et al. 2020, arXiv:1912.04958,
    appendix B, for Adam).
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
    """Moments take the memory layout of their weights: fused steps walk both in the order of storage."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in values.items():
        number, name = int(key.split(".", 1)[0]), key.split(".", 1)[1]
        like = parameters[number]
        state.setdefault(number, {})[name] = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
