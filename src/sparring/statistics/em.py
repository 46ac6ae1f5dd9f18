"""Fits a FactorMixture by hard expectation maximisation (classification EM: Celeux & Govaert 1992)."""

from __future__ import annotations

import torch
from torch import Tensor

from .clustering import standardised_kmeans
from .factor_analysis import class_means, principal_factors
from .factor_mixture import FactorMixture
from .imputation import impute

MIN_EXAMPLES_PER_FACTOR_OF_CLASS = 4  # a class with fewer examples for each factor shares the factors of all classes
COMPONENT_COUNTS = (4, 16, 32)  # numbers of components that are tried for a class, besides one
MIN_ROWS_PER_COMPONENT = 100  # on average, for a number of components to be tried
MIN_LIKELIHOOD_GAIN = 0.01  # nats a row; components that gain less are not worth it
HELD_OUT_DIVISOR = 5  # one row of so many is held out to compare numbers of components
MAX_ROUNDS, MIN_MOVED_SHARE = 10, 0.01  # rounds in which rows change components; share of rows below which rounds end
# numbers of components are compared on so many values, at least so many rows
MAX_COMPARED_VALUES, MIN_COMPARED_ROWS = 2_000_000, 2000
MIN_ROWS, ROWS_PER_FACTOR = 10, 16  # of a component, and of each of its factors, where a class has several components


@torch.no_grad()
def fit_factor_mixture(
    mixture: FactorMixture,
    rows: Tensor,
    labels: Tensor | None = None,
    features: Tensor | None = None,
    observed: Tensor | None = None,
) -> Tensor:
    """Fits the mixture to rows; each class gets as few components as explain held-out rows best.

    Args:
        mixture: Changed in place.
        rows: N x D.
        labels: N class numbers, or None.
        features: N x F, in which rows are first clustered into components; None: one component for each class.
        observed: N x D, False where a value is missing; None: all values are observed.

    Returns:
        The component of each row, N.
    """
    classes = len(mixture.weights)
    label = torch.zeros(len(rows), dtype=torch.long) if labels is None or classes == 1 else labels
    counts = torch.bincount(label, minlength=classes)
    if observed is not None and not observed.all():
        rows = impute(rows, observed, label, classes, mixture.rank)
    means = class_means(rows, label, classes)
    shared = principal_factors(rows - means[label], mixture.rank, mixture.rank)
    for number in range(classes):
        members, first = label == number, number * mixture.components_per_class
        mixture.means[first], (mixture.loadings[first], mixture.noise_std[first]) = means[number], shared
        if classes > 1 and counts[number] < MIN_EXAMPLES_PER_FACTOR_OF_CLASS * mixture.rank:
            continue
        if features is None:
            _fit_components(mixture, number, rows[members], torch.zeros(int(counts[number]), dtype=torch.long))
        else:
            _choose_components(mixture, number, rows[members], features[members])
    component = label * mixture.components_per_class
    for number in label.unique().tolist() if mixture.components_per_class > 1 else []:
        component[label == number] += mixture.joint_log_likelihood(number, rows[label == number]).argmax(dim=1)
    return component


def _choose_components(mixture: FactorMixture, label: int, rows: Tensor, features: Tensor) -> None:
    """Fits the smallest number of components under which held-out rows are about as likely as under any other number.

    Where all rows would take long, numbers are compared on a part of them, and the rest joins the component under which
    it is likeliest.
    """
    every = max(1, min(rows.numel() // MAX_COMPARED_VALUES, len(rows) // MIN_COMPARED_ROWS))
    chosen = torch.arange(len(rows))
    if every > 1:
        chosen = torch.randperm(len(rows))[: len(rows) // every].sort().values
    compared, compared_features = rows[chosen], features[chosen]
    kept = len(compared) - len(compared) // HELD_OUT_DIVISOR
    if kept == len(compared):  # too few to hold any out
        _alternate(mixture, label, rows, features, 1)
        return
    limit = min(mixture.components_per_class, len(compared) // MIN_ROWS_PER_COMPONENT)
    likelihoods: dict[int, float] = {}
    for count in (1, *(count for count in COMPONENT_COUNTS if count <= limit)):
        _alternate(mixture, label, compared[:kept], compared_features[:kept], count)
        held_out = mixture.joint_log_likelihood(label, compared[kept:])
        likelihoods[count] = float(held_out.logsumexp(dim=1).mean())
    best = max(likelihoods.values())
    fewest = min(count for count, likelihood in likelihoods.items() if likelihood > best - MIN_LIKELIHOOD_GAIN)
    _alternate(mixture, label, compared, compared_features, fewest)
    if every > 1:
        _fit_components(mixture, label, rows, mixture.joint_log_likelihood(label, rows).argmax(dim=1))


def _alternate(mixture: FactorMixture, label: int, rows: Tensor, features: Tensor, count: int) -> None:
    """Alternates between fitting components and moving each row to its likeliest one, from clusters of features on."""
    component = torch.zeros(len(rows), dtype=torch.long) if count == 1 else standardised_kmeans(features, count)
    _fit_components(mixture, label, rows, component)
    for _ in range(MAX_ROUNDS if count > 1 else 0):
        likeliest = mixture.joint_log_likelihood(label, rows).argmax(dim=1)
        moved = int((likeliest != component).sum())
        component = likeliest
        if moved:
            _fit_components(mixture, label, rows, component)
        if moved < MIN_MOVED_SHARE * len(rows):
            break


def _fit_components(mixture: FactorMixture, label: int, rows: Tensor, component: Tensor) -> None:
    """Fits the components of one class; a component with too few rows gets weight 0.

    component: N, the number of each row's component within the class.
    """
    size = mixture.components_per_class
    mixture.weights[label] = torch.bincount(component, minlength=size) / len(component)
    for number in range(size):
        members = rows[component == number]
        if len(members) < MIN_ROWS and len(members) < len(rows):
            mixture.weights[label, number] = 0
            continue
        alone = len(members) == len(rows)
        rank = mixture.rank if alone else min(mixture.rank, 1 + len(members) // ROWS_PER_FACTOR)
        at = label * size + number
        mixture.means[at] = members.mean(dim=0)
        loadings, noise_std = principal_factors(members - mixture.means[at], rank, mixture.rank)
        mixture.loadings[at], mixture.noise_std[at] = loadings, noise_std
    mixture.weights[label] /= mixture.weights[label].sum()
