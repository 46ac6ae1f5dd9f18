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
    from .algorithms.base import register_algorithm
    from .api import train
    from .callbacks.base import Callback
    from .comparison import compare
    from .config.reading import list_recipes
    from .enlargement import augment
    from .errors import UserError
    from .evaluation.registry import register_metric
    from .evaluation.run import evaluate
    from .inference.export import export
    from .inference.generator import Gan, load
    from .losses.adversarial import register_loss
    from .modalities import register_modality
    from .networks import register_network
    from .runs.folder import Run
    from .tabular import TableGAN
    from .tuning import search

__all__ = [
    "Callback",
    "Gan",
    "Run",
    "TableGAN",
    "UserError",
    "__version__",
    "augment",
    "compare",
    "evaluate",
    "export",
    "list_recipes",
    "load",
    "register_algorithm",
    "register_loss",
    "register_metric",
    "register_modality",
    "register_network",
    "search",
    "train",
]

# Waiting threads of OpenMP spin by default, which takes cores from other programs: beside one busy program, two
# spinning threads trained twenty times slower than two sleeping ones. OpenMP reads the variable when torch is loaded.
if "torch" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "Callback": "callbacks.base",
    "Gan": "inference.generator",
    "Run": "runs.folder",
    "TableGAN": "tabular",
    "UserError": "errors",
    "list_recipes": "config.reading",
    "load": "inference.generator",
    "search": "tuning",
    "train": "api",
    "augment": "enlargement",
    "compare": "comparison",
    "evaluate": "evaluation.run",
    "export": "inference.export",
    "register_algorithm": "algorithms.base",
    "register_loss": "losses.adversarial",
    "register_metric": "evaluation.registry",
    "register_modality": "modalities",
    "register_network": "networks",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import sparring` stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sparring' has no attribute '{name}'")
    found = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
