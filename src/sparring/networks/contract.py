"""What a network that a plug-in brings must do, tried once before it is trained."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError
from .base import Discriminator, Encoder, Generator, ImageTranslator
from .output import DiscriminatorOutput

TRIED = 3  # examples of a trial


def is_own(thing: Any) -> bool:
    """Whether a class or function is one of this package, and needs no trial."""
    return str(getattr(thing, "__module__", "")).startswith("sparring.")


def construct(name: str, network: type[nn.Module], arguments: dict[str, Any], given: tuple[str, ...]) -> nn.Module:
    """An instance of a network. given: the dimensions that a constructor may ask for.

    Raises UserError, naming the network, for a constructor of a plug-in that asks for something else or fails.
    """
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    needed = [each for each in inspect.signature(network).parameters.values() if each.default is each.empty]
    missing = [each.name for each in needed if each.kind in plain and each.name not in arguments]
    if missing:
        raise UserError(
            f"the constructor of network '{name}' asks for '{missing[0]}'; it can have {', '.join(given)}, and "
            "options, which are keyword-only parameters with a default"
        )
    if is_own(network):
        return network(**arguments)
    return tried(f"the constructor of network '{name}'", network, **arguments)


def check(name: str, network: nn.Module, dimensions: dict[str, Any]) -> None:
    """Raise UserError, in one sentence, where a network of a plug-in does not give what its role promises.

    dimensions: shape, input_shape, classes and latent_size, as `networks.build` gives them.
    """
    if is_own(type(network)):
        return
    training = network.training
    network.eval()
    shape, classes, latent_size = dimensions["shape"], dimensions["classes"], dimensions["latent_size"]
    condition = {"class": torch.zeros(TRIED, dtype=torch.int64)} if classes else None
    what = f"forward of network '{name}'"
    with torch.no_grad():
        if isinstance(network, Generator):
            noise = torch.zeros(TRIED, network.noise_size) if network.noise_size else None
            _expect(what, tried(what, network, torch.zeros(TRIED, latent_size), condition, noise), shape)
        elif isinstance(network, ImageTranslator):
            _expect(what, tried(what, network, torch.zeros(TRIED, *dimensions["input_shape"])), shape)
        elif isinstance(network, Discriminator) and not network.conditional:
            output = tried(what, network, torch.zeros(TRIED, *shape), condition)
            if not isinstance(output, DiscriminatorOutput):
                raise UserError(f"{what} returned {_described(output)}; return a DiscriminatorOutput")
            if not isinstance(output.logits, Tensor) or output.logits.ndim < 1 or len(output.logits) != TRIED:
                raise UserError(f"{what} returned logits that are {_described(output.logits)}; {TRIED} were expected")
        elif isinstance(network, Encoder):
            found = tried(what, network, torch.zeros(TRIED, *shape), condition)
            if not isinstance(found, tuple) or len(found) != 2:
                raise UserError(f"{what} returned {_described(found)}; return a mean and the logarithm of a variance")
            for part in found:
                _expect(what, part, (latent_size,))
    network.train(training)


def tried(what: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a function of a plug-in returns. Raises UserError, naming it, for whatever it raises."""
    try:
        return function(*arguments, **options)
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{what} fails: {type(error).__name__}: {reason}") from error


def _expect(what: str, output: Any, shape: tuple[int, ...]) -> None:
    """Raise UserError for what is no tensor of TRIED x shape."""
    if not isinstance(output, Tensor) or tuple(output.shape) != (TRIED, *shape):
        wanted = " x ".join(map(str, (TRIED, *shape)))
        raise UserError(f"{what} returned {_described(output)}, and a tensor of {wanted} was expected")


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of {' x '.join(map(str, value.shape)) or 'one number'}"
    return f"a {type(value).__name__}"
