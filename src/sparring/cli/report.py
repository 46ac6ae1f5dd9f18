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
    from ..errors import UserError
    from ..reports import write_card, write_report
    from ..runs.folder import Run

    found = Run(run)
    found.recipe()  # refuses what is not a run
    if found.is_shared:
        raise UserError("a run of a hub is read only, and its page there is its model card; give a run folder")
    say(write_report(run), write_card(run))
