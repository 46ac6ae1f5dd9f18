"""The terms of the variational bound against values worked out by hand and torch's own distributions."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from sparring.losses import variational


@pytest.fixture
def mean_and_log_variance():
    """Of three examples, four dimensions."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(3, 4, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]


def test_kl_by_hand():
    """(1 + 1 - 0 - 1) / 2 plus (0 + 4 - log 4 - 1) / 2, and 0 at N(0, 1)."""
    mean = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).double()
    log_variance = torch.tensor([[0.0, math.log(4)], [0.0, 0.0]]).double()
    assert variational.gaussian_kl(mean, log_variance).tolist() == pytest.approx([0.5 + 1.5 - math.log(2), 0.0])


def test_kl_equals_that_of_torch_distributions(mean_and_log_variance):
    mean, log_variance = mean_and_log_variance
    posterior = Independent(Normal(mean, (0.5 * log_variance).exp()), 1)
    standard = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    torch.testing.assert_close(variational.gaussian_kl(mean, log_variance), kl_divergence(posterior, standard))
    assert torch.autograd.gradcheck(variational.gaussian_kl, mean_and_log_variance)


def test_a_reparameterised_sample_is_the_mean_plus_deviations(mean_and_log_variance):
    mean, log_variance = mean_and_log_variance
    normals = torch.full_like(mean, 2.0)
    sample = variational.reparameterise(mean, log_variance, normals)
    torch.testing.assert_close(sample, mean + 2 * log_variance.exp().sqrt())
    assert torch.autograd.gradcheck(lambda *both: variational.reparameterise(*both, normals), mean_and_log_variance)


def test_the_mean_squared_error_is_a_mean_over_all_values():
    reconstruction, target = torch.tensor([[[1.0, 2.0]], [[0.0, 0.0]]]), torch.tensor([[[1.0, 0.0]], [[0.0, 2.0]]])
    assert variational.mean_squared_error(reconstruction, target).item() == 2.0


def test_no_other_variance_makes_the_examples_more_likely(mean_and_log_variance):
    """The Gaussian whose variance is the mean squared error gives the examples the highest density."""
    reconstruction, target = mean_and_log_variance  # any two tensors
    error = variational.mean_squared_error(reconstruction, target)

    def nll_with(variance):
        return -Normal(reconstruction, variance.sqrt()).log_prob(target).sum(dim=1).mean()

    loss = variational.optimal_variance_nll(error, 4)
    torch.testing.assert_close(loss, nll_with(error))
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert loss < nll_with(factor * error)


def test_the_likelihood_is_half_the_values_times_the_logarithm_of_the_error():
    """By hand: 10 / 2 * log(2 pi e 0.25). Its derivative is values / (2 error), as for a constant variance."""
    error = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)
    loss = variational.optimal_variance_nll(error, 10)
    loss.backward()
    assert loss.item() == pytest.approx(5 * math.log(2 * math.pi * math.e * 0.25))
    assert error.grad.item() == pytest.approx(5 / 0.25)


def test_a_reconstruction_without_error_has_a_finite_likelihood():
    error = torch.tensor(0.0, requires_grad=True)
    loss = variational.optimal_variance_nll(error, 10)
    loss.backward()
    assert torch.isfinite(loss)
    assert error.grad.item() == pytest.approx(5 / variational.MIN_DECODER_VARIANCE)


def test_bfloat16_is_computed_in_float32():
    low_precision = torch.full((2, 3), 0.3, dtype=torch.bfloat16)
    assert variational.gaussian_kl(low_precision, low_precision).dtype == torch.float32
    assert variational.reparameterise(low_precision, low_precision, torch.zeros(2, 3)).dtype == torch.float32
    assert variational.mean_squared_error(low_precision, torch.zeros(2, 3)).dtype == torch.float32
