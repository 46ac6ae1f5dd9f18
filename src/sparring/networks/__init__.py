"""Architectures: one file a family, registered by name. Networks know tensors, nothing else.

A network derives from the base class of its role (see `networks.base`). Its constructor takes the dimensions that it
asks for by name, then its options as keyword-only parameters with types and defaults, which a recipe may set:

    Generator        (shape, classes, latent_size, *, options)
    Discriminator    (shape, classes, *, options)
    Encoder          (shape, classes, latent_size, *, options)
    ImageTranslator  (shape, input_shape, *, options)
    WaveTranslator   (shape, input_shape, *, options)

`shape` is the shape of one output sample, `input_shape` that of one input of a translation, `classes` the number of
classes (0: without labels), `layout` the layout of a coded row or step (tables and series) or of mel bands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from pydantic import ValidationError, create_model
from torch import nn

from ..errors import UserError, nearest
from ..util import checks
from ..util.registry import Registry
from .base import (
    Condition,
    Discriminator,
    Encoder,
    FittedStart,
    Generator,
    ImageTranslator,
    LanguageModel,
    RelaxedLanguageModel,
    StepwiseLanguageModel,
    StyleGenerator,
    WaveTranslator,
)
from .contract import construct
from .output import DiscriminatorOutput

__all__ = [
    "NETWORKS",
    "Condition",
    "Discriminator",
    "DiscriminatorOutput",
    "Encoder",
    "FittedStart",
    "Generator",
    "ImageTranslator",
    "LanguageModel",
    "RelaxedLanguageModel",
    "StepwiseLanguageModel",
    "StyleGenerator",
    "WaveTranslator",
    "build",
    "dimensions",
    "register_network",
]

NETWORKS: Registry[type[nn.Module]] = Registry("network", __name__)
_ROLES = (Generator, Discriminator, Encoder, ImageTranslator, WaveTranslator)
_Class = TypeVar("_Class", bound=type[nn.Module])


def register_network(name: str) -> Callable[[_Class], _Class]:
    """Class decorator that makes a network known to recipes under this name.

    Raises:
        UserError: Another network has this name already, or the class derives from none of Generator, Discriminator,
            Encoder, ImageTranslator and WaveTranslator.
    """
    checks.text(name, "the name of a network")

    def add(network: _Class) -> _Class:
        if not isinstance(network, type) or not issubclass(network, _ROLES):
            roles = ", ".join(role.__name__ for role in _ROLES)
            raise UserError(f"network '{name}' must derive from one of {roles} (sparring.networks)")
        NETWORKS.register(name)(network)
        return network

    return add


def build(name: str, options: dict[str, Any], **dimensions: Any) -> nn.Module:
    """Builds the named network.

    Args:
        name: A registered name.
        options: Options of the network, as a recipe states them.
        dimensions: shape, input_shape, layout, classes and latent_size; each network takes those that its constructor
            asks for.

    Raises:
        UserError: The name is unknown, or the network does not have an option or refuses its value.
    """
    network = NETWORKS.get(name)
    parameters = inspect.signature(network).parameters
    if "input_shape" in parameters and not dimensions.get("input_shape", True):
        raise UserError(f"network '{name}' translates inputs, and this recipe has none; choose another network")
    asked = {key: value for key, value in dimensions.items() if key in parameters}
    return construct(name, network, {**asked, **_checked(name, network, options)}, tuple(dimensions))


def dimensions(player: str, codec: Any, classes: int, latent_size: int) -> dict[str, Any]:
    """The dimensions that a network may take as arguments, by name.

    A player whose name begins with `reverse` translates outputs to inputs, so its shapes are swapped.
    """
    inputs, outputs = codec.input.shape if codec.input else (), codec.shape
    shape, input_shape = (inputs, outputs) if player.startswith("reverse") else (outputs, inputs)
    return {
        "shape": shape,
        "input_shape": input_shape,
        "layout": codec.layout,
        "classes": classes,
        "latent_size": latent_size,
    }


def _checked(name: str, network: type[nn.Module], options: dict[str, Any]) -> dict[str, Any]:
    """The options, converted to the types of the network's keyword-only parameters."""
    parameters = inspect.signature(network).parameters.values()
    try:
        hints = get_type_hints(network.__init__, include_extras=True)
    except NameError as error:
        raise UserError(f"the constructor of network '{name}' names a type that is not there: {error}") from None
    known = {
        each.name: (hints.get(each.name, Any), each.default) for each in parameters if each.kind is each.KEYWORD_ONLY
    }
    for option in options:
        if option not in known:
            raise UserError(f"network '{name}' has no option '{option}'; {nearest(option, list(known))}")
    model = create_model("Options", __config__={"allow_inf_nan": False}, **known)  # type: ignore[call-overload]
    try:
        return model(**options).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(
            f"network '{name}', option {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
        ) from None
