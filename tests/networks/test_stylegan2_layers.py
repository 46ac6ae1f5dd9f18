"""The layers of StyleGAN2 against their equations, in float64 and by hand."""

import numpy as np
import pytest
import scipy.signal
import torch

from smoke import scramble
from sparring.networks.base import is_batch_coupled
from sparring.networks.equalised import EqualConv, EqualDense, normalise
from sparring.networks.stylegan2 import Halving, Mapping, MinibatchStddev, StyledConv, ToPicture

FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def naive_styled_conv(layer, x, style, noise):
    """A styled convolution by loops (Karras et al. 2020).

    s from A, eq. 1 and 3 for the weights of every sample, then noise, bias, leaky ReLU times sqrt 2.
    """
    get = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    outputs, inputs = get["weight"].shape[:2]
    pictures = []
    for n in range(len(x)):
        scales = get["affine.weight"] @ style[n] / np.sqrt(style.shape[1]) + get["affine.bias"]
        weight = get["weight"] / np.sqrt(9 * inputs)
        for i in range(inputs):
            weight[:, i] = weight[:, i] * scales[i]  # eq. 1
        for j in range(outputs):
            weight[j] = weight[j] / np.sqrt((weight[j] ** 2).sum() + 1e-8)  # eq. 3
            if not layer.grows:
                y = sum(scipy.signal.correlate2d(x[n, i], weight[j, i], "same") for i in range(inputs))
            else:
                zeros = np.zeros((inputs, 2 * x.shape[2] - 1, 2 * x.shape[3] - 1))
                zeros[:, ::2, ::2] = x[n]
                y = sum(scipy.signal.convolve2d(zeros[i], weight[j, i], "full") for i in range(inputs))
                y = 4 * scipy.signal.convolve2d(np.pad(y, 1), FIR, "valid")[: layer.size[0], : layer.size[1]]
            y = y + get["strength"] * noise[n, 0] + get["bias"][j]
            pictures.append(np.sqrt(2) * np.where(y > 0, y, 0.2 * y))
    return np.array(pictures).reshape(len(x), outputs, *layer.size)


