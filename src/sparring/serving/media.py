"""Kinds of files, as HTTP names them."""

from __future__ import annotations

import mimetypes

OWN = {
    ".csv.gz": "application/gzip",
    ".flac": "audio/flac",
    ".jsonl": "application/jsonl",
    ".npy": "application/octet-stream",
    ".npz": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".safetensors": "application/octet-stream",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def media_type(suffix: str) -> str:
    """The media type of a file with this suffix."""
    return OWN.get(suffix) or mimetypes.guess_type(f"file{suffix}", strict=True)[0] or "application/octet-stream"
