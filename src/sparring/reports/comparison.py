"""Recipes beside one another: a table of medians, curves, samples; as a page, as Markdown and as a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from ..util.files import write_bytes, write_text
from .curves import COLOURS, inline, settings
from .markup import bullets, matrix, page, paragraph, picture, section, text
from .pictures import data_uri, open_picture
from .scores import FROM_REALS, MEANINGS, NAMES
from .values import count, duration, percent, short

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
SHEET_SIDE, GAP, TITLE = 1600, 16, 18  # pixels
Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Line:
    """The Frechet distance of one training over its seconds and over the images seen."""

    recipe: str
    seconds: list[float]
    images: list[float]
    distances: list[float]


def write_comparison(out: Path, name: str, unit: str, entries: Entries, lines: Sequence[Line]) -> None:
    """README.md and report.html of a comparison, and curves.svg, which both show; the same comparison gives the same bytes."""
    drawn = curves(lines, "seconds", "images")
    if drawn:
        write_text(out / "curves.svg", '<?xml version="1.0" encoding="utf-8"?>\n' + drawn.replace("<svg ", '<svg color="#444" ', 1) + "\n")
    said, head, rows = verdict(entries), *rows_of(entries)
    named, *turned = zip(head, *rows, strict=True)  # a column for each recipe: there are more measures than recipes
    cells = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    figure = "\n\n![Frechet distance over time and images](curves.svg)" if drawn else ""
    write_text(
        out / "README.md",
        f"# Recipes on {name}\n\n" + "\n\n".join(said) + "\n\n" + "\n".join(cells) + f"\n\n{NOTE}\n\n![Samples](samples.png){figure}\n",
    )
    charts = "".join(curves(lines, across) for across in ("seconds", "images"))
    sheet = open_picture(out / "samples.png")
    shown = (
        ""
        if sheet is None
        else picture(
            data_uri(sheet, SHEET_SIDE), "Samples of every recipe", f"The first samples of the middle run of each recipe, and real {unit}."
        )
    )
    parts = [
        f'<p class="kicker">sparring comparison</p>\n<h1>{text(f"Recipes on {name}")}</h1>',
        f'<div class="verdict">{"".join(paragraph(sentence) for sentence in said)}</div>',
        section("In numbers", matrix(named, turned), paragraph(NOTE, "soft"), bullets((f"{NAMES[score]}: {MEANINGS[score]}" for score in SHOWN if _measured(entries, score)), "notes soft")),
        section("Over time", f'<div class="charts">{charts}</div>' if charts else "", paragraph("Each line is one training; lower is better.", "soft")),
        section("Samples", shown),
        "<footer>Made by sparring. This page is one file and loads nothing from anywhere.</footer>",
    ]  # fmt: skip
    style = files("sparring.reports").joinpath("page.css").read_text(encoding="utf-8")
    write_text(out / "report.html", page(f"Recipes on {name} - sparring comparison", style, "\n".join(part for part in parts if part)))


NOTE = "Medians over seeds, in brackets the least and the largest. Real: as many training examples in the place of samples."


def verdict(entries: Entries) -> list[str]:
    """Which recipe is best by Frechet distance, and whether the next one's seeds lie apart from it; what diverged."""
    by = _headline(entries)
    ranked = sorted(_spread(entries, by).items(), key=lambda item: median(item[1]))
    said = []
    if ranked:
        (best, values), *others = ranked
        said.append(f"Best by {NAMES[by]}: {best}, {_cell(by, values)}.")
        if others:
            close = [name for name, theirs in others if min(theirs) <= max(values)]
            unsure = (
                f"its seeds overlap with those of {', '.join(close)}, so that the order may be chance"
                if close
                else "no other recipe's seeds reach it"
            )
            if min(len(theirs) for _, theirs in ranked) < 2:
                unsure = "with one training of some, the order may be luck"
            said[0] = f"{said[0][:-1]}; {unsure}."
    for recipe in dict.fromkeys(str(entry["recipe"]) for entry in entries):
        mine = [entry for entry in entries if entry["recipe"] == recipe]
        if broken := [entry for entry in mine if entry["health"] == "diverged"]:
            said.append(f"{recipe} diverged in {len(broken)} of {len(mine)} trainings.")
    return said or ["Nothing has been trained to its end yet."]


