"""Regularisers against values and gradients worked out by hand, and finite differences."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring.losses import adversarial, penalties
from sparring.networks.conditional import ClassNorm


def test_l1_and_l2_by_hand():
    tensors = [torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0]])]
    assert penalties.l1(tensors).item() == 6.0
    assert penalties.l2(tensors).item() == 14.0


def test_biases_and_gains_are_not_regularised():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Conv1d(3, 4, 5))
    assert [tuple(each.shape) for each in penalties.regularised_weights(net)] == [(3, 2), (4, 3, 5)]


def test_embeddings_and_gains_of_classes_are_not_regularised():
    """Embeddings are left out, under spectral normalisation too. Other layers give the tensor before normalisation."""
    net = nn.Sequential(
        nn.Embedding(3, 4),
        spectral_norm(nn.Embedding(3, 4)),
        ClassNorm(4, 3),
        spectral_norm(nn.Linear(4, 5)),
        nn.GRU(4, 2),
    )
    weights = penalties.regularised_weights(net)
    assert [tuple(each.shape) for each in weights] == [(5, 4), (6, 4), (6, 2)]
    assert weights[0] is net[3].parametrizations.weight.original


@pytest.mark.parametrize("name", sorted(penalties.WEIGHT_PENALTIES))
def test_derivatives_of_weight_penalties_equal_finite_differences(name):
    generator = torch.Generator().manual_seed(0)
    matrix, kernel = (
        torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)
        for shape in ((3, 2), (2, 3, 2, 2))
    )

    def penalty(matrix, kernel):
        return penalties.WEIGHT_PENALTIES[name]([matrix, kernel])

    assert torch.autograd.gradcheck(penalty, (matrix, kernel))
    assert name == "l1" or torch.autograd.gradgradcheck(penalty, (matrix, kernel))


@pytest.mark.parametrize("name", sorted(penalties.WEIGHT_PENALTIES))
def test_weight_penalties_are_computed_in_float32_under_autocast(name):
    weight = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    expected = penalties.WEIGHT_PENALTIES[name]([weight])
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(penalties.WEIGHT_PENALTIES[name]([weight]), expected, rtol=1e-6, atol=0)
        assert penalties.WEIGHT_PENALTIES[name]([weight.bfloat16()]).dtype == torch.float32


def test_orthogonal_by_hand():
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # the products of its rows are 5, 11 and 25
    assert penalties.orthogonal([matrix]).item() == 2 * 11**2
    assert penalties.orthogonal([torch.eye(3), torch.randn(1, 4)]).item() == 0
    kernel = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    filters = kernel.reshape(4, 12)  # of each output channel
    expected = sum((filters[i] @ filters[j]).item() ** 2 for i in range(4) for j in range(4) if i != j)
    assert penalties.orthogonal([kernel]).item() == pytest.approx(expected, rel=1e-5)


def sum_of_cubes(x):
    """A discriminator with the gradient 3 x^2."""
    return x.flatten(1).pow(3).sum(dim=1)


def test_zero_centred_penalty_by_hand():
    x = torch.tensor([[1.0, 2.0], [0.0, -1.0]], requires_grad=True)
    assert penalties.zero_centred_gradient_penalty(sum_of_cubes(x), x).item() == 0.5 * ((9 + 144) + 9) / 2


def test_one_centred_penalty_by_hand():
    x = torch.tensor([[1.0, 0.0], [0.0, -2.0]], requires_grad=True)
    assert penalties.one_centred_gradient_penalty(sum_of_cubes(x), x).item() == pytest.approx(
        ((3 - 1) ** 2 + (12 - 1) ** 2) / 2
    )


def test_one_centred_penalty_of_a_zero_gradient_is_one_with_a_finite_gradient():
    x = torch.zeros(2, 2, requires_grad=True)
    penalty = penalties.one_centred_gradient_penalty(sum_of_cubes(x), x)
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert torch.autograd.grad(penalty, x)[0].isfinite().all()


def test_interpolated_and_perturbed_samples_by_hand():
    """0.25 * 3 + 0.75 * 7 = 6; noise of two deviations of 0.5, and of the default, 0.15, is 1 and 0.3."""
    real, fake = torch.full((2, 1, 2, 2), 3.0), torch.full((2, 1, 2, 2), 7.0)
    interpolates = penalties.interpolate_samples(real, fake, torch.tensor([[0.25], [1.0]]))
    assert interpolates.requires_grad
    assert interpolates[:, 0, 0, 0].tolist() == [6.0, 3.0]
    assert penalties.perturb_samples(real, torch.full((2, 4), 2.0), 0.5)[1, 0, 1, 1].item() == 4.0
    assert penalties.perturb_samples(real, torch.full((2, 4), 2.0))[1, 0, 1, 1].item() == pytest.approx(3.3)


def test_path_length_of_a_linear_generator():
    """For images = W styles the lengths are known: |W^T y| with y = normals / sqrt(H W)."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 4 * 5, 2 * 6, dtype=torch.float64, generator=generator)
    styles = torch.randn(3, 2, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    normals = torch.randn(3, 20, dtype=torch.float64, generator=generator)
    images = torch.bmm(weight, styles.flatten(1)[:, :, None]).view(3, 1, 4, 5)
    pulled = torch.bmm(weight.mT, (normals / 20**0.5)[:, :, None]).view(3, 2, 6)
    lengths = pulled.square().sum(dim=2).mean(dim=1).sqrt()
    mean = torch.tensor(0.5, dtype=torch.float64)
    penalty, found = penalties.path_length(images, styles, normals, mean)
    torch.testing.assert_close(found, lengths)
    torch.testing.assert_close(penalty, (lengths - mean).square().mean())


def test_derivatives_of_the_path_length_equal_finite_differences():
    generator = torch.Generator().manual_seed(0)
    weight, styles = (
        torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)
        for shape in ((6, 4), (2, 2, 3))
    )
    normals, mean = torch.randn(2, 4, dtype=torch.float64, generator=generator), torch.tensor(0.5, dtype=torch.float64)

    def penalty(weight, styles):
        images = torch.tanh(styles.flatten(1) @ weight).view(2, 1, 2, 2)
        return penalties.path_length(images, styles, normals, mean)[0]

    assert torch.autograd.gradcheck(penalty, (weight, styles))
    assert torch.autograd.gradgradcheck(penalty, (weight, styles))


