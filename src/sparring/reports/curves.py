"""The curves of a training as inline SVG, drawn from its log."""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..runs.log import SPEED, Log, best_tick, examples_at, ticks, value_at
from .values import mapping

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#3b7dd8", "#e0702a", "#2f9e6e", "#a259c4", "#c9a227", "#c2405a")  # readable on white and on near-black
INK = "#0a0b0c"  # a placeholder for the page's text colour; `inline` replaces it by currentColor
MAX_POINTS = 600  # more cannot be seen at this size


@dataclass(frozen=True)
class Curve:
    """One chart.

    Args:
        key: Its name in ids.
        title: Its title.
        hint: What to look for in it.
        lines: By name, a value a tick, NaN where there is none.
        examples: The number of examples seen at each tick.
        percent: Whether values are shares.
        best: The index of the tick to mark.
    """

    key: str
    title: str
    hint: str
    lines: Mapping[str, list[float]]
    examples: list[float]
    percent: bool = False
    best: int | None = None


def curves(log: Log) -> list[Curve]:
    """All charts for which the log has at least one value."""
    rows = ticks(log)
    charts = [
        _losses(rows),
        _reconstruction(rows),
        _kl(rows),
        _accuracy(rows),
        _selection(log, rows),
        _variety(rows),
        _speed(rows),
    ]
    return [chart for chart in charts if chart.lines]


def _losses(rows: Log) -> Curve:
    adversarial = (
        "How hard each network finds its task. Steady losses are good, growing ones are not. "
        "They say nothing about the quality of the samples."
    )
    likelihood = (
        "What the networks minimise together: a bound on the negative log-likelihood of training examples. "
        "Falling is good; constant means done."
    )
    hint = likelihood if any("elbo" in row for row in rows) else adversarial
    names = dict.fromkeys(str(name) for row in rows for name in mapping(row.get("losses")))
    return _curve("losses", "Losses", hint, rows, {name.replace("_", " "): ("losses", name) for name in names})


def _reconstruction(rows: Log) -> Curve:
    hint = "The mean squared difference between a training example and its reconstruction from its latents."
    paths = {"squared error": ("elbo", "reconstruction_error")}
    return _curve("reconstruction", "Reconstruction error", hint, rows, paths)


def _kl(rows: Log) -> Curve:
    hint = (
        "How much information the latents carry about an example, in nats (1.44 bits). "
        "At zero they carry none, and all samples are alike."
    )
    return _curve("kl", "Information in the latents", hint, rows, {"KL divergence": ("elbo", "kl")})


def _accuracy(rows: Log) -> Curve:
    hint = (
        "How often the discriminator is right. Near 100 % for both, it dominates. "
        "The fooling rate is the share of generated examples that it classifies as real."
    )
    paths = {
        "real examples": ("accuracy", "real"),
        "generated examples": ("accuracy", "fake"),
        "fooling rate": ("fooling_rate",),
    }
    return _curve("accuracy", "Discriminator accuracy", hint, rows, paths, percent=True)


def _selection(log: Log, rows: Log) -> Curve:
    hint = "The score that chooses the best snapshot; lower is better. The dot marks the kept snapshot."
    best = best_tick(log)
    at = next((index for index, row in enumerate(rows) if row is best), None)
    return _curve("selection", "Selection score", hint, rows, {"selection score": ("selection",)}, best=at)


def _variety(rows: Log) -> Curve:
    hint = (
        "Variety: how much samples differ, relative to real examples. "
        "Coverage: the share of held-out examples that are near some sample. "
        "Closeness: how far samples lie from training examples, relative to held-out ones; near 0 they are copies."
    )
    paths = {
        "variety": ("seen", "variety"),
        "coverage": ("scores", "coverage", "value"),
        "closeness": ("seen", "closeness"),
    }
    return _curve("variety", "Variety and novelty", hint, rows, paths, percent=True)


def _speed(rows: Log) -> Curve:
    return _curve("speed", "Speed", "Training examples a second.", rows, {"examples a second": SPEED})


def _curve(
    key: str,
    title: str,
    hint: str,
    rows: Log,
    paths: Mapping[str, tuple[str, ...]],
    percent: bool = False,
    best: int | None = None,
) -> Curve:
    lines = {name: [_at(row, path) for row in rows] for name, path in paths.items()}
    drawn = {name: values for name, values in lines.items() if any(math.isfinite(value) for value in values)}
    return Curve(key, title, hint, drawn, [float(examples_at(row) or 0) for row in rows], percent, best)


def _at(row: Mapping[str, Any], path: tuple[str, ...]) -> float:
    found = value_at(row, path)
    return math.nan if found is None else found


def svg(curve: Curve) -> str:
    """The chart as an <svg> element; see `render_svg`."""
    return render_svg((4.8, 2.7), curve.key, curve.title, lambda figure: _draw(figure.add_subplot(), curve))


def render_svg(size: tuple[float, float], key: str, title: str, draw: Callable[[Figure], None]) -> str:
    """A figure as an <svg> element that takes its text colour and width from the page. Equal figures give equal bytes.

    size: in inches. key: makes its ids unique on the page. draw: draws into the empty figure.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_style(key)):
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_alpha(0)
        draw(figure)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue(), key, title)


def _draw(axes: Axes, curve: Curve) -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

    axes.set_facecolor("none")
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    step = max(1, math.ceil(len(curve.examples) / MAX_POINTS))
    marker = "o" if len(curve.examples) <= 30 else ""
    for index, (name, values) in enumerate(curve.lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        label = name[:40].lstrip("_")
        style = {"color": colour, "linewidth": 1.6, "marker": marker, "markersize": 2.5}
        axes.plot(curve.examples[::step], values[::step], label=label, **style)  # type: ignore[arg-type]
    if _spans_decades(curve):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{100 * value:.0f} %" if curve.percent else f"{value:g}")
    )
    if curve.percent:
        axes.set_ylim(-0.03, 1.03)
    if curve.key == "speed":
        axes.set_ylim(0, 1.1 * max(axes.get_ylim()))  # so that small changes look small
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel("examples seen")
    _mark_best(axes, curve)
    if len(axes.lines) > 1:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, handlelength=1.2, columnspacing=1.2
        )


def _spans_decades(curve: Curve) -> bool:
    values = [value for line in curve.lines.values() for value in line if math.isfinite(value)]
    return curve.key == "selection" and min(values) > 0 and max(values) / min(values) > 20


def _mark_best(axes: Axes, curve: Curve) -> None:
    if curve.best is None:
        return
    value = next(iter(curve.lines.values()))[curve.best]
    if math.isfinite(value):
        label = f"kept: {value:.4g}"
        axes.plot([curve.examples[curve.best]], [value], "o", markersize=7, color=COLOURS[1], zorder=5, label=label)


def _style(key: str) -> Any:
    """matplotlib's settings for charts that a page colours. The same key gives the same ids."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": key,
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "text.parse_math": False,
        "text.usetex": False,
    }


def _inline(document: str, key: str, title: str) -> str:
    """The <svg> element alone, with unique ids and a name for screen readers, without XML header and fixed size."""
    body = document[document.index("<svg") :].replace(INK, "currentColor")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for reference in (' id="', "url(#", 'href="#'):
        body = body.replace(reference, f"{reference}{key}-")
    opening, rest = body.split(">", 1)
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{html.escape(title)}">{rest.strip()}'
