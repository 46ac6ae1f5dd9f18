import numpy as np
import pytest
import torch
from scipy import stats

from sparring.networks.table import TableDiscriminator, TableGenerator
from sparring.statistics.row_layout import Column, RowLayout
from sparring.statistics.row_mixture import RowMixture

LAYOUT = [
    Column((3,), False, None),
    Column((2,), True, 0),
    Column((), True, None),
    Column((), False, None),
    Column((4, 5), False, None),
]


def test_the_layout_is_that_of_the_row():
    layout = RowLayout(LAYOUT)
    assert layout.width == 3 + 3 + 1 + 9
    assert layout.choices == [(0, 3), (3, 2), (7, 4), (11, 5)]
    assert (layout.scores, layout.switches) == ([5, 6], [3, -1])


def rows(count, seed=0):
    """Two kinds of rows: choice and scores go together."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, count)
    found = np.zeros((count, 16), np.float32)
    found[np.arange(count), kind * 2] = 1
    number = rng.random(count) < 0.7
    found[np.arange(count), np.where(number, 3, 4)] = 1
    scores = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], count) * 0.3 + np.where(kind, 1.0, -1.0)[:, None]
    found[:, 5], found[:, 6] = scores[:, 0] * number, scores[:, 1]
    found[np.arange(count), 7 + kind] = 1
    found[np.arange(count), 11 + rng.integers(0, 5, count)] = 1
    return torch.from_numpy(found)


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


def generator(**options):
    torch.manual_seed(0)
    made = TableGenerator((16,), LAYOUT, 8, components=2, width=16, blocks=1, **options).eval()
    made.fit(rows(4000), None)
    return made


def draws(made, count=2000, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(count, 8, generator=chance), torch.randn(count, made.noise_size, generator=chance)


@torch.no_grad()
def test_untrained_it_makes_rows_of_the_mixture():
    made = generator()
    latent, noise = draws(made)
    found, real = made(latent, None, noise), rows(2000, seed=2)
    for start, width in made.layout.choices:
        block = found[:, start : start + width]
        assert block.sum(dim=1).tolist() == pytest.approx([1.0] * 2000, abs=1e-5)
        assert block.max(dim=1).values.min() > 0.999
        assert block.mean(dim=0).tolist() == pytest.approx(
            real[:, start : start + width].mean(dim=0).tolist(), abs=0.05
        )
    assert (found[:, 5] == 0).float().mean() == pytest.approx(0.3, abs=0.04)  # nothing there: no score
    assert stats.ks_2samp(found[:, 6].numpy(), real[:, 6].numpy()).statistic < 0.06
    assert ((found[:, 0] > 0.5) == (found[:, 6] < 0)).float().mean() > 0.97  # what goes together stays together


@torch.no_grad()
def test_known_values_are_kept_and_the_others_go_with_them():
    made = generator()
    latent, noise = draws(made)
    known, mask = torch.zeros(2000, 16), torch.zeros(2000, 16)
    known[:, 2], mask[:, :3] = 1, 1
    found = made(latent, {"known": known, "mask": mask}, noise)
    assert (found[:, :3] == known[:, :3]).all()
    assert (found[:, 6] > 0).float().mean() > 0.97


def test_choices_pass_the_gradient_of_their_softmax_on():
    made = generator()
    latent, noise = draws(made, 64)
    made(latent, None, noise)[:, 0].sum().backward()
    gradient = made.last.weight.grad
    assert gradient[:3].abs().max() > 0
    assert gradient[7:].abs().max() == 0


def test_packed_rows_are_scored_together_and_the_remainder_is_not_scored():
    packed = TableDiscriminator((16,), width=8, layers=1, pack=4)
    assert packed(rows(18)).logits.shape == (4,)
    assert TableDiscriminator((16,), width=8, layers=2)(rows(18)).logits.shape == (18,)


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
