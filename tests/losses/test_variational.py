"""The terms of the bound against values worked out by hand and torch's own distributions."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from sparring.losses import variational


@pytest.fixture
def two():
    """Mean and log-variance of three examples, four dimensions."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(3, 4, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]


def test_kl_by_hand():
    """(1 + 1 - 0 - 1) / 2 and (0 + 4 - log 4 - 1) / 2; nothing at N(0, 1)."""
    mean, log_variance = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).double(), torch.tensor([[0.0, math.log(4)], [0.0, 0.0]]).double()
    assert variational.gaussian_kl(mean, log_variance).tolist() == pytest.approx([0.5 + 1.5 - math.log(2), 0.0])


def test_kl_is_that_of_torchs_distributions(two):
    mean, log_variance = two
    one = Independent(Normal(mean, (0.5 * log_variance).exp()), 1)
    standard = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    torch.testing.assert_close(variational.gaussian_kl(mean, log_variance), kl_divergence(one, standard))
    assert torch.autograd.gradcheck(variational.gaussian_kl, two)


def test_a_draw_has_its_mean_and_deviation(two):
    mean, log_variance = two
    normal = torch.full_like(mean, 2.0)
    drawn = variational.gaussian_sample(mean, log_variance, normal)
    torch.testing.assert_close(drawn, mean + 2 * log_variance.exp().sqrt())
    assert torch.autograd.gradcheck(lambda *both: variational.gaussian_sample(*both, normal), two)


def test_squared_error_is_of_a_value():
    made, real = torch.tensor([[[1.0, 2.0]], [[0.0, 0.0]]]), torch.tensor([[[1.0, 0.0]], [[0.0, 2.0]]])
    assert variational.squared_error(made, real).item() == 2.0


def test_the_best_variance_is_the_best(two):
    """With the mean squared error as its variance a Gaussian gives the examples more density than with any other."""
    made, real = two
    error = variational.squared_error(made, real)

    def under(variance):
        return -Normal(made, variance.sqrt()).log_prob(real).sum(dim=1).mean()

    found = variational.gaussian_with_best_variance(error, 4)
    torch.testing.assert_close(found, under(error))
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert found < under(factor * error)


def test_the_bound_is_half_the_values_times_the_logarithm_of_the_error():
    """By hand: 10 / 2 * (log(2 pi e 0.25)); its slope is values / (2 error), as if the variance were held."""
    error = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)
    found = variational.gaussian_with_best_variance(error, 10)
    found.backward()
    assert found.item() == pytest.approx(5 * math.log(2 * math.pi * math.e * 0.25))
    assert error.grad.item() == pytest.approx(5 / 0.25)


def test_what_is_made_without_error_has_a_bound():
    error = torch.tensor(0.0, requires_grad=True)
    found = variational.gaussian_with_best_variance(error, 10)
    found.backward()
    assert torch.isfinite(found)
    assert error.grad.item() == pytest.approx(5 / variational.LEAST_VARIANCE)


def test_short_numbers_are_computed_in_float32():
    short = torch.full((2, 3), 0.3, dtype=torch.bfloat16)
    assert variational.gaussian_kl(short, short).dtype == torch.float32
    assert variational.gaussian_sample(short, short, torch.zeros(2, 3)).dtype == torch.float32
    assert variational.squared_error(short, torch.zeros(2, 3)).dtype == torch.float32
