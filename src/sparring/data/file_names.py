"""Classes that the names of files tell: cat.0.jpg, 0_12.png, img-17_label-3.png."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"[^\W\d_]+|\d+")  # letters or digits
NUMBERED = re.compile(r"[\W_]*\d+$")  # the number at the end of a name
MIN_FILES = 2  # of every class
MIN_SHARE_NAMED = 0.95  # of the files must have a name of the same kind
MAX_CLASSES_SHARE = 0.2  # classes for each file


def classes_in_names(names: Sequence[str]) -> list[str | None] | None:
    """The class that the name of each file tells; None where names tell no classes.

    It is what stands before the number at the end of the name; or else the first word that is one of a few, where all
    names have as many words.
    """
    stems = [name.rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in names]
    fronts = [NUMBERED.sub("", stem) if NUMBERED.search(stem) else None for stem in stems]
    if _are_classes(fronts):
        return fronts
    words = [WORD.findall(stem) for stem in stems]
    length = Counter(map(len, words)).most_common(1)[0][0] if words else 0
    for place in range(length):
        found = [each[place] if len(each) == length else None for each in words]
        if _are_classes(found):
            return found
    return None


def _are_classes(found: Sequence[str | None]) -> bool:
    """Are there two or more, and several files of every one?"""
    counts = Counter(name or None for name in found)
    unnamed = counts.pop(None, 0)
    return (
        2 <= len(counts) <= max(2, MAX_CLASSES_SHARE * len(found))
        and min(counts.values()) >= MIN_FILES
        and unnamed <= (1 - MIN_SHARE_NAMED) * len(found)
    )
