"""The verb `sparring report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say


def report(
    run: Annotated[
        Path, typer.Argument(help="The run folder of a training, in progress or finished.", show_default=False)
    ],
) -> None:
    """Write the report page (report.html) and the model card (README.md) of a run again.

    Example:  sparring report runs/digits
    """
    from ..reports import write_card, write_report
    from ..runs.folder import Run

    Run(run).recipe()  # refuses what is not a run
    say(write_report(run), write_card(run))
