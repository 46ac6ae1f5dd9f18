"""BLEU of texts against references (Papineni et al. 2002), and Self-BLEU (Zhu et al. 2018, arXiv:1802.01886)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log

import numpy as np

Words = Sequence[str]
ORDERS = (2, 3, 4, 5)  # of the BLEU that the literature of text GANs prints
LEAST_WORDS = 2.0  # on average: texts of fewer words are compared by characters


def bleu(texts: Sequence[Words], references: Sequence[Words], order: int) -> np.ndarray:
    """BLEU-`order` of each text against all references, N values in [0, 1].

    Papineni et al. 2002, section 2.3: the geometric mean of the precisions of n-grams, n = 1 to `order`, each n-gram
    counted at most as often as in one reference, times the brevity penalty against the reference of the nearest
    length (the shorter of two). A precision of 0 counts as 1 / (2^k x n-grams), k = 1, 2, ... (smoothing 3 of Chen &
    Cherry 2014), and no word in common gives 0, as sacrebleu does.

    Args:
        texts, references: Lists of words.
        order: The longest n-gram.
    """
    limits = [_most(references, size) for size in range(1, order + 1)]
    lengths = np.unique([len(each) for each in references])
    return np.array([_bleu(text, [limit.get for limit in limits], _nearest(len(text), lengths)) for text in texts])


def self_bleu(texts: Sequence[Words], order: int) -> np.ndarray:
    """BLEU-`order` of each text against all others: N values, high where texts repeat one another."""
    tables = [_two_most(texts, size) for size in range(1, order + 1)]
    counts = Counter(len(text) for text in texts)
    found = []
    for number, text in enumerate(texts):

        def limit(gram: tuple[str, ...], table: dict, number: int = number) -> int:
            first, owner, second = table[gram]
            return second if owner == number else first

        others = np.array(sorted(size for size, many in counts.items() if many > 1 or size != len(text)))
        limits = [lambda gram, _, table=table, limit=limit: limit(gram, table) for table in tables]
        found.append(_bleu(text, limits, _nearest(len(text), others)) if len(others) else 0.0)
    return np.array(found)


def words_of(texts: Sequence[str], by_characters: bool) -> list[list[str]]:
    """The words of each text, or its characters."""
    return [list(text) if by_characters else text.split() for text in texts]


def short_of_words(texts: Sequence[str]) -> bool:
    """Whether texts have so few words that their characters are compared instead."""
    return sum(len(text.split()) for text in texts) < LEAST_WORDS * len(texts)


def _bleu(text: Words, limits: Sequence, nearest: int) -> float:
    """limits: for each n, a function from an n-gram and 0 to how often it counts at most."""
    if not text:
        return 0.0
    total, zeros = 0.0, 0
    for size, limit in enumerate(limits, 1):
        grams = Counter(_grams(text, size))
        count = sum(grams.values())
        if not count:
            return 0.0
        matched = sum(min(many, limit(gram, 0)) for gram, many in grams.items())
        if size == 1 and not matched:
            return 0.0
        zeros += matched == 0
        total += log(matched / count if matched else 1 / (2**zeros * count))
    brevity = 1.0 if len(text) > nearest else exp(1 - nearest / len(text))
    return brevity * exp(total / len(limits))


def _grams(text: Words, size: int) -> list[tuple[str, ...]]:
    return [tuple(text[start : start + size]) for start in range(len(text) - size + 1)]


def _most(references: Sequence[Words], size: int) -> dict[tuple[str, ...], int]:
    """How often each n-gram occurs in one reference, at most."""
    found: dict[tuple[str, ...], int] = {}
    for reference in references:
        for gram, count in Counter(_grams(reference, size)).items():
            if count > found.get(gram, 0):
                found[gram] = count
    return found


def _two_most(texts: Sequence[Words], size: int) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """For each n-gram: how often it occurs in one text at most, in which, and in any other text at most."""
    found: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for number, text in enumerate(texts):
        for gram, count in Counter(_grams(text, size)).items():
            first, owner, second = found.get(gram, (0, -1, 0))
            found[gram] = (count, number, first) if count > first else (first, owner, max(second, count))
    return found


def _nearest(length: int, lengths: np.ndarray) -> int:
    """The nearest of these lengths, ascending; the shorter of two."""
    return int(lengths[np.abs(lengths - length).argmin()])
