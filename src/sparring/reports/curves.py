"""The curves of a training as inline SVG, drawn from its log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..runs.log import Log, best_tick, number, ticks
from .values import mapping

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#3b7dd8", "#e0702a", "#2f9e6e", "#a259c4", "#c9a227", "#c2405a")  # each readable on white and on near-black
INK = "#0a0b0c"  # stands for the page's own text colour: replaced by currentColor
MOST_POINTS = 600  # more cannot be seen at this size


@dataclass(frozen=True)
class Curve:
    """One chart: values by name over images, and what to look for in it."""

    key: str
    title: str
    hint: str
    lines: Mapping[str, list[float]]  # name -> a value a tick, NaN where there is none
    images: list[float]
    percent: bool = False
    best: int | None = None  # which tick to mark


def curves(log: Log) -> list[Curve]:
    """Every chart that the log has at least one value for."""
    rows = ticks(log)
    charts = [_losses(rows), _reconstruction(rows), _kl(rows), _accuracy(rows), _selection(log, rows), _variety(rows), _speed(rows)]
    return [chart for chart in charts if chart.lines]


def _losses(rows: Log) -> Curve:
    contest = (
        "How hard each player finds the contest. Steady is good, running away is not; these say nothing about how good the samples look."
    )
    alone = (
        "What the players bring down together: a bound on how unlikely the training examples are to them. Falling is good, level is done."
    )
    hint = alone if any("elbo" in row for row in rows) else contest
    names = dict.fromkeys(str(name) for row in rows for name in mapping(row.get("losses")))
    return _curve("losses", "Losses", hint, rows, {name.replace("_", " "): ("losses", name) for name in names})


def _reconstruction(rows: Log) -> Curve:
    hint = "The mean squared difference between a training example and what the generator makes of its latents."
    return _curve("reconstruction", "Reconstruction error", hint, rows, {"squared error": ("elbo", "reconstruction_error")})


def _kl(rows: Log) -> Curve:
    hint = "How much the latents say about an example, in nats (1.44 bits). At zero they say nothing, and samples are all alike."
    return _curve("kl", "What the latents say", hint, rows, {"KL divergence": ("elbo", "kl")})


def _accuracy(rows: Log) -> Curve:
    hint = "How often the discriminator is right. Near 100 % on both it has won. The fooling rate is the share of fakes it takes for real."
    names = {"reals judged real": ("accuracy", "real"), "fakes judged fake": ("accuracy", "fake"), "fooling rate": ("fooling_rate",)}
    return _curve("accuracy", "What the discriminator gets right", hint, rows, names, percent=True)


def _selection(log: Log, rows: Log) -> Curve:
    hint = "The quick score by which the best snapshot is chosen; lower is better. The dot marks the snapshot that is kept."
    best = best_tick(log)
    at = next((index for index, row in enumerate(rows) if row is best), None)
    return _curve("selection", "Selection score", hint, rows, {"selection score": ("selection",)}, best=at)


def _variety(rows: Log) -> Curve:
    hint = (
        "Variety: how unlike one another samples are, beside real ones. Coverage: the share of held-out reals that some sample comes near to. "
        "Closeness: how far samples lie from training examples, beside held-out reals; near 0 they are copies."
    )
    names = {"variety": ("seen", "variety"), "coverage": ("scores", "coverage", "value"), "closeness": ("seen", "closeness")}
    return _curve("variety", "How varied and how new", hint, rows, names, percent=True)


def _speed(rows: Log) -> Curve:
    hint = "Real examples learned from a second."
    return _curve("speed", "Speed", hint, rows, {"images a second": ("clock", "examples_per_second")})


def _curve(
    key: str, title: str, hint: str, rows: Log, paths: Mapping[str, tuple[str, ...]], percent: bool = False, best: int | None = None
) -> Curve:
    lines = {name: [_at(row, path) for row in rows] for name, path in paths.items()}
    drawn = {name: values for name, values in lines.items() if any(math.isfinite(value) for value in values)}
    return Curve(key, title, hint, drawn, [number(row["examples"]) or 0.0 for row in rows], percent, best)


def _at(row: Mapping[str, Any], path: tuple[str, ...]) -> float:
    value: Any = row
    for step in path:
        value = mapping(value).get(step)
    found = number(value)
    return math.nan if found is None else found


def svg(curve: Curve) -> str:
    """The chart as an <svg> element that takes its text colour and width from the page; the same curve gives the same bytes."""
    import io

    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(settings(curve.key)):
        figure = Figure(figsize=(4.8, 2.7), layout="constrained")
        figure.patch.set_alpha(0)
        _draw(figure.add_subplot(), curve)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return inline(out.getvalue(), curve.key, curve.title)


def _draw(axes: Axes, curve: Curve) -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

    axes.set_facecolor("none")
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    step = max(1, math.ceil(len(curve.images) / MOST_POINTS))
    marker = "o" if len(curve.images) <= 30 else ""
    for index, (name, values) in enumerate(curve.lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        axes.plot(
            curve.images[::step], values[::step], color=colour, linewidth=1.6, marker=marker, markersize=2.5, label=name[:40].lstrip("_")
        )
    if _spans_decades(curve):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %" if curve.percent else f"{value:g}"))
    if curve.percent:
        axes.set_ylim(-0.03, 1.03)
    if curve.key == "speed":
        axes.set_ylim(0, 1.1 * max(axes.get_ylim()))  # so that a ripple does not look like a flood
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel("images seen")
    _mark_best(axes, curve)
    if len(axes.lines) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, handlelength=1.2, columnspacing=1.2)


def _spans_decades(curve: Curve) -> bool:
    values = [value for line in curve.lines.values() for value in line if math.isfinite(value)]
    return curve.key == "selection" and min(values) > 0 and max(values) / min(values) > 20


def _mark_best(axes: Axes, curve: Curve) -> None:
    if curve.best is None:
        return
    value = next(iter(curve.lines.values()))[curve.best]
    if math.isfinite(value):
        label = f"kept: {value:.4g}"
        axes.plot([curve.images[curve.best]], [value], "o", markersize=7, color=COLOURS[1], zorder=5, label=label)


def settings(key: str) -> Any:
    """matplotlib's, for charts that a page colours; the same key gives the same ids."""
    return {"svg.fonttype": "none", "svg.hashsalt": key, "font.size": 9, "text.color": INK, "axes.edgecolor": INK,
            "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "text.parse_math": False, "text.usetex": False}  # fmt: skip


def inline(document: str, key: str, title: str) -> str:
    """The <svg> element alone: no XML header, no fixed size, ids of its own on the page, named for those who cannot see it."""
    import html
    import re

    body = document[document.index("<svg") :].replace(INK, "currentColor")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for reference in (' id="', "url(#", 'href="#'):
        body = body.replace(reference, f"{reference}{key}-")
    opening, rest = body.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{html.escape(title)}">{rest.strip()}'
