"""The mixture of coded rows against its formulas and against the data that it is fitted to."""

import numpy as np
import pytest
import torch
from scipy import stats

from row_samples import LAYOUT, rows
from sparring.statistics.row_layout import Column, RowLayout
from sparring.statistics.row_mixture import RowMixture


def test_the_layout_is_that_of_the_row():
    layout = RowLayout(LAYOUT)
    assert layout.width == 3 + 3 + 1 + 9
    assert layout.choices == [(0, 3), (3, 2), (7, 4), (11, 5)]
    assert (layout.scores, layout.switches) == ([5, 6], [3, -1])


def fitted(components=2, count=4000):
    mixture = RowMixture(RowLayout(LAYOUT), components)
    mixture.fit(rows(count))
    return mixture


def test_likelihoods_are_those_of_the_formula():
    mixture, some = fitted(), rows(20, seed=1).double()
    found = mixture.double().log_likelihood(some)
    layout = mixture.layout
    for row in range(20):
        for component in range(2):
            expected = float(mixture.log_weights[component]) + float(
                (some[row, layout.choice_places] * mixture.logits[component]).sum()
            )
            covariance = (mixture.factors[component] @ mixture.factors[component].T).numpy()
            there = np.array([bool(some[row, 3]), True])
            scores, mean = some[row, layout.scores].numpy(), mixture.means[component].numpy()
            if there.all():
                expected += stats.multivariate_normal(mean, covariance).logpdf(scores)
                assert float(found[row, component]) == pytest.approx(expected, abs=1e-9)


def test_the_mixture_finds_the_components_of_the_data():
    """The rows are always the same: of others, a quarter are parted by whether the number is there."""
    mixture = fitted()
    assert mixture.log_weights.exp().tolist() == pytest.approx([0.5, 0.5], abs=0.03)
    order = mixture.means[:, 1].argsort()
    assert mixture.means[order][:, 1].tolist() == pytest.approx([-1, 1], abs=0.05)
    covariance = (mixture.factors @ mixture.factors.mT)[:, 0, 1]
    assert covariance.tolist() == pytest.approx(
        [0.072 * 0.7**0.5] * 2, abs=0.006
    )  # one of the two is there in 70 % of the rows
    assert mixture.logits[order].exp()[:, :3].round(decimals=2).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_few_rows_use_few_components_and_stay_finite():
    mixture = RowMixture(RowLayout(LAYOUT), 50)
    mixture.fit(rows(90))
    assert (mixture.log_weights > -100).sum() == 2
    assert all(torch.isfinite(each).all() for each in mixture.buffers())


def two_scores(correlations):
    """A mixture of components with two standard normal scores each, of these correlations."""
    mixture = RowMixture(RowLayout([Column((), True, None), Column((), True, None)]), len(correlations))
    for component, correlation in enumerate(correlations):
        mixture.factors[component] = torch.linalg.cholesky(torch.tensor([[1, correlation], [correlation, 1]]))
    return mixture


def test_the_posterior_given_known_values_is_that_of_their_marginal():
    mixture, known = two_scores([0.99, 0.0]), torch.tensor([[1.0, 0]])
    weights = mixture.log_posterior(torch.tensor([[1.7, 0]]), known).softmax(dim=1)
    assert weights[0].tolist() == pytest.approx([0.5, 0.5], abs=1e-5)
    both = mixture.log_posterior(torch.tensor([[1.0, 1.1]]), torch.ones(1, 2)).softmax(dim=1)
    densities = [stats.multivariate_normal([0, 0], [[1, c], [c, 1]]).pdf([1, 1.1]) for c in (0.99, 0)]
    assert both[0, 0] == pytest.approx(densities[0] / sum(densities), abs=1e-4)


def test_scores_are_conditioned_on_the_known_ones():
    mixture = two_scores([0.9])
    normal = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0))
    rows, known = torch.tensor([[2.0, 0]]).expand(20_000, -1), torch.tensor([[1.0, 0]]).expand(20_000, -1)
    component = torch.zeros(20_000, dtype=torch.long)
    _, freely = mixture.draw(component, torch.zeros(20_000, 0), normal)
    drawn = mixture.condition(component, freely, rows, known)
    assert drawn[:, 0].tolist() == pytest.approx([2.0] * 20_000, abs=1e-4)
    assert (float(drawn[:, 1].mean()), float(drawn[:, 1].var())) == pytest.approx((1.8, 1 - 0.81), abs=0.01)
