"""Metrics of texts: from sample sets to scores. The mathematics of each is in `sparring.metrics`."""

from __future__ import annotations

import numpy as np

from ..data.text_rows import texts_of
from ..metrics.bleu import ORDERS, bleu, self_bleu, short_of_words, words_of
from ..metrics.intervals import Estimate, wilson
from ..metrics.scores import Score, score_from
from ..metrics.text_copies import copied_spans, copied_texts, distinct, repeated_texts
from ..metrics.text_detection import FOLDS, text_detection
from ..metrics.text_likelihood import letter_nats, nats_a_character
from ..metrics.text_ngram import NgramModel
from .metric import NotApplicable
from .sample_sets import SampleSets

MAX_SPANS = 500  # texts of each kind whose longest copied run is looked for
MAX_SEARCHED = 2_000_000  # characters of training texts in which it is
LONG = 0.95  # of held-out texts have no longer run in common with training texts


def likelihood_scores(sets: SampleSets) -> list[Score]:
    """How likely the model makes held-out texts, with that of training texts as the reference of a perfect memory."""
    if sets.likelihoods is None:
        raise NotApplicable("the likelihood of texts needs a run whose generator knows it")
    held_out, training = texts_of(sets.held_out.values), texts_of(sets.all_training().values)
    found = nats_a_character(sets.likelihoods(sets.held_out), [len(text) for text in held_out])
    low, high = found.interval()
    return [Score("nats_a_character", found.value, low, high, trivial=letter_nats(training, held_out))]


def text_detection_scores(sets: SampleSets) -> list[Score]:
    """How well a classifier tells generated texts from held-out texts."""
    generated, real = texts_of(sets.generated.values), texts_of(sets.held_out.values)
    if min(len(generated), len(real)) < 2 * FOLDS:
        raise NotApplicable(f"detection needs {2 * FOLDS} generated and {2 * FOLDS} held-out texts")
    return [score_from("text_detection", text_detection(generated, real), least=0)]


def reverse_likelihood_scores(sets: SampleSets) -> list[Score]:
    """How likely a model of runs of characters, learned from generated texts alone, makes held-out ones.

    Low quality and low variety both show (Zhao et al. 2018, arXiv:1706.04223, "reverse perplexity").
    """
    generated, real = texts_of(sets.generated.values), texts_of(sets.held_out.values)
    if min(len(generated), len(real)) < 2:
        raise NotApplicable("a reverse likelihood needs two generated and two held-out texts")
    symbols = len(set("".join(real))) + 2  # every character of the texts to be predicted, the end, and any other
    likelihoods = NgramModel(generated, symbols).log_likelihoods(real)
    return [score_from("reverse_nats", nats_a_character(likelihoods, [len(text) for text in real]))]


def text_copy_scores(sets: SampleSets) -> list[Score]:
    """Copies of training texts; the references are those of held-out texts."""
    generated, real = texts_of(sets.generated.values), texts_of(sets.held_out.values)
    training = texts_of(sets.all_training().values)
    mine, theirs = copied_texts(generated, training), copied_texts(real, training)
    scores = [Score("copied_texts", mine.value, mine.low, mine.high, theirs.value, None, None, theirs.low, theirs.high)]
    searched, size = list[str](), 0
    for text in training:
        size += len(text)
        if size > MAX_SEARCHED:
            break
        searched.append(text)
    spans, of_real = (copied_spans(texts[:MAX_SPANS], searched) for texts in (generated, real))
    error = float(spans.std(ddof=1) / np.sqrt(len(spans))) if len(spans) > 1 else float("inf")
    found = score_from("copied_span", Estimate(float(spans.mean()), error), least=0)
    bound = np.quantile(of_real, LONG, method="higher")
    long = wilson(int((spans > bound).sum()), len(spans))
    return [
        *scores,
        Score("copied_span", found.value, found.low, found.high, float(of_real.mean())),
        Score("long_copies", long.value, long.low, long.high, float((of_real > bound).mean())),
    ]


def variety_scores(sets: SampleSets) -> list[Score]:
    """How often texts repeat one another, and how many different words and pairs of words they have."""
    texts = texts_of(sets.generated.values)
    words = words_of(texts, short_of_words(texts_of(sets.held_out.values)))
    return [
        Score("repeated_texts", repeated_texts(texts)),
        *(Score(f"distinct_{size}", distinct(words, size)) for size in (1, 2)),
    ]


def bleu_scores(sets: SampleSets) -> list[Score]:
    """BLEU against held-out texts, and Self-BLEU, by words; by characters where texts have hardly any words."""
    generated, real = texts_of(sets.generated.values), texts_of(sets.held_out.values)
    by_characters = short_of_words(real)
    words, references = words_of(generated, by_characters), words_of(real, by_characters)
    scores = list[Score]()
    for order in ORDERS:
        for name, values in (("bleu", bleu(words, references, order)), ("self_bleu", self_bleu(words, order))):
            error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")
            scores.append(score_from(f"{name}_{order}", Estimate(float(values.mean()), error), least=0))
    return scores
