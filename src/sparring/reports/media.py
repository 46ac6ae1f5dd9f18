"""Sounds and moving pictures, embedded in a page so that it can play them."""

from __future__ import annotations

import base64
from pathlib import Path

MAX_BYTES = 3 << 20  # of a file: a page holds a third more


def sound_uri(path: Path) -> str | None:
    """A WAV file as a data: URI; None where it is missing, too large or no WAV."""
    return _uri(path, b"WAVE", "audio/wav")


def film_uri(path: Path) -> str | None:
    """A WebP file as a data: URI; None where it is missing, too large or no WebP."""
    return _uri(path, b"WEBP", "image/webp")


def _uri(path: Path, kind: bytes, media_type: str) -> str | None:
    """A file of the Resource Interchange File Format as a data: URI. kind: what its header names."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if data[:4] != b"RIFF" or data[8:12] != kind:
        return None
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
