"""Architectures: one file per family, registered by name.

A generator is built from (shape, classes, latent_size, **options) and called as `generator(latent, condition, noise)`; a
discriminator from (shape, classes, **options), called as `discriminator(sample, condition)`, and returns a Verdict; an encoder from
(shape, classes, latent_size, **options), called as `encoder(sample, condition)`, and returns the mean and the logarithm of the variance
of the sample's latents, N x latent_size each. `shape` is a sample's shape without the batch dimension, `classes` their number (0:
without labels), `condition` named tensors such as {"class": N class numbers}. Networks know tensors, nothing else.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from pydantic import ValidationError, create_model
from torch import nn

from ..errors import UserError, nearest
from .output import DiscriminatorOutput

__all__ = ["DiscriminatorOutput", "build", "list_networks", "register"]

_NETWORKS: dict[str, type[nn.Module]] = {}
_Class = TypeVar("_Class", bound=type[nn.Module])


def register(name: str) -> Callable[[_Class], _Class]:
    """Class decorator: make a network known to recipes under this name."""

    def remember(network: _Class) -> _Class:
        assert name not in _NETWORKS, name
        _NETWORKS[name] = network
        return network

    return remember


def list_networks() -> list[str]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_NETWORKS)


def build(name: str, options: dict[str, Any], **dimensions: Any) -> nn.Module:
    """The named network. `dimensions`: shape, given, layout (of a row's columns), classes and latent_size; each network takes those that it asks for.

    Raises UserError for an unknown name or an option that the network does not have.
    """
    if name not in list_networks():
        raise UserError(f"network '{name}' is unknown; {nearest(name, list_networks())}")
    network = _NETWORKS[name]
    if not dimensions.get("given", True) and "given" in inspect.signature(network).parameters:
        raise UserError(f"network '{name}' is for games in which pictures are given, such as translation, and here none are")
    asked = {key: value for key, value in dimensions.items() if key in inspect.signature(network).parameters}
    return network(**asked, **_checked(name, network, options))


def dimensions(player: str, codec: Any, classes: int, latent_size: int) -> dict[str, Any]:
    """What the networks of a recipe may ask for, from the codec of its data; players named `back` turn what is made into what was given."""
    given, made = codec.input.shape if codec.input else (), codec.shape
    sides = {"shape": given, "given": made} if player.endswith("back") else {"shape": made, "given": given}
    return {**sides, "layout": getattr(codec, "layout", None), "classes": classes, "latent_size": latent_size}


def _checked(name: str, network: type[nn.Module], options: dict[str, Any]) -> dict[str, Any]:
    """The options as the types of the network's keyword-only parameters want them."""
    parameters = inspect.signature(network).parameters.values()
    hints = get_type_hints(network.__init__, include_extras=True)
    known = {each.name: (hints[each.name], each.default) for each in parameters if each.kind is each.KEYWORD_ONLY}
    for option in options:
        if option not in known:
            raise UserError(f"network '{name}' has no option '{option}'; {nearest(option, list(known))}")
    model = create_model("Options", __config__={"allow_inf_nan": False}, **known)  # type: ignore[call-overload]
    try:
        return model(**options).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"network '{name}', option {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
