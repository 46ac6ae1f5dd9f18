"""Modules that need pandas, which not everybody has."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import UserError


def import_with_pandas(module: str, unit: str) -> Any:
    """Import a module of a modality.

    Raises UserError where pandas is not installed. unit: of the modality, for the message.
    """
    try:
        import pandas  # noqa: F401, ICN001
    except ImportError:
        raise UserError(f'{unit} need pandas; run: pip install "sparring[table]"') from None
    return importlib.import_module(module)
