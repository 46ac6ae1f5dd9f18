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

if TYPE_CHECKING:
    from .api import train
    from .config import list_recipes
    from .errors import UserError
    from .gan import Gan, load
    from .run import Run
    from .tabular import TableGAN
    from .tasks.compare import compare
    from .tasks.evaluate import evaluate

__version__ = "0.1.0"
__all__ = ["Gan", "Run", "TableGAN", "UserError", "compare", "evaluate", "list_recipes", "load", "train"]

# Threads that wait by spinning take the cores from whatever else is running: beside one busy program two threads trained twenty times
# slower so than with threads that sleep. It has to be said before torch is loaded.
if "torch" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "Gan": "gan",
    "Run": "run",
    "TableGAN": "tabular",
    "UserError": "errors",
    "list_recipes": "config",
    "load": "gan",
    "train": "api",
    "compare": "tasks.compare",
    "evaluate": "tasks.evaluate",
}


def __getattr__(name: str) -> Any:
    """Everything public is imported when it is first used, so that `import sparring` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sparring' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
