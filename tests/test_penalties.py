import pytest
import torch
from torch import nn

from sparring import penalties


def test_l1_and_l2_by_hand():
    tensors = [torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0]])]
    assert penalties.l1(tensors).item() == 6.0
    assert penalties.l2(tensors).item() == 14.0


def test_weights_leave_biases_and_gains_out():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Conv1d(3, 4, 5))
    assert [tuple(each.shape) for each in penalties.weights(net)] == [(3, 2), (4, 3, 5)]


def test_penalty_gradients():
    x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradgradcheck(lambda x: penalties.l2([x.double()]).double(), x, atol=1e-3, rtol=1e-3, eps=1e-3)
    (gradient,) = torch.autograd.grad(penalties.l1([x]), x)
    torch.testing.assert_close(gradient, x.sign())


@pytest.mark.parametrize("bound", [0.01, 0.5])
def test_clipping_bounds_every_parameter(bound):
    net = nn.Linear(10, 10)
    nn.init.constant_(net.weight, 3.0)
    penalties.clip_weights(net, bound)
    assert all(parameter.abs().max() <= bound for parameter in net.parameters())
    assert net.weight.max().item() == pytest.approx(bound)
