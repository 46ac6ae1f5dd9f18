"""Safetensors files: tensors, one JSON value, and a hash of both. Loading one never runs code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from ..errors import UserError
from .hashed import HASH

METADATA_KEY = "sparring"  # only one, for the library writes several keys in random order


class DamagedFile(UserError):
    """A file is not what was written: bytes changed, are missing, or belong to something else."""


def to_bytes(tensors: dict[str, Tensor], metadata: dict[str, Any] | None = None) -> bytes:
    """The content of a safetensors file with these tensors and their hash.

    Args:
        tensors: On any device.
        metadata: Anything that JSON can represent, to be read by `read_metadata`.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    stored = {"about": metadata or {}, HASH: _digest(plain, metadata or {})}
    return safetensors.torch.save(plain, {METADATA_KEY: json.dumps(stored, sort_keys=True)})


def read(data: bytes, path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and the metadata of a file whose content `to_bytes` made.

    Args:
        data: The content of the file.
        path: Where it came from, for the message.

    Raises:
        DamagedFile: If it is anything else: a changed byte, a part, a pickle with another name. Nothing is unpickled.
    """
    tensors = from_other_programs(data, path)
    stored = _stored(data)
    if stored is None:
        raise DamagedFile(f"{path} has no hash: sparring did not write it, or it is damaged")
    if stored[HASH] != _digest(tensors, stored["about"]):
        raise DamagedFile(f"{path} is damaged: its content does not match its hash")
    return tensors, stored["about"]


def from_bytes(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors alone, see `read`."""
    return read(data, path)[0]


def read_metadata(data: bytes, path: Path) -> dict[str, Any]:
    """The metadata alone, see `read`."""
    return read(data, path)[1]


def from_other_programs(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of any safetensors file, whose content no hash confirms. Raises DamagedFile for other files."""
    try:
        return safetensors.torch.load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedFile(f"{path} is not a safetensors file ({error}); for safety nothing else is loaded") from None


def first_not_finite(tensors: dict[str, Tensor]) -> str | None:
    """The name of the first tensor that holds a NaN or an infinity; None where all are finite."""
    return next((name for name, each in tensors.items() if not torch.isfinite(each).all()), None)


def hash_of(data: bytes) -> str:
    """The hash that `to_bytes` wrote into the content of a file."""
    stored = _stored(data)
    assert stored
    return str(stored[HASH])


def _stored(data: bytes) -> dict[str, Any] | None:
    """The metadata with the hash; None where they are not those of `to_bytes`."""
    header = data[8 : 8 + int.from_bytes(data[:8], "little")]
    try:
        stored = json.loads(json.loads(header)["__metadata__"][METADATA_KEY])
        return stored if isinstance(stored[HASH], str) and isinstance(stored["about"], dict) else None
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _digest(tensors: dict[str, Tensor], metadata: dict[str, Any]) -> str:
    """The SHA-256 of names, types, shapes, bytes and metadata."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
