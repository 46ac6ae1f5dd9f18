"""The verb `sparring serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say

Host = Annotated[
    str, typer.Option(help="The address to listen at. Any but this machine's own (127.0.0.1) demands a token.")
]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="SPARRING_TOKEN",
        help="Answer only requests with the header 'Authorization: Bearer TOKEN'. Better set as the variable "
        "SPARRING_TOKEN, which other users of the machine cannot see.",
        show_default=False,
        show_envvar=False,
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A further name under which the service may be asked for, such as that of a proxy; * for any. Once for "
        "each name.",
        show_default=False,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(min=0.001, help="Requests a second from one address, at most. Default: any.", show_default=False),
]


def serve(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8000,
    token: Token = None,
    allow_host: AllowHost = None,
    rate: Rate = None,
    max_samples: Annotated[int, typer.Option(min=1, max=1_000_000, help="Samples of one request.")] = 1000,
    max_pixels: Annotated[int, typer.Option(min=1, help="Pixels of an uploaded picture.")] = 16_000_000,
    max_body: Annotated[int, typer.Option(min=1, max=2048, help="Megabytes of one request.")] = 32,
    max_waiting: Annotated[
        int, typer.Option(min=1, max=10_000, help="Requests that may wait; further ones are asked to come again.")
    ] = 64,
    timeout: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds that an answer may take.")] = 60.0,
    device: Device = "cpu",
) -> None:
    """Answer requests over HTTP: new samples, repaired or translated pictures, scores.

    Example:  sparring serve runs/digits

    Example:  curl "http://127.0.0.1:8000/v1/generate?seed=7&label=3" -o three.png

    The bytes are those that the command line writes. /openapi.json describes every path. Ctrl-C ends the service after
    the requests that it is answering.
    """
    from ..serving.extra import needs_extra

    needs_extra()
    from ..serving.app import application
    from ..serving.limits import Limits
    from ..serving.served_run import ServedRun
    from ..serving.server import bound, check_exposed, check_names
    from ..serving.server import run as answer_requests
    from .interrupts import interrupts
    from .verbs import PLUGINS

    check_exposed(host, token)
    check_names(allow_host or ())
    limits = Limits(
        samples=max_samples, pixels=max_pixels, body=max_body << 20, waiting=max_waiting, seconds=timeout, rate=rate
    )
    served = ServedRun(run, device, limits)
    app = application(served, host=host, token=token, allowed_hosts=allow_host or (), plugins=PLUGINS)
    listening = bound(host, port)

    def started(port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        say(f"serving {run} at http://{shown}:{port} (described by /openapi.json); Ctrl-C ends it")
        if served.gan and not served.shares_passes:
            say("samples of this model depend on what is made beside them: requests share no forward pass")

    with interrupts.ends_in_order("stopping after the requests that are being answered; once more ends at once"):
        answer_requests(app, listening, limits, interrupts.stop, started)
