"""Texts as rows of one array: their UTF-8 bytes, with zeros after the end of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rows_of(texts: Sequence[str], width: int) -> np.ndarray:
    """Texts as N x width uint8. A longer one is cut after its last whole character.

    Raises ValueError for a text with a NUL character, which ends a row.
    """
    rows = np.zeros((len(texts), width), np.uint8)
    for row, text in zip(rows, texts, strict=True):
        data = text.encode()
        if len(data) > width:
            data = data[:width].decode("utf-8", "ignore").encode()
        if 0 in data:
            raise ValueError("a NUL character ends a text")
        row[: len(data)] = np.frombuffer(data, np.uint8)
    return rows


def texts_of(rows: np.ndarray) -> list[str]:
    """The texts of N x width uint8. Bytes that are no character are left out."""
    whole = np.ascontiguousarray(rows, dtype=np.uint8)
    return [row.tobytes().partition(b"\0")[0].decode("utf-8", "ignore") for row in whole]
