"""A language model of runs of characters: how well generated texts teach to predict real ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log

import numpy as np

ORDER = 6  # characters of a run, the predicted one included
BEGIN, END = "\x02", "\x03"


class NgramModel:
    """An n-gram model with interpolated Witten-Bell smoothing (Chen & Goodman 1999, section 2.5).

    p(c | h) = (count(h c) + T(h) p(c | shorter h)) / (count(h) + T(h)), where T(h) is the number of different
    characters that followed h. The shortest is uniform over `symbols` characters.

    Args:
        texts: Learned from, each with its end.
        symbols: The number of characters that can follow, END included.
        order: Characters of the longest run.
    """

    def __init__(self, texts: Sequence[str], symbols: int, order: int = ORDER):
        self.symbols, self.order = symbols, order
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for history, following in self._places(text):
                for start in range(len(history) + 1):
                    counts[history[start:]][following] += 1
        self.totals = {history: (followers.total(), len(followers)) for history, followers in counts.items()}
        self.counts = dict(counts)

    def probability(self, following: str, history: str) -> float:
        """Of a character after these, of which the last `order` - 1 count."""
        found = 1 / self.symbols
        history = history[max(0, len(history) - self.order + 1) :]
        for start in range(len(history), -1, -1):
            if (context := history[start:]) not in self.totals:
                break  # longer ones are unknown too
            total, kinds = self.totals[context]
            found = (self.counts[context][following] + kinds * found) / (total + kinds)
        return found

    def log_likelihoods(self, texts: Sequence[str]) -> np.ndarray:
        """N log-probabilities of whole texts with their ends, in nats."""
        return np.array([sum(log(self.probability(each, past)) for past, each in self._places(text)) for text in texts])

    def _places(self, text: str) -> list[tuple[str, str]]:
        """Every character of a text and its end, each with what comes before it."""
        whole = f"{BEGIN}{text}{END}"
        return [(whole[max(0, at - self.order + 1) : at], whole[at]) for at in range(1, len(whole))]
