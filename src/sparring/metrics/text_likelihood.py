"""How likely a model makes texts: nats a character."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from .intervals import Estimate


def nats_a_character(log_likelihoods: np.ndarray, lengths: Sequence[int]) -> Estimate:
    """The mean of -log q(text) over all characters, each text with its end as one more, in nats; / ln 2 gives bits.

    The cross-entropy of Shannon 1951 ("Prediction and entropy of printed English"), eq. for F_N: the sum of
    -log q(text) over all texts, divided by the sum of their lengths + 1. It compares models of any tokens.

    Args:
        log_likelihoods: N, of whole texts, in nats.
        lengths: N numbers of characters.

    Returns:
        The value and its standard error over texts: that of a ratio of means.
    """
    nats, sizes = -np.asarray(log_likelihoods, float), np.asarray(lengths, float) + 1
    value = nats.sum() / sizes.sum()
    if len(nats) < 2:
        return Estimate(float(value), float("inf"))
    residuals = nats - value * sizes
    error = np.sqrt(len(nats) / (len(nats) - 1) * np.square(residuals).sum()) / sizes.sum()
    return Estimate(float(value), float(error))


def letter_nats(training: Sequence[str], held_out: Sequence[str]) -> float:
    """`nats_a_character` of held-out texts by a model that knows only how frequent each character is.

    Frequencies are of training texts, with the end as a character and one more count for each (Laplace), and one for
    all characters that never occurred.
    """
    counts: dict[str, int] = {}
    for text in training:
        for character in text:
            counts[character] = counts.get(character, 0) + 1
    total = sum(counts.values()) + len(training) + len(counts) + 2
    end, other = log((len(training) + 1) / total), log(1 / total)
    known = {character: log((count + 1) / total) for character, count in counts.items()}
    likelihoods = [end + sum(known.get(character, other) for character in text) for text in held_out]
    return nats_a_character(np.array(likelihoods), [len(text) for text in held_out]).value
