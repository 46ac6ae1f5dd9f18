"""Both kinds of feature matching, against values worked out by hand, and their gradients."""

import pytest
import torch

from sparring.losses.feature_matching import mean_feature_matching, paired_feature_matching


def test_paired_matching_by_hand():
    """Layer one: mean of |1 - 0| and |2 - 4|. Layer two: |5 - 2|."""
    fake = [torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0]])]
    real = [torch.tensor([[0.0, 4.0]]), torch.tensor([[2.0]])]
    assert paired_feature_matching(fake, real).item() == pytest.approx(1.5 + 3)


def test_mean_matching_by_hand():
    """Layer one: means (2, 1) and (1, 3), so 1 + 4. Layer two: means 0 and 2, so 4."""
    fake = [torch.tensor([[1.0, 0.0], [3.0, 2.0]]), torch.tensor([[1.0], [-1.0]])]
    real = [torch.tensor([[0.0, 3.0], [2.0, 3.0]]), torch.tensor([[2.0], [2.0]])]
    assert mean_feature_matching(fake, real).item() == pytest.approx(5 + 4)


def test_mean_matching_takes_batches_of_different_sizes():
    assert mean_feature_matching([torch.tensor([[1.0]])], [torch.tensor([[2.0], [4.0]])]).item() == pytest.approx(4)


@pytest.mark.parametrize("matching", [paired_feature_matching, mean_feature_matching])
def test_gradients_flow_into_the_fakes_only(matching):
    fake, real = torch.tensor([[1.0], [3.0]], requires_grad=True), torch.zeros(2, 1, requires_grad=True)
    matching([fake], [real]).backward()
    assert fake.grad is not None
    assert (fake.grad > 0).all()
    assert real.grad is None


def test_matching_differentiates_right():
    """Paired: the sign over the count. Mean: twice the difference of the means over the batch size."""
    fake, real = torch.tensor([[1.0], [3.0]], requires_grad=True), torch.tensor([[0.0], [5.0]])
    (paired,) = torch.autograd.grad(paired_feature_matching([fake], [real]), fake)
    assert paired.tolist() == [[0.5], [-0.5]]
    (of_means,) = torch.autograd.grad(mean_feature_matching([fake], [real]), fake)
    assert of_means.tolist() == [[2 * (2 - 2.5) / 2]] * 2


@pytest.mark.parametrize("matching", [paired_feature_matching, mean_feature_matching])
def test_different_numbers_of_layers_are_refused(matching):
    with pytest.raises(ValueError, match="zip"):
        matching([torch.zeros(1, 1)], [torch.zeros(1, 1)] * 2)
