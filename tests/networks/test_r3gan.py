"""R3GAN against the paper's table 9, its initialisation, and what its filters and derivatives must do."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, interpolate

from sparring import networks
from sparring.networks import r3gan
from sparring.networks.initialisation import seeded
from sparring.networks.r3gan import ResidualBlock

SMALL = {"width": 8, "full_stages": 2, "blocks": 1, "group_size": 4}


def players(shape, classes=0, latent_size=64, **options):
    def build():
        return (
            networks.build("r3gan-generator", options, shape=shape, classes=classes, latent_size=latent_size),
            networks.build("r3gan-discriminator", options, shape=shape, classes=classes),
        )

    return seeded(0, build)


def awake(network):
    """The network with blocks that do something: a fresh one's are the identity."""
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
    return network


def draw(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=dtype)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("side", "classes", "options", "published"),
    [
        pytest.param(32, 0, {}, (20.73, 20.68), id="Stacked MNIST"),
        pytest.param(32, 10, {}, (20.78, 21.28), id="CIFAR-10"),
        pytest.param(256, 0, {}, (23.06, 23.01), id="FFHQ 256"),
        pytest.param(64, 0, {}, (22.43, 22.38), id="FFHQ 64"),
        pytest.param(32, 1000, {"width": 1536, "group_size": 32}, (82.91, 86.55), id="ImageNet 32"),
        pytest.param(64, 1000, {"width": 1536, "group_size": 32, "full_stages": 5}, (103.57, 107.21), id="ImageNet 64"),
    ],
)
def test_parameters_are_the_published_ones(side, classes, options, published):
    """Table 9, in millions, all twelve."""
    with torch.device("meta"):
        found = players((3, side, side), classes, **options)
    assert tuple(round(count(network) / 1e6, 2) for network in found) == published


def test_parameters_by_hand():
    generator, discriminator = players((2, 28, 28), 5, latent_size=10, width=12, full_stages=2, blocks=1, group_size=8)
    # stages 4, 7, 14, 28 pixels a side with 12, 12, 6, 3 channels;
    # grouped convolutions 24, 24, 16 (12 rounded up), 8 (6 rounded up)
    blocks = sum(
        2 * width * inner + inner * 8 * 9 + 2 * inner for width, inner in [(12, 24), (12, 24), (6, 16), (3, 8)]
    )
    between = 12 * 6 + 6 * 3
    assert count(generator) == 5 * 64 + (10 + 64) * 12 + 12 * 4 * 4 + blocks + between + 3 * 2
    assert count(discriminator) == 2 * 3 + blocks + between + 12 * 4 * 4 + 12 * 12 + 5 * 12


def test_the_widths_of_ffhq():
    stages = r3gan.stage_sizes((3, 256, 256), 768, 4)
    assert stages == [
        (768, (4, 4)),
        (768, (8, 8)),
        (768, (16, 16)),
        (768, (32, 32)),
        (384, (64, 64)),
        (192, (128, 128)),
        (96, (256, 256)),
    ]


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((28, 28), [(4, 4), (7, 7), (14, 14), (28, 28)]),
        ((37, 53), [(3, 4), (5, 7), (10, 14), (19, 27), (37, 53)]),
        ((96, 160), [(3, 5), (6, 10), (12, 20), (24, 40), (48, 80), (96, 160)]),
        ((8, 8), [(4, 4), (8, 8)]),
        ((13, 10), [(4, 3), (7, 5), (13, 10)]),
    ],
)
def test_stages_hit_every_size(size, sizes):
    shape = (2, *size)
    assert [each for _, each in r3gan.stage_sizes(shape, 8, 2)] == sizes
    generator, discriminator = players(shape, 3, **SMALL)
    seen = {"generator": [], "discriminator": []}
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        for block in network.modules():
            if isinstance(block, ResidualBlock):
                block.register_forward_hook(
                    lambda _, inputs, __, name=name: seen[name].append(tuple(inputs[0].shape[2:]))
                )
    condition = {"class": torch.tensor([0, 2])}
    sample = generator(draw(2, 64), condition)
    assert sample.shape == (2, *shape)
    assert discriminator(sample, condition).logits.shape == (2,)
    assert seen == {"generator": sizes, "discriminator": sizes[::-1]}


def test_fresh_blocks_are_the_identity():
    for network in players((3, 32, 32), width=32):
        blocks = [each for each in network.modules() if isinstance(each, ResidualBlock)]
        assert len(blocks) == 8
        for block in blocks:
            x = draw(2, block.widen.in_channels, 6, 6)
            torch.testing.assert_close(block(x), x, rtol=0, atol=0)
            awake(block)
            assert not torch.allclose(block(x), x)


def test_fixup_scales():
    """Fixup: the two inner convolutions at He's deviation for slope 0.2 times L^-0.25.

    Here L = 8, and the fan-ins are 96 and 16 * 9.
    """
    for network in players((3, 32, 32), width=96):
        block = next(each for each in network.modules() if isinstance(each, ResidualBlock))
        for layer, fan_in in ((block.widen, 96), (block.mix, 144)):
            expected = (2 / 1.04 / fan_in) ** 0.5 / 8**0.25
            assert layer.weight.std().item() == pytest.approx(expected, rel=0.03)
            assert not layer.bias.any()
        assert block.mix.groups == 12


