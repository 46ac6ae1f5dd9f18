import numpy as np
import pytest
from sacrebleu.metrics import BLEU

from sparring.metrics.bleu import ORDERS, bleu, self_bleu, short_of_words, words_of

TEXTS = [
    "the cat sat on the mat",
    "the the the the the the the",
    "a dog",
    "on the mat sat the cat and the dog",
    "nothing of it occurs elsewhere",
    "the cat sat on the mat",
]
REFERENCES = ["the cat is on the mat", "there is a cat on the mat", "a dog sat on the cat and on the dog today", "mat"]


def theirs(text, references, order):
    measure = BLEU(max_ngram_order=order, tokenize="none", smooth_method="exp", effective_order=False)
    return measure.corpus_score([text], [[reference] for reference in references]).score / 100


@pytest.mark.parametrize("order", [1, *ORDERS])
def test_bleu_is_that_of_sacrebleu(order):
    mine = bleu([text.split() for text in TEXTS], [text.split() for text in REFERENCES], order)
    expected = [theirs(text, REFERENCES, order) for text in TEXTS]
    long_enough = [len(text.split()) >= order for text in TEXTS]  # shorter ones have no n-grams, and score 0 here
    np.testing.assert_allclose(mine[long_enough], np.array(expected)[long_enough], rtol=1e-9)
    assert not mine[~np.array(long_enough)].any()


@pytest.mark.parametrize("order", [2, 3])
def test_self_bleu_is_bleu_against_all_others(order):
    words = [text.split() for text in TEXTS]
    expected = [
        theirs(text, [other for place, other in enumerate(TEXTS) if place != number], order)
        for number, text in enumerate(TEXTS)
    ]
    long_enough = np.array([len(each) >= order for each in words])
    np.testing.assert_allclose(self_bleu(words, order)[long_enough], np.array(expected)[long_enough], rtol=1e-9)


def test_self_bleu_of_one_sentence_repeated_is_one_and_of_different_ones_is_small():
    assert self_bleu([["a", "b", "c"]] * 5, 2) == pytest.approx(np.ones(5))
    different = [list("abcd"), list("efgh"), list("ijka")]
    assert self_bleu(different, 2).max() < 0.4


def test_texts_of_single_words_are_compared_by_characters():
    assert short_of_words(["anna", "maria luisa"])
    assert not short_of_words(["the cat sat", "a dog ran away"])
    assert words_of(["ab c"], by_characters=True) == [["a", "b", " ", "c"]]
    assert words_of(["ab c"], by_characters=False) == [["ab", "c"]]
