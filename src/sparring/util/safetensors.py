"""Safetensors files: tensors and one JSON value. Loading one never runs code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ..errors import UserError

METADATA_KEY = "sparring"  # only one, for the library writes several keys in random order


def to_bytes(tensors: dict[str, Tensor], metadata: dict[str, Any] | None = None) -> bytes:
    """The content of a safetensors file with these tensors.

    Args:
        tensors: On any device.
        metadata: Anything that JSON can represent, to be read by `read_metadata`.
    """
    stored = {METADATA_KEY: json.dumps(metadata, sort_keys=True)} if metadata is not None else None
    return safetensors.torch.save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, stored
    )


def from_bytes(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU.

    Args:
        data: The content of the file.
        path: Where it came from, for the message.

    Raises:
        UserError: If it is anything else, such as a pickle with another name. Nothing is ever unpickled.
    """
    try:
        return safetensors.torch.load(data)
    except SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file ({error}); for safety nothing else is loaded") from None


def read_metadata(data: bytes, path: Path) -> dict[str, Any]:
    """The metadata that `to_bytes` was given, or {} where there is none.

    Args:
        data: The content of the file.
        path: Where it came from, for the message.

    Raises:
        UserError: If it is not a safetensors file.
    """
    from_bytes(data, path)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return json.loads(header.get("__metadata__", {}).get(METADATA_KEY, "{}"))
