"""sparring evaluate"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..evaluation.evaluation import Evaluation
    from ..metrics.scores import Difference


def register(app: typer.Typer) -> None:
    @app.command()
    def evaluate(
        run: Annotated[str, typer.Argument(help="The run folder of a training; or samples in files of any program, with --data.")],
        data: Annotated[str | None, typer.Option(help="What to hold it against. Default: the data that the run was trained on.")] = None,
        metrics: Annotated[
            str | None,
            typer.Option(
                help="Only these, for example fid,kid,prdc; all: every one that applies; list: print what there is. "
                "Default: all that apply and are not slow."
            ),
        ] = None,
        features: Annotated[
            str, typer.Option(help="What distances are measured in: classifier (learned here), raw, efficientnet-lite0, inception.")
        ] = "classifier",
        weights: Annotated[Path | None, typer.Option(help="The file with the weights of these features, for inception.")] = None,
        samples: Annotated[
            int | None, typer.Option("-n", "--samples", min=2, help="How many. Default: 10,000, at most as many as training examples.")
        ] = None,
        recipe: Annotated[
            str | None, typer.Option(help="Of samples in files: read them and the data as this recipe would, for example series.")
        ] = None,
        against: Annotated[
            str | None, typer.Option(help="Another run, or other samples: which of the two is better, and is that sure?")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    ) -> None:
        """How good are the samples, how varied, are they copies, and what would real examples score?

        Example:  sparring evaluate runs/digits   |   sparring evaluate runs/digits --against runs/digits-mlp

        A run's numbers and their meaning go into its evaluation.json and report.html too.
        """
        from ..callbacks.base import Callback
        from ..errors import UserError
        from ..evaluation.run import evaluate as measured
        from ..metrics.scores import differences
        from .progress import terminal

        if metrics == "list":
            _print_metrics()
            return
        wanted = None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()]
        options: dict[str, Any] = {"metrics": wanted, "features": features, "weights": weights, "samples": samples, "recipe": recipe}
        if as_json:
            found = [measured(each, data, console=Callback(), **options) for each in (run, against) if each is not None]
        else:
            with terminal() as console:
                found = [measured(each, data, console=console, **options) for each in (run, against) if each is not None]
        between = differences(found[0].scores, found[1].scores) if against else []
        if as_json:
            described = [each.described() for each in found]
            both = (
                {"run": described[0], "against": described[1], "differences": [each.described() for each in between]}
                if against
                else described[0]
            )
            typer.echo(json.dumps(both, indent=2, ensure_ascii=False))
            return
        names = [Path(each).name for each in (run, against) if each is not None]
        if not found[0].scores:
            raise UserError(f"nothing could be measured: {'; '.join(found[0].left_out.values())}")
        if against:
            _print_both(names, found, between)
            return
        _print_one(found[0])
        if (page := Path(run) / "report.html").is_file():
            typer.echo(f"report: {page}")


def _print_metrics() -> None:
    from rich.console import Console
    from rich.table import Table

    from ..evaluation.registry import METRICS

    table = Table("metric", "measures", "data", box=None, header_style="bold")
    for name, metric in METRICS.items():
        table.add_row(name, metric.about, metric.modality or "any")
    Console().print(table)


def _print_one(found: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..reports.findings import findings, interval
    from ..reports.values import percent, short

    trivial = any(score.trivial is not None for score in found.scores.values())
    reference = "trivial baseline" if trivial else "real examples"
    table = Table("score", "value", "95 %", reference, "better", box=None, header_style="bold")
    for score in found.scores.values():
        described = score.described()
        other = score.trivial if trivial else score.real
        real = "" if other is None else short(other)
        table.add_row(score.facts.title, short(score.value), interval(described), real, score.better)
    console = Console()
    console.print(table)
    if found.classes:
        rows = Table("class", "samples", "real", "recognised", "diversity", "", box=None, header_style="bold")
        for row in found.classes[:50]:
            right, varied = (percent(value) if value is not None else "" for value in (row.agreement, row.diversity))
            rows.add_row(row.name, percent(row.share), percent(row.real_share), right, varied, row.frequency)
        console.print(rows)
    for sentence in findings(found.described()):
        typer.echo(sentence)
    for name, reason in found.left_out.items():
        typer.echo(f"not measured, {name}: {reason}")
    first = next(iter(found.scores.values()))
    typer.echo("measured on: " + ", ".join(f"{key} {value}" for key, value in (first.fingerprint or {}).items()))


def _print_both(names: list[str], found: list[Evaluation], between: list[Difference]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from ..reports.values import short

    table = Table(
        "score",
        *(Column(name, overflow="fold") for name in names),
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
            mine.facts.title,
            short(mine.value),
            short(theirs.value),
            better if each.sure else f"? {better}" if better else "",
            chance,
        )
    Console().print(table)
    typer.echo("by chance: how likely so large a difference is between equally good generators; ? marks what may be chance.")
