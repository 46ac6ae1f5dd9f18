"""Texts in one look: as a text file, and as a picture of it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from ...data.text_rows import texts_of
from ...errors import printable
from ..drawing import figure, image_of, png

LINE = 110  # characters of a line of the picture
MAX_LINES = 60  # of the picture
MAX_TEXT_LINES = 12  # of one text in the picture
INCHES_A_LINE, INCHES_WIDE, DPI = 0.2, 10.0, 100


def files(values: np.ndarray) -> dict[str, bytes]:
    """.txt holds the texts whole, one after another; .png shows as many as fit."""
    texts = texts_of(values)
    return {".png": png(image_of(drawn(texts))), ".txt": joined(texts).encode()}


def joined(texts: Sequence[str]) -> str:
    """One text a line; with an empty line between where some text has several lines."""
    between = "\n\n" if any("\n" in text for text in texts) else "\n"
    return between.join(texts) + "\n"


def drawn(texts: Sequence[str]) -> object:
    """A figure of the texts, line by line."""
    lines = list[str]()
    for text in texts:
        parts = [part for line in text.split("\n") for part in textwrap.wrap(printable(line), LINE) or [""]]
        lines += parts[:MAX_TEXT_LINES] + (["..."] if len(parts) > MAX_TEXT_LINES else [])
        if "\n" in text:
            lines.append("")
    lines = lines[:MAX_LINES]
    height = INCHES_A_LINE * (max(1, len(lines)) + 1)
    found = figure(INCHES_WIDE, height, DPI)
    for number, line in enumerate(lines):
        place = 1 - (number + 1) * INCHES_A_LINE / height
        found.text(0.02, place, line, family="monospace", fontsize=9)
    return found
