"""Whether generated texts repeat training texts, or one another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from .intervals import Interval, wilson

SEPARATOR = "\0"  # between training texts; no text holds it


def copied_texts(texts: Sequence[str], training: Sequence[str]) -> Interval:
    """The share of texts that equal a training text, with Wilson's interval."""
    known = set(training)
    return wilson(sum(text in known for text in texts), len(texts))


def repeated_texts(texts: Sequence[str]) -> float:
    """The share of texts that equal an earlier one: 0 where all differ, nearly 1 where one sentence is repeated."""
    return 1 - len(set(texts)) / len(texts)


def distinct(words: Sequence[Sequence[str]], size: int) -> float:
    """Distinct-n of Li et al. 2016 (arXiv:1510.03055), section 5: different n-grams as a share of all n-grams.

    It falls with the number of texts, so that only equal numbers compare.

    Args:
        words: Of N texts.
        size: Words of an n-gram.
    """
    grams = [tuple(text[start : start + size]) for text in words for start in range(len(text) - size + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def copied_spans(texts: Sequence[str], training: Sequence[str]) -> np.ndarray:
    """The longest run of characters of each text that some training text holds too, N lengths.

    Training texts are sorted by all of their suffixes, so that the longest match at a place is beside where the text
    from there on would stand (Manber & Myers 1993).
    """
    whole = SEPARATOR.join(training) + SEPARATOR
    suffixes = _suffix_array(whole)
    return np.array([_longest(text, whole, suffixes) for text in texts], dtype=np.int64)


def _suffix_array(text: str) -> np.ndarray:
    """The starts of all suffixes in their order, by doubling (Manber & Myers 1993), O(N log^2 N)."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    _, ranks = np.unique(codes, return_inverse=True)
    size, span = len(codes), 1
    while True:
        later = np.full(size, -1, np.int64)
        later[: size - span] = ranks[span:]
        keys = ranks.astype(np.int64) * (size + 1) + later + 1
        order = np.argsort(keys, kind="stable")
        steps = np.concatenate([[0], np.diff(keys[order]) > 0]).cumsum()
        ranks = np.empty(size, np.int64)
        ranks[order] = steps
        span *= 2
        if steps[-1] == size - 1 or span >= size:
            return order


def _longest(text: str, whole: str, suffixes: np.ndarray) -> int:
    best, length = 0, len(text)
    for start in range(length):
        if length - start <= best:
            break
        part = text[start:]
        at = bisect_left(suffixes, part, key=lambda place: whole[place : place + len(part)])
        for place in suffixes[max(0, at - 1) : at + 1].tolist():
            best = max(best, _common(part, whole[place : place + len(part)]))
    return best


def _common(one: str, other: str) -> int:
    """The length of the common beginning."""
    for number, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return number
    return min(len(one), len(other))