def rows_of(entries: Entries) -> tuple[list[str], list[list[str]]]:
    """The head, and a row for each recipe, the best first, with one for real examples at the end."""
    scores = [score for score in SHOWN if _measured(entries, score)]
    head = ["recipe", *(NAMES[score] for score in scores), "images seen", "time", "seeds"]
    middle = {name: median(values) for name, values in _spread(entries, _headline(entries)).items()}
    rows = []
    for recipe in sorted(dict.fromkeys(str(entry["recipe"]) for entry in entries), key=lambda name: middle.get(name, math.inf)):
        mine = [entry for entry in entries if entry["recipe"] == recipe]
        cells = [_cell(score, _spread(mine, score).get(recipe, [])) for score in scores]
        rows.append(
            [
                recipe,
                *cells,
                count(round(median(entry["images"] for entry in mine))),
                duration(median(entry["seconds"] for entry in mine)),
                str(len(mine)),
            ]
        )
    reals = [next((entry["real"][score] for entry in entries if score in entry["real"]), None) for score in scores]
    return head, [
        *rows,
        ["real", *("" if value is None else _shown(score, value) for score, value in zip(scores, reals, strict=True)), "", "", ""],
    ]


def _headline(entries: Entries) -> str:
    """By which distance recipes are ranked: that which suits the number of held-out examples."""
    return next((str(entry["headline"]) for entry in entries if entry["headline"] in FROM_REALS), FROM_REALS[0])


def _spread(entries: Entries, score: str) -> dict[str, list[float]]:
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
    apart = f" ({_shown(score, min(values))} to {_shown(score, max(values))})" if len(values) > 1 else ""
    return _shown(score, median(values)) + apart


def _shown(score: str, value: float) -> str:
    return short(float(f"{value:.3g}")) if score in ("frechet_distance", "kernel_distance", "modes_hit") else percent(value)


def curves(lines: Sequence[Line], *across: str) -> str:
    """An <svg> with a chart over each of these ("seconds", "images"), side by side; "" where there is nothing to draw."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, FuncFormatter, NullFormatter

    recipes = list(dict.fromkeys(line.recipe for line in lines if line.distances))
    if not recipes:
        return ""
    with matplotlib.rc_context(settings("comparison")):
        figure = Figure(figsize=(4.8 * len(across), 3.6), layout="constrained")
        figure.patch.set_alpha(0)
        every = figure.subplots(1, len(across), sharey=True, squeeze=False)[0]
        for axes, along in zip(every, across, strict=True):
            axes.set_facecolor("none")
            axes.grid(alpha=0.12)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set(yscale="log", xlabel="seconds of training" if along == "seconds" else "images seen")
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
            drawn = set()
            for line in lines:
                label = None if line.recipe in drawn else line.recipe
                drawn.add(line.recipe)
                colour = COLOURS[recipes.index(line.recipe) % len(COLOURS)] if line.recipe in recipes else COLOURS[0]
                axes.plot(getattr(line, along), line.distances, color=colour, linewidth=1.4, alpha=0.85, label=label)
        every[0].set_ylabel("Frechet distance")
        figure.legend(
            *every[0].get_legend_handles_labels(), loc="outside upper center", ncols=min(3 * len(across), len(recipes)), frameon=False
        )
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return inline(out.getvalue(), "-".join(across), f"Frechet distance over {' and '.join(across)}")


def write_sheet(pngs: Mapping[str, bytes], out: Path) -> None:
    """Sheets (PNG files) side by side, each under its name."""
    from PIL import Image, ImageDraw

    sheets = {name: Image.open(io.BytesIO(data)) for name, data in pngs.items()}
    width = sum(sheet.width for sheet in sheets.values()) + GAP * (len(sheets) - 1)
    whole = Image.new("RGB", (width, TITLE + max(sheet.height for sheet in sheets.values())), "white")
    pen, left = ImageDraw.Draw(whole), 0
    for name, sheet in sheets.items():
        pen.text((left + 2, 3), name, fill="black")
        whole.paste(sheet.convert("RGB"), (left, TITLE))
        left += sheet.width + GAP
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    write_bytes(out, buffer.getvalue())
