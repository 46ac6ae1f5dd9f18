"""The generator that begins as a mixture of Gaussians.

Its start has the data's moments, and its correction begins small.
"""

import pytest
import torch

import sparring
from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.networks import refiner
from sparring.networks.layers import GrowingConv
from sparring.networks.mixture_start import MAX_BEFORE_TANH
from sparring.networks.refiner import Refiner
from sparring.statistics import pca_mixture


def low_rank(count, shape, classes, seed=0):
    """Pictures of classes that lie apart, each varying along two directions of its own.

    Returns the pictures before tanh, and their labels.
    """
    draw = torch.Generator().manual_seed(seed)
    numbers = shape[0] * shape[1] * shape[2]
    means = 0.5 * torch.randn(classes, numbers, generator=draw)
    axes = 0.2 * torch.randn(classes, 2, numbers, generator=draw)
    labels = torch.arange(count) % classes
    latent = torch.randn(count, 2, generator=draw)
    return (means[labels] + (latent[:, None] @ axes[labels])[:, 0]).unflatten(1, shape), labels


def moments(rows):
    return rows.mean(dim=0), (rows - rows.mean(dim=0)).T @ (rows - rows.mean(dim=0)) / len(rows)


def test_each_class_starts_with_the_mean_and_covariance_of_its_data():
    pictures, labels = low_rank(3000, (1, 6, 6), 3)
    net = Refiner((1, 6, 6), 3, 16, rank=4)
    net.fit(net.statistics_input(torch.tanh(pictures)), labels)
    latent = torch.randn(20_000, 16, generator=torch.Generator().manual_seed(1))
    inside = torch.atanh(torch.tanh(pictures).clamp(-MAX_BEFORE_TANH, MAX_BEFORE_TANH))
    for number in range(3):
        mean, covariance = moments(net.start(latent, torch.full((20_000,), number)).flatten(1))
        wanted_mean, wanted = moments(inside[labels == number].flatten(1))
        assert (mean - wanted_mean).abs().max() < 0.05
        assert (covariance - wanted).norm() < 0.1 * wanted.norm()


def test_without_labels_clusters_come_as_often_as_in_the_data():
    pictures, labels = low_rank(2000, (1, 6, 6), 4)
    kept = (labels != 3) | (torch.arange(2000) % 3 == 0)  # the fourth is rarer
    net = Refiner((1, 6, 6), 0, 16, clusters=4)
    net.fit(net.statistics_input(torch.tanh(pictures[kept])), None)
    component = net.component(torch.randn(20_000, 16, generator=torch.Generator().manual_seed(1)), None)
    made = torch.bincount(component, minlength=4).sort().values / 20_000
    real = torch.bincount(labels[kept]).sort().values / kept.sum()
    torch.testing.assert_close(made, real.float(), atol=0.02, rtol=0)
    for mean in net.mixture.means:  # each cluster is one of the true ones
        gaps = [(mean - pictures[labels == number].flatten(1).mean(dim=0)).norm() for number in range(4)]
        assert min(gaps) < 0.3 * sorted(gaps)[1]


def test_the_correction_begins_small_and_reaches_the_picture():
    pictures, labels = low_rank(300, (2, 9, 7), 3)
    net = Refiner((2, 9, 7), 3, 16).eval()
    net.fit(net.statistics_input(torch.tanh(pictures)), labels)
    latent, condition = torch.randn(8, 16), {"class": torch.arange(8) % 3}
    made, start = net(latent, condition), torch.tanh(net.start(latent, condition["class"]))
    assert 0 < (made - start).abs().mean() < 0.2 * start.abs().mean()
    net.strength.data.fill_(0)
    assert torch.equal(net(latent, condition), start)


def test_classes_with_few_examples_share_their_axes(monkeypatch):
    pictures, labels = low_rank(60, (1, 6, 6), 3)
    net = Refiner((1, 6, 6), 3, 16, rank=4)
    net.fit(net.statistics_input(torch.tanh(pictures)), labels)  # twenty a class, thirty-two wanted
    assert torch.equal(net.mixture.axes[0], net.mixture.axes[1])
    assert not torch.equal(net.mixture.means[0], net.mixture.means[1])
    monkeypatch.setattr(pca_mixture, "MAX_AXIS_VALUES", 100)
    assert len(Refiner((1, 6, 6), 3, 16, rank=4).mixture.axes) == 1


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_handful_of_pictures_is_enough_to_begin(count):
    for classes in (0, 3):
        net = Refiner((3, 40, 52), classes, 8)
        net.fit(
            net.statistics_input(torch.rand(count, 3, 40, 52) * 2 - 1), torch.arange(count) % 3 if classes else None
        )
        made = net(torch.randn(4, 8), {"class": torch.tensor([0, 1, 2, 0])} if classes else None)
        assert made.shape == (4, 3, 40, 52)
        assert torch.isfinite(made).all()


def test_a_training_fits_it_once_and_fine_tuning_does_not(tmp_path):
    source, settings = ArraySource(), smoke_settings("mixture", examples=16)
    first = api.train(source, "mixture", tmp_path / "first", settings=settings, console=Callback())
    assert sparring.load(first.path).generator.mixture.means.abs().sum() > 0
    other = api.train(
        ArraySource(seed=9), "mixture", tmp_path / "second", settings=settings, init_from=first.path, console=Callback()
    )
    assert torch.equal(
        sparring.load(other.path).generator.mixture.means, sparring.load(first.path).generator.mixture.means
    )


def strides_show(net):
    """Whether the power of fresh corrections of 64 x 64 along rows peaks where something repeats every 2, 4 or 8
    pixels.
    """
    with torch.no_grad():
        net.strength.data.fill_(1)
        inside = torch.atanh(net(torch.randn(32, 16, generator=torch.Generator().manual_seed(0))).clamp(-0.999, 0.999))[
            :, 0, 8:56, 8:56
        ]
    power = torch.fft.rfft(inside * torch.hann_window(48)).abs().square().mean(dim=(0, 1))[1:]
    return [
        bool(power[48 // stride - 1] > 1.5 * power[48 // stride - 3 : 48 // stride - 1].mean()) for stride in (2, 4, 8)
    ]


def test_no_stride_shows_in_the_correction(monkeypatch):
    torch.manual_seed(0)
    assert not any(strides_show(Refiner((1, 64, 64), 0, 16)))
    monkeypatch.setattr(
        refiner, "EnlargingConv", lambda inputs, outputs, size: GrowingConv(inputs, outputs, 3, 2, size)
    )
    assert any(strides_show(Refiner((1, 64, 64), 0, 16)))  # what the measure must find


def test_truncation_leaves_every_cluster_possible():
    from sparring.config.recipe import Latent
    from sparring.networks import sampling

    net = Refiner((1, 6, 6), 0, 16, clusters=10)
    assert (net.untruncated_latents, Refiner((1, 6, 6), 3, 16).untruncated_latents) == (1, 0)
    latent = sampling.latents(Latent(size=16), 0, range(400), 0.3, net.untruncated_latents)
    assert latent[:, 1:].abs().max() <= 0.3
    assert len(net.component(latent, None).unique()) == 10


def test_a_latent_of_one_value_is_refused():
    with pytest.raises(UserError, match="two values"):
        Refiner((1, 6, 6), 0, 1)
