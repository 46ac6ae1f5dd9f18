"""Sounds, embedded in a page so that it can play them."""

from __future__ import annotations

import base64
from pathlib import Path

MAX_BYTES = 3 << 20  # of a file: a page holds a third more


def sound_uri(path: Path) -> str | None:
    """A WAV file as a data: URI; None where it is missing, too large or no WAV."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    return f"data:audio/wav;base64,{base64.b64encode(data).decode('ascii')}"