def test_consistency_has_gradients_into_both_logits():
    """The logits of the unaugmented sample are not a constant target."""
    logits, augmented = (
        torch.randn(5, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(i))
        for i in (0, 1)
    )
    assert penalties.consistency(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 1.0])).item() == 2.5
    assert torch.autograd.gradcheck(penalties.consistency, (logits, augmented))
    assert torch.autograd.gradgradcheck(penalties.consistency, (logits, augmented))


@pytest.mark.parametrize("name", ["zero_centred_gradient_penalty", "one_centred_gradient_penalty"])
def test_derivatives_of_gradient_penalties_equal_finite_differences(name):
    weight = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    x = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    penalty = getattr(penalties, name)

    def value(weight, x):
        return penalty(torch.tanh(x @ weight.T).square().sum(dim=1), x)

    assert torch.autograd.gradcheck(value, (weight, x))
    assert torch.autograd.gradgradcheck(value, (weight, x))


def test_relativistic_r1_r2_equal_a_derivation_by_hand():
    """The gradient of softplus(D(f) - D(r)) + g1/2 |dD(r)|^2 + g2/2 |dD(f)|^2 by v and W, in NumPy.

    The discriminator is D(x) = v . tanh(W x). Let h = tanh(W x), s = 1 - h^2, u = v s and K = W W^T.
    Then dD/dx = W^T u and |dD/dx|^2 = u . K u. By the chain rule its derivative by v is 2 s (K u). Its derivative by W
    is 2 u (W^T u)^T plus, through h, (2 (K u) v (-2 h) s) x^T.
    """
    rng = np.random.default_rng(0)
    weight, v, real, fake = (rng.standard_normal(shape) for shape in ((3, 2), (3,), (4, 2), (4, 2)))
    to_weight, to_v, value = np.zeros_like(weight), np.zeros_like(v), 0.0
    for r, f in zip(real, fake, strict=True):
        h_r, h_f = np.tanh(weight @ r), np.tanh(weight @ f)
        gap = v @ h_f - v @ h_r
        value += np.log1p(np.exp(gap))
        slope = 1 / (1 + np.exp(-gap))  # of softplus
        to_v += slope * (h_f - h_r)
        to_weight += slope * (np.outer(v * (1 - h_f**2), f) - np.outer(v * (1 - h_r**2), r))
        for gamma, x, h in ((0.7, r, h_r), (0.4, f, h_f)):
            s = 1 - h**2
            u = v * s
            k_u = weight @ (weight.T @ u)
            value += gamma / 2 * (u @ k_u)
            to_v += gamma / 2 * 2 * s * k_u
            to_weight += gamma / 2 * 2 * (np.outer(u, weight.T @ u) + np.outer(k_u * v * (-2 * h) * s, x))

    at_weight, at_v, at_real, at_fake = (torch.from_numpy(each).requires_grad_() for each in (weight, v, real, fake))

    def discriminator(x):
        return torch.tanh(x @ at_weight.T) @ at_v

    real_logits, fake_logits = discriminator(at_real), discriminator(at_fake)  # shared by the loss and its penalty
    loss = adversarial.relativistic_paired_discriminator(real_logits, fake_logits)
    loss = (
        loss
        + 0.7 * penalties.zero_centred_gradient_penalty(real_logits, at_real)
        + 0.4 * penalties.zero_centred_gradient_penalty(fake_logits, at_fake)
    )
    found = torch.autograd.grad(loss, (at_weight, at_v))
    assert loss.item() == pytest.approx(value / 4, rel=1e-12)
    np.testing.assert_allclose(found[0].numpy(), to_weight / 4, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[1].numpy(), to_v / 4, rtol=1e-10, atol=1e-12)


