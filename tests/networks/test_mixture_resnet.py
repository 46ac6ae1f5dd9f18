"""The residual generator that grows a correction around a picture that a mixture has drawn."""

import pytest
import torch

from sparring import networks
from sparring.networks.initialisation import initialise, seeded
from sparring.networks.mixture_resnet import MixtureResNetGenerator


def built(shape=(3, 32, 32), classes=3, seed=0, **options):
    options = {"width": 8, "rank": 2, **options}
    return seeded(
        seed,
        lambda: initialise(
            networks.build("mixture-resnet-generator", options, shape=shape, classes=classes, latent_size=16), "kaiming"
        ),
    )


def fitted(net, count=60, seed=1):
    """The network with its mixture fitted to smooth pictures of classes that differ."""
    draw = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, net.shape[0], 3, 3, generator=draw) * 0.4
    pictures = torch.tanh(torch.nn.functional.interpolate(coarse, net.shape[1:], mode="bilinear"))
    labels = torch.arange(count) % net.classes if net.classes else None
    net.fit(net.statistics_input(pictures), labels)
    return net


@pytest.mark.parametrize(
    ("shape", "classes"), [((1, 28, 28), 10), ((3, 32, 32), 0), ((4, 20, 50), 2), ((3, 64, 64), 3)]
)
def test_it_begins_near_the_mixture_and_leaves_it_by_a_small_correction(shape, classes):
    net = fitted(built(shape, classes)).train()  # a batch's own statistics: the running ones are not known yet
    latent = torch.randn(9, 16, generator=torch.Generator().manual_seed(2))
    condition = {"class": torch.arange(9) % classes} if classes else None
    with torch.no_grad():
        made, start = net(latent, condition), torch.tanh(net.start(latent, net.component(latent, condition)))
        assert made.shape == (9, *shape)
        assert 0 < (made - start).abs().mean() < 0.15
        net.strength.fill_(0)
        torch.testing.assert_close(net(latent, condition), start)


def test_the_correction_sees_the_mixtures_picture():
    """Two latents that differ only along the components of the mixture are corrected in unlike ways."""
    net = fitted(built()).eval()
    latent = torch.zeros(2, 16)
    latent[1, 1] = 2.0
    condition = {"class": torch.zeros(2, dtype=torch.int64)}
    with torch.no_grad():
        net.begin[0].weight.zero_()  # so that the latent reaches the blocks through the picture alone
        made = torch.atanh(net(latent, condition).clamp(-0.999, 0.999))
        start = net.start(latent, condition["class"])
    assert (made - start)[0].sub((made - start)[1]).abs().mean() > 1e-3


def test_every_parameter_learns_from_the_first_step():
    net = fitted(built()).train()
    latent = torch.randn(6, 16, generator=torch.Generator().manual_seed(3))
    net(latent, {"class": torch.arange(6) % 3}).square().mean().backward()
    still = [name for name, parameter in net.named_parameters() if not parameter.grad.abs().sum()]
    assert not still


def test_a_width_is_that_of_32_pixels_and_doubles_twice():
    net = built((3, 128, 128), classes=0, width=8, lowest_resolution=4)
    assert [guide.out_channels for guide in net.guides] == [32, 32, 16, 8, 4, 2]
    assert isinstance(net, MixtureResNetGenerator)
