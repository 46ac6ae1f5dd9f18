"""The verb `sparring export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say


def export(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The file, ending in .onnx. Default: NAME.onnx here.", show_default=False),
    ] = None,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The direction from outputs to inputs, of runs that have learned both.")
    ] = False,
    classifier: Annotated[
        bool, typer.Option("--classifier", help="The classifier of a run that has learned to classify, such as sgan.")
    ] = False,
) -> None:
    """Write what a run has learned as one ONNX file, which runs without sparring, Python or torch.

    Example:  sparring export runs/digits -o digits.onnx
    """
    from ..inference.export import export as write

    say("exporting, and comparing the results of the file with those of the run ...")
    exported = write(run, out, reverse=reverse, classifier=classifier)
    say(f"inputs: {', '.join(exported.inputs)}; largest difference from the run: {exported.difference:.2g}")
    if not exported.decoded:
        say("the output is encoded: the codec in the file's metadata says how values are read from it")
    say(exported.path)
