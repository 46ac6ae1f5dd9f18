"""Things found by name: what a package ships, what a plug-in brings, what a program registers itself."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from ..errors import UserError, nearest
from . import checks

T = TypeVar("T")
PLUGINS = "sparring.plugins"  # the group of entry points that installed packages declare; each names a module


class Registry(Generic[T]):
    """Maps names to things of one kind.

    Shipped things register themselves when their module is imported. The first look-up of an unknown name imports the
    modules of `package` and the installed plug-ins.

    Args:
        kind: What is registered, for messages ("network").
        package: The package whose modules register things; None where nothing is shipped in modules.
    """

    def __init__(self, kind: str, package: str | None = None):
        self.kind, self.package = kind, package
        self._things: dict[str, T] = {}
        self._discovered = False

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that makes a thing known under this name.

        Raises:
            UserError: If another thing has that name already.
        """
        checks.text(name, f"the name of a {self.kind}")

        def remember(thing: T) -> T:
            if self._things.get(name, thing) is not thing:
                raise UserError(f"another {self.kind} has the name '{name}' already; register yours under another name")
            self._things[name] = thing
            return thing

        return remember

    def get(self, name: str) -> T:
        """The thing of this name.

        Raises:
            UserError: If there is none; the sentence names the nearest one.
        """
        if name not in self._things:
            self._discover()
        if name not in self._things:
            known = nearest(name, self.names())
            own = "(one of your own: import its module first, with --plugin on the command line)"
            raise UserError(f"{self.kind} '{name}' is unknown; {known} {own}")
        return self._things[name]

    def names(self) -> list[str]:
        """Every known name, sorted."""
        self._discover()
        return sorted(self._things)

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        if self.package is not None:
            for module in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
                importlib.import_module(f"{self.package}.{module.name}")
        load_plugins()


@functools.cache
def load_plugins() -> None:
    """Import the modules that installed packages name under the entry point group `sparring.plugins`."""
    for plugin in entry_points(group=PLUGINS):
        plugin.load()
