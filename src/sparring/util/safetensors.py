"""Tensors as safetensors files: data that cannot run code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ..errors import UserError


def to_bytes(tensors: dict[str, Tensor], about: dict[str, Any] | None = None) -> bytes:
    """A safetensors file. `about` goes under one metadata key: the library writes several in random order."""
    metadata = {"sparring": json.dumps(about, sort_keys=True)} if about is not None else None
    return safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, metadata)


def from_bytes(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file. Anything else, a renamed pickle too, is refused: nothing is ever unpickled."""
    try:
        return safetensors.torch.load(data)
    except SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file ({error}); nothing else is loaded, for safety") from None


def about(data: bytes, path: Path) -> dict[str, Any]:
    """What `to_bytes` was given as `about`; {} where there is nothing. Refuses what is no safetensors file, like `from_bytes`."""
    from_bytes(data, path)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return json.loads(header.get("__metadata__", {}).get("sparring", "{}"))
