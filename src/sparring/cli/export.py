"""The verb `sparring export`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .output import say


class To(StrEnum):
    """What a run is exported to."""

    onnx = "onnx"
    html = "html"
    hub = "hub"


Name = Annotated[
    str | None,
    typer.Argument(metavar="[USER/NAME]", help="With --to hub: the repository.", show_default=False),
]
Revision = Annotated[
    str | None, typer.Option(metavar="BRANCH", help="With --to hub: the branch. Default: main.", show_default=False)
]
Private = Annotated[bool, typer.Option("--private", help="With --to hub: make a new repository private.")]
Licence = Annotated[
    str | None,
    typer.Option(
        "--license",
        metavar="ID",
        help="With --to hub: the licence of the model for its card, such as apache-2.0. Default: not stated.",
        show_default=False,
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        metavar="fp32|int8",
        help="Numbers of an ONNX file. int8 is smaller and faster; it is measured on the run's data, and refused where "
        "the score worsens by more than 5 %.",
    ),
]
Runtime = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Pages: onnxruntime-web-1.30.0.tgz from npm, for machines without a network. Default: it is "
        "downloaded once (33 MB).",
        show_default=False,
    ),
]


def export(
    run: Annotated[Path, typer.Argument(help="The run folder of a training.", show_default=False)],
    name: Name = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The file, ending in .onnx or .html. Default: NAME here.", show_default=False),
    ] = None,
    to: Annotated[
        To,
        typer.Option(
            help="One file that runs anywhere (onnx), one page that generates in any browser (html), or a model hub."
        ),
    ] = To.onnx,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The direction from outputs to inputs, of runs that have learned both.")
    ] = False,
    classifier: Annotated[
        bool, typer.Option("--classifier", help="The classifier of a run that has learned to classify, such as sgan.")
    ] = False,
    precision: Precision = "fp32",
    runtime: Runtime = None,
    revision: Revision = None,
    private: Private = False,
    licence: Licence = None,
) -> None:
    """Write what a run has learned as one ONNX file, which runs without sparring, or as one page, or share it.

    Example:  sparring export runs/digits -o digits.onnx

    Example:  sparring export runs/digits --to html -o digits.html

    Example:  sparring export runs/digits --to hub my-name/digits --license apache-2.0

    The page makes samples in any browser, without a network. What is shared is read as hf://my-name/digits wherever a
    run folder is.
    """
    of_hub = {"USER/NAME": name, "--revision": revision, "--private": private, "--license": licence}
    of_files = {"-o": out, "--reverse": reverse, "--classifier": classifier, "--runtime": runtime}
    _refuse(of_files if to is To.hub else of_hub, to)
    if to is not To.onnx and precision != "fp32":
        from ..errors import UserError

        raise UserError(f"--precision is for --to onnx, not --to {to.value}; leave it out")
    if to is To.hub:
        _push(run, name, revision, private, licence)
    elif to is To.html:
        _write_page(run, out, runtime, reverse, classifier)
    else:
        _write_file(run, out, runtime, reverse, classifier, precision)


def _refuse(given: Mapping[str, object], to: To) -> None:
    """Raises UserError for what is given and belongs to another kind of export."""
    from ..errors import UserError

    if unused := [option for option, value in given.items() if value]:
        other = "is for files and pages" if to is To.hub else "is for --to hub"
        raise UserError(f"{unused[0]} {other}; leave it out")


def _push(run: Path, name: str | None, revision: str | None, private: bool, licence: str | None) -> None:
    from ..errors import UserError
    from ..inference.export_hub import push
    from ..runs.hub import DEFAULT_REVISION

    if name is None:
        raise UserError("--to hub needs the name of a repository: sparring export RUN --to hub user/name")
    pushed = push(run, name, DEFAULT_REVISION if revision is None else revision, private, licence)
    say(f"pushed {len(pushed.names)} files, {pushed.size / 1e6:.1f} MB: {', '.join(pushed.names)}", pushed.place)


def _write_file(
    run: Path, out: Path | None, runtime: Path | None, reverse: bool, classifier: bool, precision: str
) -> None:
    from ..errors import UserError
    from ..inference.export import export as write

    if runtime is not None:
        raise UserError("--runtime is for --to html; leave it out")
    say("exporting, and comparing the results of the file with those of the run ...")
    exported = write(run, out, reverse=reverse, classifier=classifier, precision=precision)
    say(f"inputs: {', '.join(exported.inputs)}; largest difference from the run: {exported.difference:.2g}")
    if found := exported.distances:
        say(f"Frechet distance to held-out examples: {found['fp32']:.4g}, in 8 bits {found['int8']:.4g}")
    if not exported.decoded:
        say("the output is encoded: the codec in the file's metadata says how values are read from it")
    say(exported.path)


def _write_page(run: Path, out: Path | None, runtime: Path | None, reverse: bool, classifier: bool) -> None:
    from ..errors import UserError
    from ..inference.export_page import export_page
    from .progress import terminal

    if classifier:
        raise UserError("a page is made of a generator; leave --classifier out")
    with terminal() as console:
        page = export_page(run, out, runtime, lambda share: console.progress(share, "measuring directions"), reverse)
    say(f"largest difference of the model from the run: {page.difference:.2g}; {page.size / 1e6:.1f} MB", page.path)
