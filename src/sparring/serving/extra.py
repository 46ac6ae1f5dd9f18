"""Whether the libraries of the service are installed."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import UserError

LIBRARIES = ("fastapi", "uvicorn", "prometheus_client", "psutil")


def needs_extra() -> None:
    """Raises UserError where one is missing."""
    if missing := [name for name in LIBRARIES if find_spec(name) is None]:
        raise UserError(f'serving needs {" and ".join(missing)}; run: pip install "sparring[serve]"')
