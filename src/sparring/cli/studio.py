"""The verb `sparring studio`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say

DATA_HELP = "A folder with data that the page may open. Once for each folder. Default: the present one."


def studio(
    runs: Annotated[Path, typer.Argument(help="The folder of runs. It is made where it is missing.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8765,
    data: Annotated[
        list[Path] | None, typer.Option("--data", metavar="FOLDER", help=DATA_HELP, show_default=False)
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    device: Device = "cpu",
) -> None:
    """Open a page in the browser to train, watch, use and export runs without a terminal.

    Example:  sparring studio

    Example:  sparring studio runs --data ~/Pictures --open

    Only this machine can reach it, and only by the address that it prints. Ctrl-C ends the page; a training goes on,
    and the page finds it when it is started again.
    """
    from ..serving.extra import needs_extra

    needs_extra()
    import secrets
    import webbrowser

    from ..serving.limits import Limits
    from ..serving.server import bound
    from ..serving.server import run as answer_requests
    from ..serving.studio.app import studio as application
    from .interrupts import interrupts
    from .verbs import PLUGINS

    limits, token = Limits(), secrets.token_urlsafe(24)
    app = application(runs, token, tuple(data or [Path(".")]), device, PLUGINS, limits)
    listening = bound("127.0.0.1", port)

    def started(port: int) -> None:
        address = f"http://127.0.0.1:{port}/#token={token}"
        say(f"the studio of {runs} is at {address}", "the address is a key: give it to nobody; Ctrl-C ends the page")
        if open_page:
            webbrowser.open(address)

    with interrupts.ends_in_order("stopping the page; trainings go on; once more ends at once"):
        answer_requests(app, listening, limits, interrupts.stop, started)
    if (name := app.state.trainings.running()) is not None:
        say(f"'{name}' is still being trained; start the studio again to see it")
