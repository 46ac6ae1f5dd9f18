"""Classes that the names of files tell: cat.0.jpg, 0_12.png, img-17_label-3.png."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"[^\W\d_]+|\d+")  # letters or digits
NUMBERED = re.compile(r"[\W_]*\d+\W*$")  # the number at the end of a name: cat_001, cat (1)
MIN_FILES = 2  # of a class
MAX_UNNAMED = 1 / 20  # of the files may have a name of another kind, and one always
# Classes for each file. A few classes are looked for first; else, as in small sets, up to one for two files.
MAX_CLASSES = (1 / 5, 1 / 2)


def classes_in_names(names: Sequence[str]) -> list[str | None] | None:
    """The class that the name of each file tells; None where names tell no classes.

    It is what stands before the number at the end of the name; or else the first word that is one of a few, where all
    names have as many words.
    """
    stems = [name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in names]
    fronts = [NUMBERED.sub("", stem) if NUMBERED.search(stem) else None for stem in stems]
    words = [WORD.findall(stem) for stem in stems]
    length = Counter(map(len, words)).most_common(1)[0][0] if words else 0
    columns = [[each[place] if len(each) == length else None for each in words] for place in range(length)]
    for most in MAX_CLASSES:
        if _are_classes(fronts, most, 1):
            return fronts
        for column in columns:
            if _are_classes(column, most, MIN_FILES):
                return column
    return None


def _are_classes(found: Sequence[str | None], most: float, least: int) -> bool:
    """Are there two or more, not too many, and several files of a class? least: files of every class."""
    counts = Counter(name or None for name in found)
    unnamed = counts.pop(None, 0)
    return (
        2 <= len(counts) <= max(2, most * len(found))
        and min(counts.values()) >= least
        and max(counts.values()) >= MIN_FILES
        and unnamed <= max(1, MAX_UNNAMED * len(found))
    )
