"""Train GANs on your own data, on a laptop or a GPU, and put the generator to work.

import sparring
run = sparring.train("photos/", budget="10m")
pictures = sparring.load(run.path).generate(16, seed=0)
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from .util.versions import __version__

if TYPE_CHECKING:
    from .api import train
    from .comparison import compare
    from .config.reading import list_recipes
    from .errors import UserError
    from .evaluation.run import evaluate
    from .inference.generator import Gan, load
    from .runs.folder import Run
    from .tabular import TableGAN

__all__ = ["Gan", "Run", "TableGAN", "UserError", "__version__", "compare", "evaluate", "list_recipes", "load", "train"]

# Threads that wait by spinning take the cores from whatever else is running: beside one busy program two threads trained twenty times
# slower so than with threads that sleep. It has to be said before torch is loaded.
if "torch" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "Gan": "inference.generator",
    "Run": "runs.folder",
    "TableGAN": "tabular",
    "UserError": "errors",
    "list_recipes": "config.reading",
    "load": "inference.generator",
    "train": "api",
    "compare": "comparison",
    "evaluate": "evaluation.run",
}


def __getattr__(name: str) -> Any:
    """Everything public is imported when it is first used, so that `import sparring` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sparring' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