@pytest.mark.parametrize("size", [(4, 4), (32, 32), (37, 53)])
def test_a_fresh_generator_has_the_contrast_of_pictures(size):
    generator, discriminator = players((3, *size), width=48)
    sample = generator(draw(64, 64)).detach()
    deviation = sample.std().item()
    if size == (4, 4):  # nothing is interpolated: variance 1 by construction
        assert deviation == pytest.approx(1, abs=0.15)
    assert 0.3 < deviation < 1.1
    assert sample.std(dim=0).mean().item() > 0.2  # of one pixel, among samples
    assert 0.1 < discriminator(sample).logits.std().item() < 3


def test_an_example_does_not_depend_on_its_batch():
    generator, discriminator = (awake(each) for each in players((2, 13, 10), 3, **SMALL))
    latent, label = draw(8, 64), torch.arange(8) % 3
    sample = generator(latent, {"class": label})
    logits = discriminator(sample, {"class": label}).logits
    for row in range(8):
        one = {"class": label[row : row + 1]}
        torch.testing.assert_close(generator(latent[row : row + 1], one)[0], sample[row])
        torch.testing.assert_close(discriminator(sample[row : row + 1], one).logits[0], logits[row])


def test_a_conditional_logit_is_the_product_with_the_embedding():
    _, discriminator = players((1, 8, 8), 3, **SMALL)
    sample, labels = draw(3, 1, 8, 8), torch.tensor([0, 1, 2])
    once = discriminator(sample, {"class": labels}).logits
    discriminator.embedding.weight.data[1] *= 2
    discriminator.embedding.weight.data[2] = 0
    torch.testing.assert_close(discriminator(sample, {"class": labels}).logits, once * torch.tensor([1.0, 2.0, 0.0]))


def test_transitions_are_bilinear():
    """torch's bilinear interpolation, and appendix E's words: pixels doubled, then [1, 2, 1].

    Beyond the picture there are zeros.
    """
    x = draw(1, 1, 8, 9, dtype=torch.float64)
    found = r3gan.Grow(1, 1, (16, 18))(x)
    torch.testing.assert_close(
        found[:, :, 1:-1, 1:-1], interpolate(x, scale_factor=2, mode="bilinear")[:, :, 1:-1, 1:-1]
    )
    line = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64) / 4
    torch.testing.assert_close(
        found, conv2d(interpolate(x, scale_factor=2), torch.outer(line, line)[None, None], padding=1)
    )
    x = draw(1, 1, 16, 18, dtype=torch.float64)
    expected = interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True)
    torch.testing.assert_close(r3gan.Shrink(1, 1)(x)[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1])


def spectrum(generator):
    """Mean power of fresh pictures of 64 x 64 along rows, without the borders, by frequency.

    Frequencies are 1 to 24 of 48, where 24 is the finest.
    """
    with torch.no_grad():
        inside = generator(draw(32, 64))[:, 0, 8:56, 8:56]
    window = torch.hann_window(48)  # without it the jump between the ends would hide what is weak
    return torch.fft.rfft(inside * window).abs().square().mean(dim=(0, 1))[1:]


def test_no_stride_shows_in_the_spectrum(monkeypatch):
    power = spectrum(players((1, 64, 64), width=16)[0])
    assert power[12:].sum() < 0.01 * power.sum()
    for stride in (2, 4, 8):  # repeats every 2, 4, 8 pixels, that is at 24, 12 and 6 of 48
        peak = 48 // stride - 1
        assert power[peak] < 1.5 * power[peak - 2 : peak].mean()
    monkeypatch.setattr(r3gan, "BILINEAR", (0, 1, 0))  # zeros between pixels and no filter: what the measure must find
    power = spectrum(players((1, 64, 64), width=16)[0])
    assert power[12:].sum() > 0.3 * power.sum()


def test_double_backward():
    _, discriminator = players((1, 8, 8), 2, **SMALL)
    discriminator = awake(discriminator.double())
    sample = draw(2, 1, 8, 8, dtype=torch.float64).requires_grad_()
    condition = {"class": torch.tensor([0, 1])}
    assert torch.autograd.gradgradcheck(lambda x: discriminator(x, condition).logits, sample)
    (slope,) = torch.autograd.grad(discriminator(sample, condition).logits.sum(), sample, create_graph=True)
    slope.square().sum().backward()
    assert all(parameter.grad.any() for parameter in discriminator.parameters() if parameter.ndim > 1)


def test_memory_format_and_bfloat16():
    generator, discriminator = (awake(each) for each in players((3, 16, 16), **SMALL))
    latent = draw(4, 64)
    sample = generator(latent)
    logits = discriminator(sample).logits
    with torch.autocast("cpu", torch.bfloat16):
        rough = discriminator(generator(latent)).logits
    assert torch.corrcoef(torch.stack([rough.float(), logits]))[0, 1] > 0.99
    generator, discriminator = (each.to(memory_format=torch.channels_last) for each in (generator, discriminator))
    torch.testing.assert_close(generator(latent), sample, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(discriminator(sample).logits, logits, rtol=1e-4, atol=1e-5)


def test_no_normalisation_and_no_spare_biases():
    for network in players((3, 32, 32), 10, **SMALL):
        assert not list(network.buffers())
        biased = [
            name
            for name, layer in network.named_modules()
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None
        ]
        assert all(name.endswith(("widen", "mix")) for name in biased)
