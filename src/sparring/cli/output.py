"""What the command line prints. Names and data in it may hold anything; a terminal shows it and never obeys it."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import printable


def say(*lines: object, error: bool = False) -> None:
    """Print lines of text. error: to stderr."""
    for line in lines:
        typer.echo(printable(line), err=error)


def say_json(values: Any) -> None:
    """Print values as JSON."""
    from ..util.files import json_text

    typer.echo(json_text(values, indent=2))


def cells(*values: object) -> list[Any]:
    """The cells of a row of a table: text in which square brackets mean nothing."""
    from rich.text import Text

    return [Text(printable(value)) for value in values]
