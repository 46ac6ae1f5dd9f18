"""sparring report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def report(run: Annotated[Path, typer.Argument(help="The run folder of a training, going on or finished.")]) -> None:
        """Write the report page (report.html) and the model card (README.md) of a run anew."""
        from ..reports import write_card, write_report
        from ..runs.folder import Run

        Run(run).recipe()  # refuses what is not a run
        typer.echo(f"{write_report(run)}\n{write_card(run)}")
