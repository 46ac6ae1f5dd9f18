"""Free text, which is not learned: new texts are words that several rows share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....util.random import make_rng
from .templates import ALPHABETS, MIN_ROWS_PER_WORD

MAX_WORDS = 2000


def words(values: Sequence[str]) -> dict[str, Any]:
    """What `new_texts` needs: words that several rows share, how often each occurs, and how many words a text has."""
    split = [value.split() for value in values]
    rows = Counter(word for each in split for word in set(each))
    shared = sorted(
        ((word, count) for word, count in rows.items() if count >= MIN_ROWS_PER_WORD),
        key=lambda each: (-each[1], each[0]),
    )[:MAX_WORDS]
    lengths = np.quantile([len(each) for each in split] or [1], np.linspace(0, 1, 11)).round().astype(int)
    return {
        "words": [word for word, _ in shared],
        "counts": [count for _, count in shared],
        "lengths": lengths.tolist(),
    }


def new_texts(known: dict[str, Any], rows: range, seed: int, name: str) -> list[str]:
    """Texts of words drawn as often as they occur in training; of random letters where no word is shared."""
    counts = np.array(known["counts"], dtype=float)
    made = []
    for row in rows:
        draw = make_rng(seed, "text", name, row)
        length = int(draw.choice(known["lengths"]))
        if len(counts):
            made.append(
                " ".join(known["words"][number] for number in draw.choice(len(counts), length, p=counts / counts.sum()))
            )
        else:
            made.append(" ".join("".join(draw.choice(list(ALPHABETS[3]), 5)) for _ in range(length)))
    return made
