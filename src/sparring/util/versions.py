"""The versions of the software and the hardware that a run was made with."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__version__ = "0.1.0"


def machine(device: torch.device) -> dict[str, Any]:
    """The kind of device, the name of its hardware, and the number of threads that torch uses."""
    import torch

    from .devices import device_name

    return {"device": device.type, "name": device_name(device), "threads": torch.get_num_threads()}


def versions() -> dict[str, str]:
    """The versions of sparring, torch and Python."""
    import torch

    return {"sparring": __version__, "torch": str(torch.__version__), "python": platform.python_version()}
