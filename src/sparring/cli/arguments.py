"""Options that several verbs have."""

from __future__ import annotations

from typing import Annotated

import typer

Device = Annotated[
    str,
    typer.Option(help="Where to compute: cpu, cuda, cuda:1, mps, or auto (a GPU if there is one).", show_default=True),
]
