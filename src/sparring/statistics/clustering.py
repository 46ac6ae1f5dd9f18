"""Clusters of rows: k-means (Lloyd 1982) among their principal components."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

STANDARDISED_AXES, STANDARDISED_ROUNDS = 24, 20  # principal components and rounds of k-means, for rows of mixed units


def kmeans(centred: Tensor, clusters: int, axes: int, max_rounds: int = 300) -> Tensor:
    """A cluster number for each of N x D rows of mean 0, N (int64), by k-means.

    axes: number of principal components among which distances are measured.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    _, _, directions = torch.svd_lowrank(centred, q=min(axes, *centred.shape))
    components = (centred @ directions).numpy()
    with warnings.catch_warnings():  # of fewer different rows than clusters, some of which then stay empty
        warnings.simplefilter("ignore", ConvergenceWarning)
        numbers = KMeans(clusters, n_init=1, max_iter=max_rounds, random_state=0).fit_predict(components)
    return torch.from_numpy(numbers).long()


def standardised_kmeans(rows: Tensor, clusters: int) -> Tensor:
    """A cluster number for each row, N (int64), of N x D rows whose columns count alike, whatever their units."""
    scale = rows.std(dim=0) + 0.1  # without the 0.1 rare choices would outweigh all else
    return kmeans((rows - rows.mean(dim=0)) / scale, clusters, STANDARDISED_AXES, STANDARDISED_ROUNDS)
