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


def test_orthogonal_by_hand():
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # rows with the products 5, 11, 25
    assert penalties.orthogonal([matrix]).item() == 2 * 11**2
    assert penalties.orthogonal([torch.eye(3), torch.randn(1, 4)]).item() == 0


def quadratic(x):
    """D(x) = sum of x^3: its gradient is 3 x^2."""
    return x.flatten(1).pow(3).sum(dim=1)


def test_zero_centred_by_hand():
    x = torch.tensor([[1.0, 2.0], [0.0, -1.0]], requires_grad=True)
    assert penalties.zero_centred(quadratic(x), x).item() == 0.5 * ((9 + 144) + 9) / 2


def test_one_centred_by_hand():
    x = torch.tensor([[1.0, 0.0], [0.0, -2.0]], requires_grad=True)
    assert penalties.one_centred(quadratic(x), x).item() == pytest.approx(((3 - 1) ** 2 + (12 - 1) ** 2) / 2)
    still = torch.zeros(2, 2, requires_grad=True)  # a gradient of 0: the penalty is 1 and its own gradient finite
    penalty = penalties.one_centred((still * 0).sum(dim=1) + quadratic(still), still)
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert torch.autograd.grad(penalty, still)[0].isfinite().all()


def test_points_between_and_near():
    real, fake = torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2)
    between = penalties.interpolated(real, fake, torch.tensor([[0.25], [1.0]]))
    assert between.requires_grad
    assert between[:, 0, 0, 0].tolist() == [0.25, 1.0]
    assert penalties.perturbed(real, torch.full((2, 4), 2.0), 0.5)[1, 0, 1, 1].item() == 2.0


def test_path_length_of_a_linear_generator():
    """For pictures = W styles the lengths are known: |W^T y| with y = normal / sqrt(H W)."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 4 * 5, 2 * 6, dtype=torch.float64, generator=generator)
    styles = torch.randn(3, 2, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    normal = torch.randn(3, 20, dtype=torch.float64, generator=generator)
    pictures = torch.bmm(weight, styles.flatten(1)[:, :, None]).view(3, 1, 4, 5)
    pulled = torch.bmm(weight.mT, (normal / 20**0.5)[:, :, None]).view(3, 2, 6)
    lengths = pulled.square().sum(dim=2).mean(dim=1).sqrt()
    mean = torch.tensor(0.5, dtype=torch.float64)
    penalty, moved = penalties.path_length(pictures, styles, normal, mean)
    torch.testing.assert_close(moved, 0.5 + 0.01 * (lengths.mean() - 0.5))
    torch.testing.assert_close(penalty, (lengths - moved).square().mean())


@pytest.mark.parametrize("name", ["zero_centred", "one_centred"])
def test_gradient_penalties_differentiate_right(name):
    weight = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    x = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    penalty = getattr(penalties, name)

    def of(weight, x):
        return penalty(torch.tanh(x @ weight.T).square().sum(dim=1), x)

    assert torch.autograd.gradcheck(of, (weight, x))
    assert torch.autograd.gradgradcheck(of, (weight, x))


def test_relativistic_r1_r2_equal_a_derivation_by_hand():
    """D(x) = v . tanh(W x): the gradient of softplus(D(f) - D(r)) + g1/2 |dD(r)|^2 + g2/2 |dD(f)|^2 with respect to v and W.

    With h = tanh(W x) and s = 1 - h^2: dD/dx = W^T (v s), so |dD/dx|^2 = u . K u with u = v s and K = W W^T. By the chain rule
    d/dv: 2 s (K u); d/dW: 2 u (W^T u)^T + d/dh of it, 2 (K u) v (-2 h) s, times x^T.
    """
    from sparring import objectives

    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    v = torch.randn(3, dtype=torch.float64, generator=generator, requires_grad=True)
    real, fake = (torch.randn(4, 2, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2))

    def judge(x):
        return torch.tanh(x @ weight.T) @ v

    loss = objectives.relativistic_paired_discriminator(judge(real), judge(fake))
    loss = loss + 0.7 * penalties.zero_centred(judge(real), real) + 0.4 * penalties.zero_centred(judge(fake), fake)
    found = torch.autograd.grad(loss, (weight, v))

    by_hand = [torch.zeros_like(weight), torch.zeros_like(v)]
    with torch.no_grad():
        for r, f in zip(real, fake, strict=True):
            h_r, h_f = torch.tanh(weight @ r), torch.tanh(weight @ f)
            pull = torch.sigmoid(v @ h_f - v @ h_r)  # of softplus
            by_hand[1] += pull * (h_f - h_r)
            by_hand[0] += pull * (torch.outer(v * (1 - h_f**2), f) - torch.outer(v * (1 - h_r**2), r))
            for gamma, x, h in ((0.7, r, h_r), (0.4, f, h_f)):
                s = 1 - h**2
                u = v * s
                k_u = weight @ (weight.T @ u)
                by_hand[1] += gamma / 2 * 2 * s * k_u
                by_hand[0] += gamma / 2 * 2 * (torch.outer(u, weight.T @ u) + torch.outer(k_u * v * (-2 * h) * s, x))
    torch.testing.assert_close(found[0], by_hand[0] / 4)
    torch.testing.assert_close(found[1], by_hand[1] / 4)


@pytest.mark.parametrize("bound", [0.01, 0.5])
def test_clipping_bounds_every_parameter(bound):
    net = nn.Linear(10, 10)
    nn.init.constant_(net.weight, 3.0)
    penalties.clip_weights(net, bound)
    assert all(parameter.abs().max() <= bound for parameter in net.parameters())
    assert net.weight.max().item() == pytest.approx(bound)
