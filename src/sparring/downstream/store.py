"""What trained judges said, kept on the disk, so that work that was stopped goes on."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..util.files import remove_temporary_files, write_bytes


@dataclass(frozen=True)
class Said:
    """The probabilities of one trained judge: N x K of the validation examples and of the test examples."""

    validation: np.ndarray
    test: np.ndarray


class Store:
    """A folder with one file for each trained judge."""

    def __init__(self, folder: Path):
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        remove_temporary_files(folder)

    def load(self, key: str) -> Said | None:
        """What was said; None where it was not asked yet, or the file is damaged."""
        try:
            with np.load(self._path(key), allow_pickle=False) as held:
                return Said(held["validation"], held["test"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, key: str, said: Said) -> None:
        """Keep what was said."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, validation=said.validation, test=said.test)
        write_bytes(self._path(key), buffer.getvalue())

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.npz"
