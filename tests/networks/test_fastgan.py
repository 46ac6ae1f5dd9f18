"""FastGAN's generator against the paper's figures: sizes, gates, noise, classes."""

import pytest
import torch

from sparring import networks
from sparring.networks.fastgan import Doubling, Gate
from sparring.networks.initialisation import seeded


def built(shape=(3, 64, 64), classes=0, **options):
    return seeded(
        0,
        lambda: networks.build(
            "fastgan-generator", {"width": 4, **options}, shape=shape, classes=classes, latent_size=8
        ),
    )


def latents(count=4, size=8):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 28, 28), (3, 40, 100), (4, 8, 8), (3, 256, 256)])
@pytest.mark.parametrize("classes", [0, 3])
def test_pictures_of_any_size(shape, classes):
    net = built(shape, classes)
    condition = {"class": torch.arange(4) % 3} if classes else None
    made = net(latents(), condition, torch.randn(4, net.noise_size))
    assert made.shape == (4, *shape)
    assert made.abs().max() <= 1


def test_channels_are_those_of_the_paper():
    """At 256 x 256: 1024 at 4 x 4, then 512, 256, 128, 128, 64, 32; two convolutions at 8, 32 and 128."""
    with torch.device("meta"):
        net = built((3, 256, 256), width=64)
    assert [stage.convs[-1].out_channels // 2 for stage in net.stages] == [512, 256, 128, 128, 64, 32]
    assert [len(stage.convs) for stage in net.stages] == [2, 1, 2, 1, 2, 1]
    assert net.noise_size == 2 * (8**2 + 32**2 + 128**2)
    assert [(gate.squeeze.in_channels, gate.excite.out_channels) for gate in net.gates] == [
        (1024, 128),
        (512, 64),
        (256, 32),
    ]


def test_a_gate_scales_channels_and_nothing_else():
    gate = seeded(0, lambda: Gate(3, 5)).eval()
    low, high = torch.randn(2, 3, 8, 8), torch.randn(2, 5, 6, 7)
    scales = gate(low, high) / high
    torch.testing.assert_close(scales, scales[:, :, :1, :1].expand_as(scales))
    assert ((scales > 0) & (scales < 1)).all()
    moved = gate(low + 1, high) / high
    assert (moved - scales).abs().max() > 1e-3


def test_noise_counts_from_the_moment_its_strength_is_learned():
    net = built().eval()
    noise = torch.randn(2, 4, net.noise_size)
    with torch.no_grad():
        torch.testing.assert_close(net(latents(), None, noise[0]), net(latents(), None, noise[1]))
        for stage in net.stages:
            if stage.strengths is not None:
                stage.strengths.fill_(1.0)
        assert (net(latents(), None, noise[0]) - net(latents(), None, noise[1])).abs().max() > 1e-3


def test_the_length_of_a_latent_does_not_matter():
    net = built().eval()
    with torch.no_grad():
        torch.testing.assert_close(net(latents()), net(3 * latents()))


def test_classes_differ_and_every_parameter_learns():
    net = built(classes=3).train()
    made = net(latents(6), {"class": torch.arange(6) % 3}, torch.randn(6, net.noise_size))
    made.square().mean().backward()
    still = [name for name, parameter in net.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert not still
    same = latents(1).repeat(2, 1)
    made = net.eval()(same, {"class": torch.tensor([0, 1])})
    assert not torch.equal(made[0], made[1])


def test_a_doubling_without_noise_has_one_convolution():
    stage = Doubling(4, 6, (5, 7), 0, twice=False)
    assert (stage(torch.randn(2, 4, 3, 4), None, None).shape, stage.noise_size) == ((2, 6, 5, 7), 0)
