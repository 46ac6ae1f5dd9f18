"""Features of texts for scores: which runs of letters occur in them, as principal components.

Without classes these are latent semantic features (Deerwester et al. 1990) of hashed n-grams of bytes, which need no
training. With classes the same table begins there and learns to tell the classes (Joulin et al. 2017,
arXiv:1607.01759).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ...metrics.feature_net import WIDTH, FeatureNet, Progress, fit
from ...networks.initialisation import seeded
from ...util.random import derive_seed, make_rng

BUCKETS = 8192  # that n-grams are hashed to
LENGTHS = (1, 2, 3, 4, 5)  # of n-grams, in bytes
MAX_FITTED = 5000  # training texts that the components are fitted to
LEARNED = 60_000  # examples from which classes are learned, at most
BEGIN, LAST, MULTIPLIER = 256, 257, 1_000_003
MODULUS = (1 << 31) - 1


class NgramBag(nn.Module):
    """N x L bytes of texts, zeros after the end -> N x WIDTH means of a table's rows, one for each n-gram.

    fitted: Whether the table holds components of training texts.
    """

    table: nn.Parameter

    def __init__(self, width: int = WIDTH):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(BUCKETS, width))

    def forward(self, rows: Tensor) -> Tensor:
        buckets, weights = hashed(rows)
        found = self.table[buckets] * weights[:, :, None]
        return found.sum(dim=1) / weights.sum(dim=1, keepdim=True).clamp(min=1)

    @torch.no_grad()
    def fit(self, rows: Tensor, seed: int) -> None:
        """Take the principal components of the shares of n-grams in training texts, weighted by their rarity."""
        from scipy.sparse import csr_matrix
        from sklearn.decomposition import TruncatedSVD

        buckets, weights = (each.numpy() for each in hashed(rows))
        owners = np.broadcast_to(np.arange(len(rows))[:, None], buckets.shape)
        inside = weights > 0
        counts = csr_matrix((weights[inside], (owners[inside], buckets[inside])), (len(rows), BUCKETS))
        rarity = np.log((1 + len(rows)) / (1 + np.bincount(counts.indices, minlength=BUCKETS))) + 1
        shares = csr_matrix(counts.multiply(1 / np.maximum(1, counts.sum(axis=1))).multiply(rarity[None]))
        width = max(1, min(self.table.shape[1], len(rows) - 1))
        svd = TruncatedSVD(width, random_state=seed % (1 << 31)).fit(shares)
        table = rarity[:, None] * svd.components_.T
        self.table[:, :width] = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))


def hashed(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The buckets of all n-grams of each text, with its begin and end, N x M, and 1 for those that are inside it."""
    letters = rows.long()
    inside = pad((letters > 0).long().cumprod(dim=1), (1, 1))
    inside[:, 0] = 1
    letters = pad(letters, (1, 1)) * inside
    letters[:, 0] = BEGIN
    last = inside.sum(dim=1, keepdim=True)
    letters.scatter_(1, last, LAST)
    inside.scatter_(1, last, 1)
    length, codes, buckets, weights = letters.shape[1], torch.zeros_like(letters), list[Tensor](), list[Tensor]()
    for size in range(1, min(max(LENGTHS), length) + 1):
        codes = (codes[:, : length - size + 1] * MULTIPLIER + letters[:, size - 1 :] + 1) % MODULUS
        if size in LENGTHS:
            buckets.append((codes * 31 + size) % MODULUS % BUCKETS)
            weights.append(inside[:, size - 1 :].float())
    return torch.cat(buckets, dim=1), torch.cat(weights, dim=1)


def fit_features(source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
    """Fit the features to training texts and, with classes, learn to tell these."""
    count, classes = source.count("train"), len(source.classes)
    some = np.sort(make_rng(seed, "features", "some").permutation(count)[:MAX_FITTED])
    net = _net({"net": "n-grams", "task": "classes" if classes else "none", "classes": classes})
    assert isinstance(net.body, NgramBag)
    net.body.fit(net.encode(source.values(some)), derive_seed(seed, "features", "components"))
    if not classes:
        net.body.requires_grad_(False)
        return net.standardise(source, some)
    net.head = seeded(derive_seed(seed, "features", "head"), lambda: nn.Linear(WIDTH, classes))
    scale = net.body.table.detach().std().clamp(min=1e-6)
    with torch.no_grad():
        net.body.table.div_(scale)
    return fit(net, source, seed, examples=min(LEARNED, 20 * count), progress=progress)


def features_from(about: dict[str, Any], tensors: dict[str, Tensor]) -> FeatureNet:
    """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
    return _net(about).load(tensors)


def _net(about: dict[str, Any]) -> FeatureNet:
    head = nn.Linear(WIDTH, about["classes"]) if about["classes"] else None
    return FeatureNet(NgramBag(), head, lambda values: torch.from_numpy(np.asarray(values, np.uint8)), about)
