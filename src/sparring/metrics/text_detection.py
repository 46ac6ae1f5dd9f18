"""How well a classifier separates generated from real texts (Lopez-Paz & Oquab 2017, arXiv:1610.06545)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..util.random import make_rng
from .detection import area_estimate
from .intervals import Estimate

FOLDS = 3
BUCKETS = 1 << 16  # that runs of letters are hashed to
LENGTHS = (1, 5)  # of these runs, in characters


def text_detection(generated: Sequence[str], real: Sequence[str], seed: int = 0) -> Estimate:
    """The area under the ROC curve of a classifier of texts, cross-validated: 0.5 for equal sets, 1 for separation.

    The classifier is a logistic regression on the frequencies of runs of up to five characters, each text with a mark
    at both ends, weighted by rarity. It has no part in any training. The larger set is subsampled to the size of the
    smaller one.

    Args:
        generated, real: Texts.
        seed: Of the folds and of the choice.

    Raises:
        ValueError: There are too few texts of one kind.
    """
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    count = min(len(generated), len(real))
    if count < 2 * FOLDS:
        raise ValueError("detection needs some texts of both kinds")
    some = [[texts[row] for row in _chosen(len(texts), count, seed)] for texts in (generated, real)]
    marked = [f"\x02{text}\x03" for texts in some for text in texts]
    is_generated = np.repeat([1, 0], count)
    runs = HashingVectorizer(
        analyzer="char", ngram_range=LENGTHS, n_features=BUCKETS, lowercase=False, alternate_sign=False, norm=None
    ).transform(marked)
    scores = np.zeros(2 * count)
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(marked, is_generated):
        weights = TfidfTransformer(sublinear_tf=True).fit(runs[train])
        model = LogisticRegression(solver="liblinear", random_state=seed)
        model.fit(weights.transform(runs[train]), is_generated[train])
        scores[test] = model.decision_function(weights.transform(runs[test]))
    return area_estimate(is_generated, scores)


def _chosen(rows: int, count: int, seed: int) -> np.ndarray:
    return np.sort(make_rng(seed, "detection", rows).permutation(rows)[:count])