def test_one_centred_equals_a_derivation_by_hand():
    """The same D, in NumPy. With n^2 = u . K u, the derivative of (n - 1)^2 is (1 - 1/n) times that of n^2."""
    rng = np.random.default_rng(1)
    weight, v, points = (rng.standard_normal(shape) for shape in ((3, 2), (3,), (4, 2)))
    to_weight, to_v = np.zeros_like(weight), np.zeros_like(v)
    for x in points:
        h = np.tanh(weight @ x)
        s = 1 - h**2
        u = v * s
        k_u = weight @ (weight.T @ u)
        slope = 1 - 1 / np.sqrt(u @ k_u)
        to_v += slope * 2 * s * k_u
        to_weight += slope * 2 * (np.outer(u, weight.T @ u) + np.outer(k_u * v * (-2 * h) * s, x))
    at_weight, at_v, at = (torch.from_numpy(each).requires_grad_() for each in (weight, v, points))
    penalty = penalties.one_centred_gradient_penalty(torch.tanh(at @ at_weight.T) @ at_v, at)
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


def test_pseudo_label_loss_by_hand():
    """The first example is given a wrong label and the second the right one; the third has no confident label."""
    class_logits = torch.tensor([[9.0, 0.0, 0.0], [0.0, 0.0, 8.0], [0.4, 0.5, 0.0]], requires_grad=True)
    augmented = torch.tensor(
        [[0.0, 1.0, 0.0], [1.0, 1.0, 2.0], [5.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True
    )
    log_probabilities = augmented.detach().log_softmax(dim=1)
    loss = penalties.pseudo_label_loss(class_logits, augmented)
    assert loss.item() == pytest.approx(-(log_probabilities[0, 0] + log_probabilities[1, 2]).item() / 3)
    loss.backward()
    assert class_logits.grad is None
    assert augmented.grad[0].abs().sum() > 0
    assert (augmented.grad[2] == 0).all()
    assert torch.autograd.gradcheck(lambda logits: penalties.pseudo_label_loss(class_logits, logits), (augmented,))


def test_a_pseudo_label_at_the_bound_counts():
    """Two classes with equal logits have the probability 1/2 exactly, and the loss is log 2."""
    logits = torch.zeros(1, 2)
    assert penalties.pseudo_label_loss(logits, logits, min_confidence=0.5).item() == pytest.approx(np.log(2))
    assert penalties.pseudo_label_loss(logits, logits, min_confidence=0.51).item() == 0
