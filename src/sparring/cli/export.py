"""The verb `sparring export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .output import say


class To(StrEnum):
    """What a run is exported to."""

    onnx = "onnx"
    html = "html"


def export(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The file, ending in .onnx or .html. Default: NAME here.", show_default=False),
    ] = None,
    to: Annotated[
        To, typer.Option(help="One file that runs anywhere (onnx), or one page that generates in any browser (html).")
    ] = To.onnx,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The direction from outputs to inputs, of runs that have learned both.")
    ] = False,
    classifier: Annotated[
        bool, typer.Option("--classifier", help="The classifier of a run that has learned to classify, such as sgan.")
    ] = False,
    runtime: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Pages: onnxruntime-web-1.30.0.tgz from npm, for machines without a network. Default: it is "
            "downloaded once (33 MB).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write what a run has learned as one ONNX file, which runs without sparring, Python or torch; or as one page.

    Example:  sparring export runs/digits -o digits.onnx

    Example:  sparring export runs/digits --to html -o digits.html

    The page makes pictures in any browser, without a network.
    """
    if to is To.html:
        _write_page(run, out, runtime, reverse or classifier)
        return
    from ..errors import UserError
    from ..inference.export import export as write

    if runtime is not None:
        raise UserError("--runtime is for --to html; leave it out")
    say("exporting, and comparing the results of the file with those of the run ...")
    exported = write(run, out, reverse=reverse, classifier=classifier)
    say(f"inputs: {', '.join(exported.inputs)}; largest difference from the run: {exported.difference:.2g}")
    if not exported.decoded:
        say("the output is encoded: the codec in the file's metadata says how values are read from it")
    say(exported.path)


def _write_page(run: Path, out: Path | None, runtime: Path | None, special: bool) -> None:
    from ..errors import UserError
    from ..inference.export_page import export_page
    from .progress import terminal

    if special:
        raise UserError("a page is made of a generator of pictures; leave --reverse and --classifier out")
    with terminal() as console:
        page = export_page(run, out, runtime, lambda share: console.progress(share, "measuring directions"))
    say(f"largest difference of the model from the run: {page.difference:.2g}; {page.size / 1e6:.1f} MB", page.path)
