"""sparring train"""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from ..util.files import without_password
from .options import FITS, Constraints, Fit, LabelLevel, Labels, Mode, Size, Types, one_of, parse_size, parse_types

_current: dict[str, Path] = {}


def current_run() -> Path | None:
    """The folder of the run being trained, for a fault's traceback."""
    return _current.get("run")


def _without_folders(argument: str) -> str:
    """Recipes travel with models: absolute paths stay at home."""
    return Path(argument).name if Path(argument).is_absolute() else without_password(argument)


def register(app: typer.Typer) -> None:
    @app.command()
    def train(
        data: Annotated[
            str,
            typer.Argument(
                help="A folder, zip or tar of pictures, an .npy/.npz, IDX or Parquet file, a table (.csv, .xlsx, sqlite:///file#table), or a name: digits, mnist, ring ..."
            ),
        ],
        recipe: Annotated[
            str | None,
            typer.Option(help="A recipe (see `sparring recipes`) or a YAML file of your own. Default: the one for this kind of data."),
        ] = None,
        out: Annotated[Path | None, typer.Option(help="The run folder. Default: runs/NAME.")] = None,
        examples: Annotated[str | None, typer.Option(help="How long, in real examples shown: 200000, 2M, 50epochs, 30000steps.")] = None,
        budget: Annotated[
            str | None, typer.Option(help="How long, in time: 90s, 10m, 1h30m. A few timed steps turn it into examples before the start.")
        ] = None,
        max_time: Annotated[
            str | None, typer.Option(help="The hard clock: save what is reached after this time and end; the same command goes on.")
        ] = None,
        seed: Annotated[int | None, typer.Option(help="The seed of everything random. Default: 0.")] = None,
        size: Size = None,
        fit: Fit = None,
        mode: Mode = None,
        labels: Labels = None,
        label_level: LabelLevel = None,
        input: Annotated[
            str | None, typer.Option(help="Of pairs: the folder (or column) that holds the inputs of the others.", metavar="NAME")
        ] = None,
        types: Types = None,
        constraints: Constraints = None,
        init_from: Annotated[Path | None, typer.Option(help="Start from the weights of another run (fine-tuning).")] = None,
        device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
        set_: Annotated[
            list[str] | None,
            typer.Option(
                "--set",
                help="Change one value of the recipe: --set batch=64 --set players.generator.optimizer.lr=1e-3",
                metavar="KEY=VALUE",
            ),
        ] = None,
        tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard event files into the run folder.")] = False,
    ) -> None:
        """Train a GAN on your data. Run the same command again to go on after a stop, a kill or a power cut.

        Examples:  sparring train digits --budget 1m   |   sparring train photos/ --size 64x64 --examples 2M

        Everything that you leave out is chosen from the data and the machine and printed with its reason. Progress is kept in the run
        folder (runs/NAME), together with samples, scores and a report page.
        """
        from .. import api
        from .progress import terminal

        stop, received = threading.Event(), []

        def interrupt(number: int, frame: Any) -> None:
            signal.signal(number, signal.SIG_DFL)  # a second one ends at once
            received.append(number)
            stop.set()
            print("stopping after this step, saved; once more ends at once", file=sys.stderr, flush=True)

        folder = out or api.default_folder(data, recipe)
        _current["run"] = folder
        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with terminal() as console:
                api.train(
                    data, recipe, folder, examples=examples, budget=budget, max_time=max_time, seed=seed, size=parse_size(size),
                    fit=one_of("--fit", fit, FITS), mode=one_of("--mode", mode, ("auto", "L", "LA", "RGB", "RGBA")),
                    labels=labels, label_level=one_of("--label-level", label_level, ("first", "leaf")), given=given, types=parse_types(types), constraints=constraints or (), init_from=init_from, device=device,
                    settings=set_ or (), tensorboard=tensorboard, console=console, stop=stop, command=shlex.join(["sparring", *map(_without_folders, sys.argv[1:])]),
                )  # fmt: skip
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if received:
            raise typer.Exit(128 + received[0])
