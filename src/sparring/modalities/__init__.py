"""Kinds of data. Each folder is one modality (see `base.Modality`), and nothing outside knows what its values are.

Adding a modality means adding a folder. Its `__init__.py` defines a subclass of Modality and one instance of it,
named `modality`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ..errors import UserError
from ..util import checks
from ..util.registry import Registry
from .base import Codec, Modality, Preview

__all__ = ["Codec", "Modality", "Preview", "every", "get", "names", "register_modality"]

_REGISTERED: Registry[Modality] = Registry("modality")  # from elsewhere


def register_modality(modality: Modality) -> None:
    """Make a modality of another package known, under the name of the module that defines its class.

    Raises:
        UserError: Another modality has this name already.
    """
    checks.instance(modality, "a modality", Modality, "an instance of a subclass of sparring.modalities.Modality")
    if modality.name in _shipped():
        raise UserError(f"there is a modality '{modality.name}' already; define yours in a module of another name")
    _REGISTERED.register(modality.name)(modality)


def names() -> list[str]:
    """The names of all modalities."""
    return sorted([*_shipped(), *_REGISTERED.names()])


def _shipped() -> tuple[str, ...]:
    return _folders_of(tuple(__path__))


@functools.cache
def _folders_of(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(places) if module.ispkg)


def get(name: str) -> Modality:
    """The modality of this name. Raises UserError where there is none."""
    if name not in _shipped():
        return _REGISTERED.get(name)
    found = importlib.import_module(f"{__name__}.{name}").modality
    assert isinstance(found, Modality)
    return found


def every(wanted: tuple[str, ...] = ()) -> list[Modality]:
    """All modalities, or those of these names. Modalities whose data looks like data of others come first."""
    return sorted(map(get, wanted or names()), key=lambda modality: -modality.asked_first)