@pytest.mark.parametrize(("size", "grows"), [((5, 4), False), ((10, 8), True), ((9, 7), True)])
def test_styled_conv_is_the_papers(size, grows):
    layer = scramble(StyledConv(3, 4, 6, size, grows).double())
    x, style, noise = torch.randn(2, 3, 5, 4).double(), torch.randn(2, 6).double(), torch.randn(2, 1, *size).double()
    expected = naive_styled_conv(layer, x.numpy(), style.numpy(), noise.numpy())
    np.testing.assert_allclose(layer(x, style, noise).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    silent = naive_styled_conv(layer, x.numpy(), style.numpy(), 0 * noise.numpy())
    np.testing.assert_allclose(layer(x, style).detach().numpy(), silent, rtol=1e-10, atol=1e-12)


def test_to_picture_scales_and_does_not_demodulate():
    layer = scramble(ToPicture(3, 2, 4).double())
    x, style = torch.randn(2, 3, 2, 2).double(), torch.randn(2, 4).double()
    scales = style @ layer.affine.weight.T / 2 + layer.affine.bias  # sqrt of 4
    expected = (
        torch.einsum("oi,ni,nihw->nohw", layer.weight[:, :, 0, 0] / 3**0.5, scales, x) + layer.bias[:, None, None]
    )
    torch.testing.assert_close(layer(x, style), expected)


def test_demodulation_gives_unit_variance_for_any_style():
    layer = StyledConv(32, 48, 16, (72, 72), grows=False)
    layer.affine.weight.data *= 5  # scales of a few units, both signs
    style = torch.randn(16, 16)
    scales = layer.affine(style)
    y = (
        layer.convolve(torch.randn(16, 32, 72, 72) * scales[:, :, None, None])
        * layer.demodulation(scales)[:, :, None, None]
    )
    inside = y[:, :, 1:-1, 1:-1]  # without the border of zeros
    assert scales.std() > 3
    torch.testing.assert_close(inside.var(dim=(2, 3)).mean(dim=1), torch.ones(16), atol=0.05, rtol=0)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
def test_halving_is_filter_stride_and_skip(residual, size):
    block = scramble(Halving(2, 3, residual).double())
    x = torch.randn(2, 2, *size).double()

    def conv(x, layer, stride=1):
        weight, gain = layer.weight.detach().numpy() / np.sqrt(9 * layer.weight.shape[1]), np.sqrt(2)
        y = [sum(scipy.signal.correlate2d(a, b, "valid") for a, b in zip(x, each, strict=True)) for each in weight]
        y = np.array(y)[:, ::stride, ::stride] + layer.bias.detach().numpy()[:, None, None]
        return gain * np.where(y > 0, y, 0.2 * y)

    odd = [(0, side % 2) for side in size]  # an odd picture gets one more row of zeros
    for picture, found in zip(x.numpy(), block(x).detach().numpy(), strict=True):
        y = conv(np.pad(picture, ((0, 0), (1, 1), (1, 1))), block.first)
        y = np.pad(y, ((0, 0), *((2, 2 + more) for _, more in odd)))
        expected = conv(np.array([scipy.signal.convolve2d(each, FIR, "valid") for each in y]), block.second, stride=2)
        if residual:
            padded = np.pad(picture, ((0, 0), *((1, 1 + more) for _, more in odd)))
            low = np.array([scipy.signal.convolve2d(each, FIR, "valid")[::2, ::2] for each in padded])
            skip = np.einsum("oi,ihw->ohw", block.skip.weight.detach().numpy()[:, :, 0, 0] / np.sqrt(2), low)
            expected = (expected + skip) / np.sqrt(2)
        assert found.shape == (3, -(-size[0] // 2), -(-size[1] // 2))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_minibatch_stddev_by_hand():
    x = torch.tensor([0.0, 2.0, 5.0, 5.0])[:, None, None, None].expand(4, 1, 2, 2).contiguous()
    x[1, 0, 0, 0] = 4.0  # the group (0, 1) has deviations 2 at one place and 1 at three: 1.25
    y = MinibatchStddev(2)(x)
    torch.testing.assert_close(y[:, 0], x[:, 0])
    expected = torch.tensor([1.25, 1.25, 1e-4, 1e-4])
    torch.testing.assert_close(y[:, 1], expected[:, None, None].expand(4, 2, 2))


@pytest.mark.parametrize(("batch", "size"), [(8, 4), (6, 3), (5, 1), (2, 2), (1, 1)])
def test_minibatch_stddev_falls_back_to_a_divisor(batch, size):
    x = torch.randn(batch, 3, 2, 2)
    changed = x.clone()
    changed[0] += 1
    layer = MinibatchStddev(4)
    moved = (layer(x)[:, 3] != layer(changed)[:, 3]).flatten(1).any(dim=1).nonzero().flatten().tolist()
    assert moved == (list(range(size)) if size > 1 else [])
    assert is_batch_coupled(layer)


def test_equalised_layers_keep_the_variance_and_learn_at_their_rate():
    x = torch.randn(512, 300)  # so many that chance is far below the tolerances
    for rate in (1.0, 0.01):
        dense = EqualDense(300, 500, rate=rate)
        assert dense(x).std().item() == pytest.approx(1, rel=0.02)
        assert EqualDense(300, 500, rate=rate, bias=1.0)(0 * x).unique().item() == pytest.approx(1)
        before = dense(torch.ones(1, 300)).detach()
        with torch.no_grad():
            for parameter in dense.parameters():
                parameter += 0.002  # a first step of Adam
        moved = dense(torch.ones(1, 300)).detach() - before
        torch.testing.assert_close(moved, torch.full_like(moved, 0.002 * rate * (300**0.5 + 1)), rtol=2e-2, atol=1e-6)
    active = EqualDense(300, 500, active=True)
    assert active(x).square().mean().item() == pytest.approx(2 * (1 + 0.2**2) / 2, rel=0.03)
    inside = EqualConv(30, 50, 3, active=False)(torch.randn(64, 30, 9, 9))[:, :, 1:-1, 1:-1]
    assert inside.std().item() == pytest.approx(1, rel=0.03)
    torch.testing.assert_close(normalise(x * 7).square().mean(dim=1), torch.ones(512))


def test_mapping_takes_normalised_latent_and_class():
    mapping = Mapping(6, 3, 5, 2)
    latent, condition = torch.randn(2, 6), {"class": torch.tensor([2, 0])}
    style = mapping(latent, condition)
    torch.testing.assert_close(mapping(latent * 3, condition), style)
    mapping.embedding.weight.data *= 10
    torch.testing.assert_close(mapping(latent, condition), style, rtol=1e-4, atol=1e-6)
    embedded = normalise(mapping.embedding.weight.T[[2, 0]])
    torch.testing.assert_close(mapping.layers(torch.cat([normalise(latent), embedded], 1)), style, rtol=1e-4, atol=1e-6)
    assert len(Mapping(6, 0, 5, 8).layers) == 8
    before = mapping(latent, condition).detach()
    with torch.no_grad():
        mapping.layers[1].bias += 100 / 2**0.5  # a hundredth of the pace, times the gain of the activation
    linear = [
        torch.where(each > 0, each, 5 * each) for each in (before, mapping(latent, condition))
    ]  # leaky ReLU undone
    torch.testing.assert_close(linear[1], linear[0] + 1)
