"""Decoded pictures until they are stored: in memory up to a limit, then in a file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np

from ...util.files import cache_folder

RAM_LIMIT = 1 << 30  # bytes of decoded pictures held in memory


class Spool:
    """Arrays that are appended, then iterated over in the same order."""

    def __init__(self) -> None:
        self.held: list[np.ndarray] = []
        self.written: list[tuple[tuple[int, ...], np.dtype]] = []
        self.bytes = 0
        self.file: IO[bytes] | None = None

    def append(self, pixels: np.ndarray) -> None:
        self.bytes += pixels.nbytes
        if self.file is None and self.bytes <= RAM_LIMIT:
            self.held.append(pixels)
            return
        if self.file is None:
            self.file = tempfile.TemporaryFile(dir=cache_folder("decoded"))  # noqa: SIM115  # gone with the spool
        self.written.append((pixels.shape, pixels.dtype))
        self.file.write(pixels.tobytes())

    def __len__(self) -> int:
        return len(self.held) + len(self.written)

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from self.held
        if self.file is not None:
            self.file.seek(0)
            for shape, kind in self.written:
                data = self.file.read(int(np.prod(shape)) * kind.itemsize)
                yield np.frombuffer(data, kind).reshape(shape)
