"""Series for people: lines, spectra and autocorrelations."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ...metrics.series import autocorrelation, spectrum
from ..drawing import figure, image_of
from .codec import SeriesCodec

COLUMNS = 4  # of panels
MAX_CHANNELS, MAX_SERIES = 6, 16  # drawn
MAX_COMPARED = 8  # series of each side in a plot that compares them
WIDTH, HEIGHT, DPI = 2.6, 1.5, 90  # of one panel in inches; dots an inch


def panels(values: np.ndarray, codec: SeriesCodec) -> Image.Image:
    """One panel for each series, with a line for each channel and each choice."""
    shown = min(len(values), MAX_SERIES)
    values = values[
        np.linspace(0, len(values) - 1, shown).round().astype(int)
    ]  # evenly: series of one class follow one another
    across = min(COLUMNS, shown)
    rows = -(-shown // across)
    sheet = _sheet(WIDTH * COLUMNS, HEIGHT * rows, 0.2)
    lines = _lines(values, codec)
    low, high = _span(lines)
    for number in range(shown):
        axes = sheet.add_subplot(rows, across, number + 1)
        _draw(axes, lines[number])
        axes.set_ylim(low, high)
    return image_of(sheet)


def compared(values: np.ndarray, real: np.ndarray, codec: SeriesCodec) -> Image.Image:
    """Real series above generated ones, and the spectrum, autocorrelation and distribution of each channel."""
    channels = min(MAX_CHANNELS, len(codec.numbers_named))
    sheet = _sheet(WIDTH * COLUMNS, HEIGHT * 4 + 1.7 * channels, 0.6)
    rows = 4 + channels
    grid = sheet.add_gridspec(rows, 12, height_ratios=[HEIGHT] * 4 + [1.7] * channels)
    low, high = _span(_lines(real[:MAX_COMPARED], codec))
    for side, (title, series) in enumerate((("real", real), ("generated", values))):
        for number, lines in enumerate(_lines(series[:MAX_COMPARED], codec)):
            axes = sheet.add_subplot(grid[2 * side + number // 4, 3 * (number % 4) : 3 * (number % 4) + 3])
            _draw(axes, lines)
            axes.set_ylim(low, high)
            axes.set_title(title, fontsize=7)
    sides = [codec.numbers(side) for side in (real, values)]
    lags = max(1, codec.steps // 2)
    spectra, correlations = (
        [spectrum(side, sides[0]) for side in sides],
        [autocorrelation(side, lags) for side in sides],
    )
    for at in range(channels):
        name = codec.numbers_named[at][:24].replace("$", r"\$")
        first, second, third = (sheet.add_subplot(grid[4 + at, 4 * place : 4 * place + 4]) for place in range(3))
        everything = [side[:, :, at][~np.isnan(side[:, :, at])] for side in sides]
        edges = np.histogram_bin_edges(np.concatenate(everything), 40)
        for number, label in enumerate(("real", "generated")):
            first.semilogy(
                np.linspace(0, 0.5, spectra[number].shape[1]), spectra[number][at] + 1e-12, label=label, linewidth=1
            )
            second.plot(np.arange(len(correlations[number][at])), correlations[number][at], linewidth=1)
            third.hist(everything[number], edges, density=True, alpha=0.6)
        first.legend(fontsize=5)
        for axes, what in ((first, "spectrum, cycles a step"), (second, "autocorrelation, lag"), (third, "values")):
            axes.set_title(f"{name}: {what}", fontsize=7)
            axes.tick_params(which="both", labelsize=5)
    return image_of(sheet)


def _lines(values: np.ndarray, codec: SeriesCodec) -> np.ndarray:
    """N x T x lines.

    A lone channel is drawn in its own numbers. Else channels are standardised, and choices are drawn by the position
    of the category, from -1 to 1.
    """
    if len(codec.channels) == codec.changing == 1:
        return values[:, :, :1]
    lines = []
    for at, channel in enumerate(codec.channels[:MAX_CHANNELS]):
        numbers = (
            values[:, :, at] if channel.log is None else np.log(np.maximum(values[:, :, at], channel.low) + channel.log)
        )
        lines.append((numbers - channel.mean) / channel.deviation)
    places = [
        2 * values[:, :, at] / max(1, len(column.categories) - 1) - 1
        for at, column in enumerate(codec.choices, len(codec.channels))
    ]
    return np.stack([*lines, *places][:MAX_CHANNELS], axis=2)


def _draw(axes: Any, lines: np.ndarray) -> None:
    axes.plot(lines, linewidth=0.8)
    axes.set_xlim(0, max(1, len(lines) - 1))
    axes.tick_params(which="both", labelsize=5)


def _span(lines: np.ndarray) -> tuple[float, float]:
    """The range of an axis that shows all lines."""
    there = lines[~np.isnan(lines)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 1.0)
    return low - 0.05 * (high - low) - 1e-9, high + 0.05 * (high - low) + 1e-9


def _sheet(width: float, height: float, between: float) -> Any:
    sheet = figure(width, height, DPI)
    sheet.subplots_adjust(
        0.05, 0.25 / height, 0.99, 1 - 0.25 / height, between, 0.5
    )  # margins in inches, which is much faster than a layout
    return sheet
