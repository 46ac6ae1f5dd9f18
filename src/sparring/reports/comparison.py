"""The comparison of recipes: a table of medians, curves and samples, as a page, as Markdown and as a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ..metrics.score_facts import HEADLINE_DISTANCES, facts_of
from ..util.files import write_bytes, write_text
from ..util.progress import duration
from .card import escaped
from .curves import COLOURS, render_svg
from .markup import bullets, matrix, page, paragraph, picture, section, text
from .pictures import data_uri, open_picture
from .values import count, percent, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = (
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "coverage",
    "label_agreement",
    "diversity",
    "modes_hit",
    "good_share",
    "copied_share",
)
NOT_SHARES = ("frechet_distance", "kernel_distance", "modes_hit")
SHEET_SIDE, GAP, TITLE_HEIGHT = 1600, 16, 18  # pixels
NOTE = (
    "Medians over seeds, with the smallest and largest value in brackets. "
    "The row of real examples has as many training examples in the place of samples."
)
Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Line:
    """The Frechet distance of one training, over its seconds and over the examples seen."""

    recipe: str
    seconds: list[float]
    examples: list[float]
    distances: list[float]


def write_comparison(out: Path, name: str, unit: str, entries: Entries, lines: Sequence[Line]) -> None:
    """Write README.md, report.html and curves.svg of a comparison. Equal comparisons give equal bytes.

    Args:
        out: The folder, which holds samples.png already.
        name: Of the data.
        unit: What its values are called in the plural.
        entries: One a training; see `compare.Entry`.
        lines: One a training.
    """
    drawn = curves(lines, "seconds", "examples")
    if drawn:
        header = '<?xml version="1.0" encoding="utf-8"?>\n'
        write_text(out / "curves.svg", header + drawn.replace("<svg ", '<svg color="#444" ', 1) + "\n")
    write_text(out / "README.md", _markdown(name, entries, bool(drawn)))
    write_text(out / "report.html", _page(out, name, unit, entries, lines))


def _markdown(name: str, entries: Entries, has_curves: bool) -> str:
    head, rows = rows_of(entries)
    written = [[escaped(cell) for cell in row] for row in (head, *rows)]
    written.insert(1, ["---"] * len(head))
    table = "\n".join("| " + " | ".join(row) + " |" for row in written)
    said = [escaped(sentence) for sentence in summary(entries)]
    parts = [f"# Recipes on {escaped(name)}", *said, table, NOTE, "![Samples](samples.png)"]
    if has_curves:
        parts.append("![Frechet distance over time and examples](curves.svg)")
    return "\n\n".join(parts) + "\n"


def _page(out: Path, name: str, unit: str, entries: Entries, lines: Sequence[Line]) -> str:
    head, rows = rows_of(entries)
    corner, *columns = zip(head, *rows, strict=True)  # a column for each recipe: there are more scores than recipes
    charts = "".join(curves(lines, across) for across in ("seconds", "examples"))
    measured = [facts_of(score) for score in SHOWN if _measured(entries, score)]
    sheet = open_picture(out / "samples.png")
    shown = ""
    if sheet is not None:
        caption = f"The first samples of the median run of each recipe, and real {unit}."
        shown = picture(data_uri(sheet, SHEET_SIDE), "Samples of every recipe", caption)
    parts = [
        f'<p class="kicker">sparring comparison</p>\n<h1>{text(f"Recipes on {name}")}</h1>',
        f'<div class="summary">{"".join(paragraph(sentence) for sentence in summary(entries))}</div>',
        section(
            "Scores",
            matrix(corner, columns),
            paragraph(NOTE, "soft"),
            bullets((f"{facts.title}: {facts.explanation}" for facts in measured), "notes soft"),
        ),
        section(
            "Over time",
            f'<div class="charts">{charts}</div>' if charts else "",
            paragraph("Each line is one training; lower is better.", "soft"),
        ),
        section("Samples", shown),
        "<footer>Written by sparring. This page is one file and loads nothing.</footer>",
    ]
    style = files("sparring.reports").joinpath("page.css").read_text(encoding="utf-8")
    return page(f"Recipes on {name} - sparring comparison", style, "\n".join(part for part in parts if part))


def summary(entries: Entries) -> list[str]:
    """Which recipe is best, whether the seeds of others overlap with its own, and which ones diverged."""
    by = _headline(entries)
    ranked = sorted(_by_recipe(entries, by).items(), key=lambda item: median(item[1]))
    said = []
    if ranked:
        (best, values), *others = ranked
        certainty = f"; {_certainty(values, others)}" if others else ""
        said.append(f"Best by {facts_of(by).title}: {best}, {_cell(by, values)}{certainty}.")
    for recipe in dict.fromkeys(str(entry["recipe"]) for entry in entries):
        mine = [entry for entry in entries if entry["recipe"] == recipe]
        if broken := [entry for entry in mine if entry["health"] == "diverged"]:
            said.append(f"{recipe} diverged in {len(broken)} of {len(mine)} trainings.")
    return said or ["No training has ended yet."]


def _certainty(best: Sequence[float], others: Sequence[tuple[str, list[float]]]) -> str:
    """How certain it is that the recipe with these values is better than the others."""
    if min(len(best), *(len(values) for _, values in others)) < 2:
        return "some recipes were trained only once, so the order may be chance"
    overlapping = [name for name, values in others if min(values) <= max(best)]
    if overlapping:
        return f"its seeds overlap with those of {', '.join(overlapping)}, so the order may be chance"
    return "all its seeds are better than those of any other recipe"


def rows_of(entries: Entries) -> tuple[list[str], list[list[str]]]:
    """The head of the table, and its rows: one a recipe, the best first, and one for real examples."""
    scores = [score for score in SHOWN if _measured(entries, score)]
    head = ["recipe", *(facts_of(score).title for score in scores), "examples seen", "time", "seeds"]
    medians = {name: median(values) for name, values in _by_recipe(entries, _headline(entries)).items()}
    recipes = sorted(
        dict.fromkeys(str(entry["recipe"]) for entry in entries), key=lambda name: medians.get(name, math.inf)
    )
    rows = []
    for recipe in recipes:
        mine = [entry for entry in entries if entry["recipe"] == recipe]
        cells = [_cell(score, _by_recipe(mine, score).get(recipe, [])) for score in scores]
        seen = count(round(median(entry["examples"] for entry in mine)))
        time = duration(median(entry["seconds"] for entry in mine))
        rows.append([recipe, *cells, seen, time, str(len(mine))])
    real = [next((entry["real"][score] for entry in entries if score in entry["real"]), None) for score in scores]
    cells = ["" if value is None else _shown(score, value) for score, value in zip(scores, real, strict=True)]
    return head, [*rows, ["real", *cells, "", "", ""]]


def _headline(entries: Entries) -> str:
    """The distance by which recipes are ranked: the one that suits the number of held-out examples."""
    named = (str(entry["headline"]) for entry in entries)
    return next((headline for headline in named if headline in HEADLINE_DISTANCES), HEADLINE_DISTANCES[0])


def _by_recipe(entries: Entries, score: str) -> dict[str, list[float]]:
    """The values of a score by recipe, where it was measured."""
    found: dict[str, list[float]] = {}
    for entry in entries:
        if score in entry["scores"]:
            found.setdefault(str(entry["recipe"]), []).append(entry["scores"][score])
    return found


def _measured(entries: Entries, score: str) -> bool:
    return any(score in entry["scores"] for entry in entries)


def _cell(score: str, values: Sequence[float]) -> str:
    if not values:
        return "none"
    ends = f" ({_shown(score, min(values))} to {_shown(score, max(values))})" if len(values) > 1 else ""
    return _shown(score, median(values)) + ends


def _shown(score: str, value: float) -> str:
    return short(float(f"{value:.3g}")) if score in NOT_SHARES else percent(value)


def curves(lines: Sequence[Line], *across: str) -> str:
    """An <svg> with one chart over each of `across` ("seconds", "examples"); "" where there is nothing to draw."""
    recipes = list(dict.fromkeys(line.recipe for line in lines if line.distances))
    if not recipes:
        return ""

    def draw(figure: Figure) -> None:
        every = figure.subplots(1, len(across), sharey=True, squeeze=False)[0]
        for axes, along in zip(every, across, strict=True):
            _draw_chart(axes, lines, recipes, along)
        every[0].set_ylabel("Frechet distance")
        handles = every[0].get_legend_handles_labels()
        columns = min(3 * len(across), len(recipes))
        figure.legend(*handles, loc="outside upper center", ncols=columns, frameon=False)

    size, title = (4.8 * len(across), 3.6), f"Frechet distance over {' and '.join(across)}"
    return render_svg(size, "-".join(across), title, draw)


def _draw_chart(axes: Axes, lines: Sequence[Line], recipes: list[str], along: str) -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter, NullFormatter

    axes.set_facecolor("none")
    axes.grid(alpha=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(yscale="log", xlabel="seconds of training" if along == "seconds" else "examples seen")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    named = set()
    for line in lines:
        label = None if line.recipe in named else line.recipe
        named.add(line.recipe)
        colour = COLOURS[recipes.index(line.recipe) % len(COLOURS)] if line.recipe in recipes else COLOURS[0]
        axes.plot(getattr(line, along), line.distances, color=colour, linewidth=1.4, alpha=0.85, label=label)


def write_sheet(pngs: Mapping[str, bytes], out: Path) -> None:
    """Write a picture with sheets (PNG files) side by side, each under its name."""
    from PIL import Image, ImageDraw

    sheets = {name: Image.open(io.BytesIO(data)) for name, data in pngs.items()}
    width = sum(sheet.width for sheet in sheets.values()) + GAP * (len(sheets) - 1)
    height = TITLE_HEIGHT + max(sheet.height for sheet in sheets.values())
    whole = Image.new("RGB", (width, height), "white")
    pen, left = ImageDraw.Draw(whole), 0
    for name, sheet in sheets.items():
        pen.text((left + 2, 3), name, fill="black")
        whole.paste(sheet.convert("RGB"), (left, TITLE_HEIGHT))
        left += sheet.width + GAP
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    write_bytes(out, buffer.getvalue())
