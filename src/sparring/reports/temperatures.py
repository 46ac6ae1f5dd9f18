"""What temperatures make of a language model: quality against variety, as a chart and a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..runs.log import number
from .curves import COLOURS, INK, render_svg
from .markup import section, table, text
from .values import listed, mapping, percent, plain, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_POINTS = 100
HINT = (
    "Up is more like real texts, left is more varied. Each line is one model at falling temperatures, from left to "
    "right; the ring is a temperature of 1. A game has earned its place only where its ring lies above the whole line "
    "of the model from before the game, which a user could have had without it. The kept model has also learned by "
    "likelihood for longer."
)


@dataclass(frozen=True)
class _Point:
    """A row of an evaluation that can be drawn."""

    model: str
    temperature: float
    quality: float
    repetition: float
    detection: float | None
    copied: float | None

    @property
    def row(self) -> tuple[str, ...]:
        values = (self.temperature, self.quality, self.repetition, self.detection)
        cells = ["" if value is None else short(value) for value in values]
        return (self.model, *cells, "" if self.copied is None else percent(self.copied))


def temperature_section(evaluation: Mapping[str, Any]) -> str:
    """The section of a report; "" where nothing was measured."""
    rows = [mapping(point) for point in listed(evaluation.get("temperatures"))[:MAX_POINTS]]
    points = [point for row in rows if (point := _read(row)) is not None]
    if not points:
        return ""
    title = "Quality and variety by temperature"
    chart = render_svg((5.6, 3.4), "temperatures", title, lambda figure: _draw(figure, points))
    head = ("model", "temperature", "BLEU-4", "Self-BLEU-4", "detection (AUC)", "copies")
    return section(
        "What a temperature gives",
        f"<figure>{chart}<figcaption>{text(HINT)}</figcaption></figure>",
        table(head, [point.row for point in points]),
    )


def _read(row: Mapping[str, Any]) -> _Point | None:
    at, quality, repetition = (number(row.get(name)) for name in ("temperature", "quality", "repetition"))
    if at is None or quality is None or repetition is None:
        return None
    more = (number(row.get(name)) for name in ("detection", "copied"))
    return _Point(plain(row.get("model")), at, quality, repetition, *more)


def _draw(figure: Figure, points: list[_Point]) -> None:
    axes = figure.add_subplot()
    axes.set_facecolor("none")
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for index, model in enumerate(dict.fromkeys(point.model for point in points)):
        colour, mine = COLOURS[index % len(COLOURS)], [point for point in points if point.model == model]
        mine.sort(key=lambda point: -point.temperature)
        line: dict[str, Any] = {"color": colour, "markersize": 3, "label": model[:40].lstrip("_")}
        axes.plot([point.repetition for point in mine], [point.quality for point in mine], "o-", **line)
        ones = [point for point in mine if point.temperature == 1]
        ring: dict[str, Any] = {"color": colour, "markersize": 9, "markerfacecolor": "none"}
        axes.plot([point.repetition for point in ones], [point.quality for point in ones], "o", **ring)
    axes.set_xlabel("Self-BLEU-4 (repetition)")
    axes.set_ylabel("BLEU-4 (quality)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
