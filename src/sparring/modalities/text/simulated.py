"""Texts that need no file: counting up and down, a law that every sample can be held against."""

from __future__ import annotations

import numpy as np

from ...data.contents import Contents, Item
from ...data.options import OpenContext
from ...data.source import Split
from ...errors import UserError
from .gather import Gathered
from .options import TextOptions
from .source import TextSource, build

COUNTS: dict[Split, int] = {"train": 2000, "test": 400}
HIGHEST, LONGEST = 20, 8  # the largest number; numbers in a text
DIRECTIONS = {"down": -1, "up": 1}


def open_name(name: str, options: TextOptions, context: OpenContext) -> TextSource:
    """`counting`: always the same texts such as "7 8 9" and "5 4 3 2". Raises UserError for options of files."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}'; leave --labels out, or --labels none")
    if options.texts != "auto" or options.text_column or options.encoding:
        raise UserError(f"'{name}' is no file; leave --texts, --text-column and --encoding out")
    rng = np.random.Generator(np.random.Philox(1979))
    found = Gathered("lines", contents=Contents(labelled_by="the direction of each text"))
    for split, count in COUNTS.items():
        for number in range(count):
            direction = list(DIRECTIONS)[rng.integers(2)]
            found.add(_counted(rng, DIRECTIONS[direction]), Item("", f"{split} text {number}", split, direction))
    return build(name, found, options, context)


def follows_law(text: str) -> bool:
    """Whether a text counts up or down, by one each, within the range."""
    words = text.split(" ")
    if not all(word.isdecimal() and str(int(word)) == word for word in words):
        return False
    numbers = [int(word) for word in words]
    steps = set(np.diff(numbers).tolist())
    return len(numbers) > 1 and steps in ({1}, {-1}) and min(numbers) >= 1 and max(numbers) <= HIGHEST


def _counted(rng: np.random.Generator, step: int) -> str:
    count = int(rng.integers(3, LONGEST + 1))
    first = int(rng.integers(1, HIGHEST - count + 2))
    return " ".join(map(str, range(first, first + count)[::step]))
