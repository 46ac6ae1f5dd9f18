"""The verb `sparring pack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say


def pack(
    data: Annotated[
        Path, typer.Argument(help="A folder, a zip or tar, or Parquet files of many items.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="A new folder for the shards.", show_default=False)],
    shard_size: Annotated[
        int, typer.Option("--shard-size", metavar="MB", min=1, help="About so large is a shard.")
    ] = 256,
) -> None:
    """Pack many small files into a few large ones: tar shards, which copy and open faster.

    Example:  sparring pack photos/ -o shards/   and then   sparring train shards/

    Training on the shards is training on the files: names, classes and splits stay. The shards have the layout of
    WebDataset; manifest.json beside them holds their sizes and hashes.
    """
    from ..data import readers, shards

    found = readers.files_of(data)
    for name, reason in found.skipped:
        say(f"left out: {name} ({reason})")
    written = shards.write(found, out, shard_size << 20)
    say(f"{len(found.members):,} files in {len(written):,} shards: {out}")
