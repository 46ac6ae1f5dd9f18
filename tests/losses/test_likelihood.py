import math

import pytest
import torch

from sparring.losses.likelihood import density_ratio_weights, negative_log_likelihood, weighted_likelihood


def test_negative_log_likelihood_is_that_worked_out_by_hand():
    likelihoods = torch.tensor([[math.log(0.5), math.log(0.25), 0.0], [math.log(0.1), 0.0, 0.0]], dtype=torch.float64)
    assert negative_log_likelihood(likelihoods).item() == pytest.approx((math.log(8) + math.log(10)) / 2)


def test_weights_are_density_ratios_that_sum_to_one():
    logits = torch.tensor([math.log(3), 0.0], dtype=torch.float64)
    torch.testing.assert_close(density_ratio_weights(logits, 9.0), torch.tensor([0.75, 0.25], dtype=torch.float64))
    limited = density_ratio_weights(torch.tensor([50.0, -50.0]), 1.0)
    assert limited[0].item() == pytest.approx(math.e / (math.e + 1 / math.e))


def test_equal_weights_give_no_gradient():
    likelihoods = torch.randn(4, 3, requires_grad=True)
    weighted_likelihood(likelihoods, density_ratio_weights(torch.full((4,), 0.7), 3.0)).backward()
    torch.testing.assert_close(likelihoods.grad, torch.zeros(4, 3), atol=1e-7, rtol=0)


def test_samples_that_look_more_real_become_likelier():
    likelihoods = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)
    loss = weighted_likelihood(likelihoods, torch.tensor([0.75, 0.25], dtype=torch.float64))
    loss.backward()
    expected = torch.tensor([[-0.25, -0.25], [0.25, 0.25]], dtype=torch.float64)
    torch.testing.assert_close(likelihoods.grad, expected)


def test_at_the_right_ratios_the_expected_gradient_is_that_of_likelihood():
    """E_q[(p / q) grad log q] = E_p[grad log q], over all three samples of a categorical q."""
    q = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64, requires_grad=True)
    p = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
    weighted = (q.detach() * (p / q.detach()) * q.log()).sum()
    (of_weighted,) = torch.autograd.grad(weighted, q)
    (of_likelihood,) = torch.autograd.grad((p * q.log()).sum(), q)
    torch.testing.assert_close(of_weighted, of_likelihood)
    weights = density_ratio_weights((p / q.detach()).log(), 99.0)
    torch.testing.assert_close(weights, (p / q.detach()) / (p / q.detach()).sum())
