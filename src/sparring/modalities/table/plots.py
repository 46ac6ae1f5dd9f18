"""Tables for people: histograms and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from ...metrics.tabular import correlation
from ..drawing import figure, image_of
from .codec import TableCodec
from .columns import Column

COLUMNS = 4  # of histograms
MAX_SHOWN = 24  # histograms
WIDTH, HEIGHT, DPI = 2.6, 1.7, 90  # of one histogram in inches; dots an inch
MAX_BARS = 12  # categories shown
BINS = 30  # of numbers


def histograms(values: np.ndarray, codec: TableCodec) -> Image.Image:
    """One histogram for each learned column."""
    shown = list(codec.learned[:MAX_SHOWN])
    across = min(COLUMNS, len(shown))
    rows = -(-len(shown) // across)
    height = HEIGHT * rows
    sheet = figure(WIDTH * across, height, DPI)
    sheet.subplots_adjust(0.06, 0.45 / height, 0.985, 1 - 0.25 / height, wspace=0.3, hspace=0.75)
    for number, column in enumerate(shown):
        histogram(sheet.add_subplot(rows, across, number + 1), column, [values[:, number]])
    return image_of(sheet)


def histogram(axes: Any, column: Column, sides: list[np.ndarray]) -> None:
    """Draw the cells of a column as bars or as a histogram, in shares of all rows.

    sides: the cells of several tables, drawn side by side.
    """
    axes.set_title(column.name[:28].replace("$", r"\$"), fontsize=8)
    axes.tick_params(labelsize=6)
    there = [cells[~np.isnan(cells)] for cells in sides]
    everything = np.concatenate(there)
    if not len(everything):
        return
    if column.numeric:
        edges = np.linspace(everything.min(), max(everything.max(), everything.min() + 1e-9), BINS + 1)
        for cells, whole in zip(there, sides, strict=True):
            axes.hist(cells, edges, weights=np.full(len(cells), 1 / max(1, len(whole))), alpha=0.6)
        return
    counts = np.bincount(everything.astype(np.int64), minlength=len(column.categories))
    most = np.argsort(-counts, kind="stable")[:MAX_BARS]
    for number, (cells, whole) in enumerate(zip(there, sides, strict=True)):
        shares = np.bincount(cells.astype(np.int64), minlength=len(column.categories))[most] / max(1, len(whole))
        axes.bar(np.arange(len(most)) + 0.8 * number / len(sides), shares, 0.8 / len(sides), alpha=0.8)
    names = [str(column.categories[place])[:10].replace("$", r"\$") for place in most]
    axes.set_xticks(np.arange(len(most)), names, rotation=60, ha="right", fontsize=5)


def compared(values: np.ndarray, real: np.ndarray, codec: TableCodec) -> Image.Image:
    """Histograms of real and generated cells together, and the correlations of columns in both."""
    shown = list(codec.learned[:MAX_SHOWN])
    across = min(COLUMNS, len(shown))
    rows = -(-len(shown) // across)
    sheet = figure(WIDTH * COLUMNS, HEIGHT * rows + 3.4, DPI, "constrained")
    parts: Any = sheet.subfigures(2, 1, height_ratios=[HEIGHT * rows, 3.4])
    above, below = parts
    for number, column in enumerate(shown):
        histogram(above.add_subplot(rows, across, number + 1), column, [real[:, number], values[:, number]])
    correlations = [_correlations(side[:, : len(shown)]) for side in (real, values)]
    for number, (title, matrix) in enumerate(
        (("real", correlations[0]), ("generated", correlations[1]), ("difference", correlations[1] - correlations[0]))
    ):
        axes = below.add_subplot(1, 3, number + 1)
        drawn = axes.imshow(matrix, cmap="coolwarm", vmin=-1, vmax=1)
        axes.set_title(title, fontsize=8)
        axes.set_xticks([])
        names = [column.name[:16].replace("$", r"\$") for column in shown]
        axes.set_yticks(np.arange(len(shown)), names if number == 0 else [""] * len(shown), fontsize=5)
    below.colorbar(drawn, ax=below.axes, shrink=0.8)
    return image_of(sheet)


def _correlations(cells: np.ndarray) -> np.ndarray:
    """Correlations of the ranks of the cells, columns x columns. Categories are ranked by their position."""
    ranks = pd.DataFrame(cells).rank().to_numpy()
    size = cells.shape[1]
    return np.array([[correlation(ranks, first, second) for second in range(size)] for first in range(size)])
