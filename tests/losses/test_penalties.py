import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring import api
from sparring.callbacks.progress import Silent
from sparring.config.recipe import load_recipe, with_settings
from sparring.errors import UserError
from sparring.losses import adversarial, penalties
from sparring.modalities.opening import open_data
from sparring.networks.conditional import ClassNorm


def test_l1_and_l2_by_hand():
    tensors = [torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0]])]
    assert penalties.l1(tensors).item() == 6.0
    assert penalties.l2(tensors).item() == 14.0


def test_weights_leave_biases_and_gains_out():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Conv1d(3, 4, 5))
    assert [tuple(each.shape) for each in penalties.weights(net)] == [(3, 2), (4, 3, 5)]


def test_weights_leave_what_belongs_to_a_class_out():
    """An embedding, under spectral normalisation too, and the gains and shifts of classes; what spectral normalisation divides is in."""
    net = nn.Sequential(
        nn.Embedding(3, 4), spectral_norm(nn.Embedding(3, 4)), ClassNorm(4, 3), spectral_norm(nn.Linear(4, 5)), nn.GRU(4, 2)
    )
    found = penalties.weights(net)
    assert [tuple(each.shape) for each in found] == [(5, 4), (6, 4), (6, 2)]
    assert found[0] is net[3].parametrizations.weight.original


@pytest.mark.parametrize("name", sorted(penalties.OF_WEIGHTS))
def test_weight_penalties_differentiate_right(name):
    generator = torch.Generator().manual_seed(0)
    matrix, kernel = (torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for shape in ((3, 2), (2, 3, 2, 2)))

    def of(matrix, kernel):
        return penalties.OF_WEIGHTS[name]([matrix, kernel])

    assert torch.autograd.gradcheck(of, (matrix, kernel))
    assert name == "l1" or torch.autograd.gradgradcheck(of, (matrix, kernel))


@pytest.mark.parametrize("name", sorted(penalties.OF_WEIGHTS))
def test_weight_penalties_stay_in_float32_under_autocast(name):
    weight = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    expected = penalties.OF_WEIGHTS[name]([weight])
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(penalties.OF_WEIGHTS[name]([weight]), expected, rtol=1e-6, atol=0)
        assert penalties.OF_WEIGHTS[name]([weight.bfloat16()]).dtype == torch.float32


def test_orthogonal_by_hand():
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # rows with the products 5, 11, 25
    assert penalties.orthogonal([matrix]).item() == 2 * 11**2
    assert penalties.orthogonal([torch.eye(3), torch.randn(1, 4)]).item() == 0
    kernel = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))  # the rows are filters: those of one output channel
    rows = kernel.reshape(4, 12)
    expected = sum((rows[i] @ rows[j]).item() ** 2 for i in range(4) for j in range(4) if i != j)
    assert penalties.orthogonal([kernel]).item() == pytest.approx(expected, rel=1e-5)


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


def test_the_mean_length_moves_by_the_share_of_the_batch():
    styles = torch.ones(2, 1, 3, requires_grad=True)
    pictures = (2 * styles[:, :, :1, None]).expand(2, 1, 1, 1)
    _, moved = penalties.path_length(pictures, styles, torch.ones(2, 1), torch.tensor(0.0), share=0.25)
    assert moved.item() == pytest.approx(2 * 0.01 * 0.25)


def test_path_length_differentiates_right():
    generator = torch.Generator().manual_seed(0)
    weight, styles = (torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for shape in ((6, 4), (2, 2, 3)))
    normal, mean = torch.randn(2, 4, dtype=torch.float64, generator=generator), torch.tensor(0.5, dtype=torch.float64)

    def of(weight, styles):  # share 0: the running mean is a number to the penalty, as it is in training, not a function of the weights
        pictures = torch.tanh(styles.flatten(1) @ weight).view(2, 1, 2, 2)
        return penalties.path_length(pictures, styles, normal, mean, share=0.0)[0]

    assert torch.autograd.gradcheck(of, (weight, styles))
    assert torch.autograd.gradgradcheck(of, (weight, styles))


