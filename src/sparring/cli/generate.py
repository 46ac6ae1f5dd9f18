"""The verb `sparring generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .arguments import Device
from .output import say

Out = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="A folder for single files, or one file (.png a sheet, .tif pages, .webp, .gif or .mp4 a film, .npz "
        "arrays, .zip). "
        "Default: NAME-samples here.",
        show_default=False,
    ),
]
Truncation = Annotated[
    float | None,
    typer.Option(
        help="Less variety, better quality: 0 to 1 for style-based generators, for others the largest latent "
        "value. Default: none.",
        show_default=False,
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        help="Tables: a condition that every row fulfils, for example --where \"income = '>50K' and age > 60\".",
        metavar="CONDITIONS",
        show_default=False,
    ),
]
Length = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Series and films: the number of steps (frames) of each; a model of windows or of films goes on beyond "
        "what it learned. Default: as many as the data have (of a single series or long films: a window). Texts: the "
        "most characters of each.",
        metavar="STEPS",
        show_default=False,
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(help="Texts: below 1 safer and more alike, above 1 bolder. Default: 1.", show_default=False),
]
Prompt = Annotated[str | None, typer.Option(help="Texts: how each begins.", metavar="BEGINNING", show_default=False)]
Candidates = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Texts: how many are drawn for each that is kept; the discriminator's output weights the choice. "
        "Default: 1.",
        show_default=False,
    ),
]
Copies = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Texts: the largest share that equals a training text, such as 0 or that of held-out texts; more are "
        "drawn again. Needs the training data where it lay. Default: as they come.",
        metavar="SHARE",
        show_default=False,
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        help="Films: frames a second; things move as fast at any rate. Default: the rate of the data.",
        metavar="FRAMES",
        show_default=False,
    ),
]
First = Annotated[
    int,
    typer.Option(
        min=0,
        help="Tables: the number of the first row, to write parts of a large table, in several processes if you like. "
        "The rows are those of the whole.",
    ),
]


def generate(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=10_000_000, help="How many samples.")] = 64,
    out: Out = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    label: Annotated[
        str | None,
        typer.Option(help="Only this class, by name or number. For models trained with labels.", show_default=False),
    ] = None,
    truncation: Truncation = None,
    where: Where = None,
    length: Length = None,
    fps: Fps = None,
    first: First = 0,
    temperature: Temperature = None,
    prompt: Prompt = None,
    candidates: Candidates = None,
    copies: Copies = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="How many samples are in memory at once. The files do not depend on it.")
    ] = 64,
    grid: Annotated[bool, typer.Option("--grid", help="Write one sheet of all samples.")] = False,
    device: Device = "cpu",
) -> None:
    """Make new samples with a trained generator.

    Example:  sparring generate runs/digits -n 16 --label 3 -o threes/

    Example:  sparring generate runs/people -n 1000 -o people.csv

    Example:  sparring generate runs/clips -n 4 --length 64 --fps 12 -o films/
    """
    from ..inference.argument_checks import class_number
    from ..inference.generate import generate_files
    from ..runs.folder import Run

    target = out or Path(f"{run.name or 'run'}-samples{'.png' if grid else ''}")
    paths = generate_files(
        run,
        target,
        count,
        seed=seed,
        label=label,
        truncation=truncation,
        where=where,
        length=length,
        fps=fps,
        first=first,
        temperature=temperature,
        prompt=prompt,
        candidates=candidates,
        copies=copies,
        batch_size=batch_size,
        grid=grid,
        device=device,
        note=lambda sentence: say(sentence, error=True),
    )
    classes = [] if label is None else Run(run).read_json("source.json")["classes"]
    of_class = "" if label is None else f" of the class '{classes[class_number(label, classes)]}'"
    say(f"{count} samples{of_class}: {paths[0] if len(paths) == 1 else target}")
