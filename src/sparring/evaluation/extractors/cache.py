"""Features on disk, so that they are computed once. Damaged files are computed anew, with a note."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import torch

from ...util import files, safetensors
from ...util.notes import warn

FOLDER = "extracted"
DISK_LIMIT = 4 << 30  # bytes of all cached features; the longest unused ones are removed first
FORMAT = 2


def key(content_hash: str, identity: str, split: str, indices: np.ndarray) -> str:
    """A key of the source's contents, the extractor's identity, the split and the examples in their order."""
    digest = hashlib.sha256(json.dumps([content_hash, identity, split]).encode())
    digest.update(indices.astype("<i8").tobytes())
    return digest.hexdigest()[:40]


def load(
    name: str, features: tuple[int, int], probabilities: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Stored features and probabilities of these shapes (K = 0: none). None where they are missing or damaged."""
    try:
        path = files.cache_folder(FOLDER) / f"{name}.safetensors"
        tensors, about = safetensors.read(path.read_bytes(), path)
        found = {part: tensor.numpy() for part, tensor in tensors.items()}
        shapes = {"features": features} | ({"probabilities": probabilities} if probabilities[1] else {})
        if {part: values.shape for part, values in found.items()} != shapes or about != {"format": FORMAT, "key": name}:
            return None
        os.utime(path)
    except OSError:
        return None
    except safetensors.DamagedFile as error:
        warn(f"{error}; the features are computed anew")
        return None
    return found["features"], found.get("probabilities")


def store(name: str, features: np.ndarray, probabilities: np.ndarray | None) -> None:
    """Store features and probabilities. Nothing is stored where the disk is full or not writable."""
    found = {"features": features} | ({} if probabilities is None else {"probabilities": probabilities})
    data = safetensors.to_bytes(
        {part: torch.from_numpy(values) for part, values in found.items()}, {"format": FORMAT, "key": name}
    )
    with contextlib.suppress(OSError):
        folder = files.cache_folder(FOLDER)
        files.write_bytes(folder / f"{name}.safetensors", data)
        _prune(folder, name)


def _prune(folder: Path, keep: str) -> None:
    """Bring the folder under its limit. Another process may do the same meanwhile, so files may be gone."""
    aged = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            facts = path.stat()
            if path.suffix == ".safetensors":
                aged.append((path.stem == keep, facts.st_mtime, facts.st_size, path))
    total = 0
    for kept, _, size, path in sorted(aged, key=lambda entry: entry[:2], reverse=True):
        total += size
        if total > DISK_LIMIT and not kept:
            path.unlink(missing_ok=True)