def test_consistency_differentiates_right():
    """Through both verdicts: the one on the sample is no fixed target."""
    logits, augmented = (
        torch.randn(5, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(i)) for i in (0, 1)
    )
    assert penalties.consistency(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 1.0])).item() == 2.5
    assert torch.autograd.gradcheck(penalties.consistency, (logits, augmented))
    assert torch.autograd.gradgradcheck(penalties.consistency, (logits, augmented))


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
    """D(x) = v . tanh(W x): the gradient of softplus(D(f) - D(r)) + g1/2 |dD(r)|^2 + g2/2 |dD(f)|^2 with respect to v and W, in NumPy.

    With h = tanh(W x) and s = 1 - h^2: dD/dx = W^T (v s), so |dD/dx|^2 = u . K u with u = v s and K = W W^T. By the chain rule
    d/dv: 2 s (K u); d/dW: 2 u (W^T u)^T + d/dh of it, 2 (K u) v (-2 h) s, times x^T.
    """
    rng = np.random.default_rng(0)
    weight, v, real, fake = (rng.standard_normal(shape) for shape in ((3, 2), (3,), (4, 2), (4, 2)))
    to_weight, to_v, value = np.zeros_like(weight), np.zeros_like(v), 0.0
    for r, f in zip(real, fake, strict=True):
        h_r, h_f = np.tanh(weight @ r), np.tanh(weight @ f)
        gap = v @ h_f - v @ h_r
        value += np.log1p(np.exp(gap))
        pull = 1 / (1 + np.exp(-gap))  # of softplus
        to_v += pull * (h_f - h_r)
        to_weight += pull * (np.outer(v * (1 - h_f**2), f) - np.outer(v * (1 - h_r**2), r))
        for gamma, x, h in ((0.7, r, h_r), (0.4, f, h_f)):
            s = 1 - h**2
            u = v * s
            k_u = weight @ (weight.T @ u)
            value += gamma / 2 * (u @ k_u)
            to_v += gamma / 2 * 2 * s * k_u
            to_weight += gamma / 2 * 2 * (np.outer(u, weight.T @ u) + np.outer(k_u * v * (-2 * h) * s, x))

    at_weight, at_v, at_real, at_fake = (torch.from_numpy(each).requires_grad_() for each in (weight, v, real, fake))

    def judge(x):
        return torch.tanh(x @ at_weight.T) @ at_v

    on_real, on_fake = judge(at_real), judge(at_fake)  # one forward pass each for the loss and its penalty
    loss = adversarial.relativistic_paired_discriminator(on_real, on_fake)
    loss = loss + 0.7 * penalties.zero_centred(on_real, at_real) + 0.4 * penalties.zero_centred(on_fake, at_fake)
    found = torch.autograd.grad(loss, (at_weight, at_v))
    assert loss.item() == pytest.approx(value / 4, rel=1e-12)
    np.testing.assert_allclose(found[0].numpy(), to_weight / 4, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[1].numpy(), to_v / 4, rtol=1e-10, atol=1e-12)


def test_one_centred_equals_a_derivation_by_hand():
    """The same D, in NumPy: (n - 1)^2 with n^2 = u . K u pulls by (1 - 1/n) where n^2 itself pulls by 1."""
    rng = np.random.default_rng(1)
    weight, v, points = (rng.standard_normal(shape) for shape in ((3, 2), (3,), (4, 2)))
    to_weight, to_v = np.zeros_like(weight), np.zeros_like(v)
    for x in points:
        h = np.tanh(weight @ x)
        s = 1 - h**2
        u = v * s
        k_u = weight @ (weight.T @ u)
        pull = 1 - 1 / np.sqrt(u @ k_u)
        to_v += pull * 2 * s * k_u
        to_weight += pull * 2 * (np.outer(u, weight.T @ u) + np.outer(k_u * v * (-2 * h) * s, x))
    at_weight, at_v, at = (torch.from_numpy(each).requires_grad_() for each in (weight, v, points))
    penalty = penalties.one_centred(torch.tanh(at @ at_weight.T) @ at_v, at)
    found = torch.autograd.grad(penalty, (at_weight, at_v))
    np.testing.assert_allclose(found[0].numpy(), to_weight / 4, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found[1].numpy(), to_v / 4, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("bound", [0.01, 0.5])
def test_clipping_bounds_every_parameter(bound):
    net = nn.Linear(10, 10)
    nn.init.constant_(net.weight, 3.0)
    penalties.clip_weights(net, bound)
    assert all(parameter.abs().max() <= bound for parameter in net.parameters())
    assert net.weight.max().item() == pytest.approx(bound)


def test_pseudo_labels_by_hand():
    plain = torch.tensor([[9.0, 0.0, 0.0], [0.0, 0.0, 8.0], [0.4, 0.5, 0.0]], requires_grad=True)
    changed = torch.tensor([[0.0, 1.0, 0.0], [1.0, 1.0, 2.0], [5.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    wrong, right = -changed.detach()[0].log_softmax(0)[0], -changed.detach()[1].log_softmax(0)[2]
    found = penalties.pseudo_labels(plain, changed)
    assert found.item() == pytest.approx(((wrong + right) / 3).item())  # of the third it is not sure
    found.backward()
    assert plain.grad is None and (changed.grad[2] == 0).all() and changed.grad[0].abs().sum() > 0
    assert torch.autograd.gradcheck(lambda logits: penalties.pseudo_labels(plain, logits), (changed,))


def test_pseudo_labels_are_of_classifiers_alone():
    wanted = {"players.discriminator.penalties.pseudo-labels": {"weight": 1.0}}
    with_settings(load_recipe("sgan"), wanted)
    with pytest.raises(UserError, match="no penalty 'pseudo-labels'"):
        with_settings(load_recipe("dcgan"), wanted)


def test_consistency_is_for_pictures(tmp_path):
    source = open_data("ring", {"labels": "none"})
    wanted = {"players.discriminator.penalties.consistency": {"weight": 1.0}}
    with pytest.raises(UserError, match="shifts pictures"):
        api.train(source, "points", tmp_path / "run", settings=wanted, device="cpu", listener=Silent())
