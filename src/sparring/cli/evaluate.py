"""The verb `sparring evaluate`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .arguments import Device
from .output import cells, say, say_json

if TYPE_CHECKING:
    from ..evaluation.evaluation import Evaluation
    from ..metrics.scores import Difference

MAX_CLASSES_SHOWN = 50

Samples = Annotated[
    str,
    typer.Argument(
        help="The run folder of a training; or, with --data, samples in files of any program.", show_default=False
    ),
]
Data = Annotated[
    str | None,
    typer.Option(help="The data to compare with. Default: the data that the run was trained on.", show_default=False),
]
Metrics = Annotated[
    str | None,
    typer.Option(
        help="Only these, for example --metrics fid,kid,prdc; all: every one that applies; list: print their names. "
        "Default: all that apply and are not slow.",
        show_default=False,
    ),
]
Features = Annotated[
    str,
    typer.Option(
        help="The features in which distances are measured: classifier (learned here), raw, efficientnet-lite0, "
        "inception."
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(help="The file with the weights of these features, for inception.", show_default=False),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--samples",
        min=2,
        help="How many samples. Default: as many as the training's final score took (2,000 to 10,000), at most as "
        "many as training examples.",
        show_default=False,
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        help="Samples in files: read them and the data as this recipe would, for example series.",
        show_default=False,
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        help="Another run, or other samples: print which is better, and how sure that is.", show_default=False
    ),
]


def evaluate(
    run: Samples,
    data: Data = None,
    metrics: Metrics = None,
    features: Features = "classifier",
    weights: Weights = None,
    samples: Count = None,
    recipe: RecipeName = None,
    against: Against = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Measure the samples of a run: their quality and variety, copies, and what real examples score.

    Examples:  sparring evaluate runs/digits   |   sparring evaluate runs/digits --against runs/digits-mlp

    The numbers and their meaning are also written into the run's evaluation.json and report.html.
    """
    from ..callbacks.base import Callback
    from ..errors import UserError
    from ..evaluation.run import evaluate as measured
    from ..metrics.scores import differences
    from .progress import terminal

    if metrics == "list":
        _print_metrics()
        return
    console: Callback
    with contextlib.nullcontext(Callback()) if as_json else terminal() as console:
        found = [
            measured(
                each,
                data,
                metrics=None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()],
                features=features,
                weights=weights,
                samples=samples,
                recipe=recipe,
                device=device,
                console=console,
            )
            for each in (run, against)
            if each is not None
        ]
    between = differences(found[0].scores, found[1].scores) if against else []
    if as_json:
        _print_json(found, between)
    elif not found[0].scores:
        raise UserError(f"nothing could be measured: {'; '.join(found[0].left_out.values())}")
    elif against:
        _print_both([Path(run).name, Path(against).name], found, between)
    else:
        _print_one(found[0])
        if found[0].report:
            say(f"report: {found[0].report}")


def _print_metrics() -> None:
    from rich.console import Console
    from rich.table import Table

    from ..evaluation.registry import METRICS
    from ..util.registry import load_plugins

    load_plugins()
    table = Table("metric", "measures", "data", box=None, header_style="bold")
    for name, metric in METRICS.items():
        table.add_row(*cells(name, metric.about, metric.modality or "any"))
    Console().print(table)


def _print_json(found: list[Evaluation], between: list[Difference]) -> None:
    described: Any = found[0].described()
    if len(found) > 1:
        differing = [each.described() for each in between]
        described = {"run": described, "against": found[1].described(), "differences": differing}
    say_json(described)


def _print_one(found: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..reports.evaluated import references
    from ..reports.findings import counts, findings, interval
    from ..reports.values import percent, short

    beside = references({name: score.described() for name, score in found.scores.items()})
    head = "score", "value", "95 %", *beside, "better", "samples: real"
    table = Table(*head, box=None, header_style="bold")
    for score in found.scores.values():
        described = score.described()
        known = ["" if described[part] is None else short(described[part]) for part in beside.values()]
        table.add_row(
            *cells(score.facts.title, short(score.value), interval(described), *known, score.better, counts(described))
        )
    console = Console()
    console.print(table)
    if found.classes:
        rows = Table("class", "samples", "real", "recognised", "diversity", "", box=None, header_style="bold")
        for row in found.classes[:MAX_CLASSES_SHOWN]:
            right, varied = (percent(value) if value is not None else "" for value in (row.agreement, row.diversity))
            rows.add_row(*cells(row.name, percent(row.share), percent(row.real_share), right, varied, row.frequency))
        console.print(rows)
    for sentence in findings(found.described()):
        say(sentence)
    for name, reason in found.left_out.items():
        say(f"not measured, {name}: {reason}")
    first = next(iter(found.scores.values()))
    say("measured on: " + ", ".join(f"{key} {value}" for key, value in (first.fingerprint or {}).items()))


def _print_both(names: list[str], found: list[Evaluation], between: list[Difference]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from ..reports.values import short

    table = Table(
        "score",
        *(Column(name, overflow="fold") for name in cells(*names)),
        Column("better", overflow="fold"),
        "by chance",
        box=None,
        header_style="bold",
    )
    for each in between:
        mine, theirs = (evaluation.scores[each.name] for evaluation in found)
        better = {"mine": names[0], "theirs": names[1], "": ""}[each.ahead]
        chance = "not known" if each.chance is None else f"{each.chance:.2g}"
        table.add_row(
            *cells(
                mine.facts.title,
                short(mine.value),
                short(theirs.value),
                better if each.sure else f"? {better}" if better else "",
                chance,
            )
        )
    Console().print(table)
    say(
        "by chance: the probability of so large a difference between equally good generators; "
        "? marks a difference that may be chance."
    )
