"""The players of StyleGAN2 against known parameter counts, and what a trainer needs of them.

Their layers are in test_stylegan2_layers.py.
"""

from itertools import pairwise

import pytest
import torch
from torch import nn

from smoke import scramble
from sparring import networks
from sparring.networks import stylegan2
from sparring.networks.resample import upsample


def new_generator(shape=(1, 8, 8), classes=0, latent_size=6, **options):
    options = {"width": 3, "style_width": 5, "mapping_layers": 2, **options}
    return networks.build("stylegan2-generator", options, shape=shape, classes=classes, latent_size=latent_size)


def new_discriminator(shape=(1, 8, 8), classes=0, **options):
    return networks.build(
        "stylegan2-discriminator", {"width": 3, "mapping_layers": 2, **options}, shape=shape, classes=classes
    )


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


# of 256 x 256, configuration F: channel base 32768
FULL = {"width": 128, "max_channels": 512, "style_width": 512, "mapping_layers": 8}


def by_hand(widths):
    """Parameters of generator and discriminator with 512 latents and styles.

    widths: channels from the smallest size to the full one.
    """

    def styled(inputs, outputs):  # weights, biases, one strength, and the affine layer that makes the scales
        return 9 * inputs * outputs + outputs + 1 + 512 * inputs + inputs

    def drawn(inputs):
        return 3 * inputs + 3 + 512 * inputs + inputs

    made = 8 * (512 * 512 + 512) + 16 * widths[0] + styled(widths[0], widths[0]) + sum(map(drawn, widths))
    made += sum(styled(small, large) + styled(large, large) for small, large in pairwise(widths))
    discriminator = (3 * widths[-1] + widths[-1]) + (9 * 513 * 512 + 512) + (16 * 512 * 512 + 512) + (512 + 1)
    discriminator += sum((9 * c * c + c) + (9 * c * out + out) + c * out for out, c in pairwise(widths))
    return made, discriminator


@pytest.mark.parametrize(
    ("width", "widths", "total"),
    [
        (
            128,
            (512, 512, 512, 512, 512, 256, 128),
            (30_034_338, 28_864_129),
        ),  # configuration F, quoted as 30.0M and 28.9M
        (
            64,
            (512, 512, 512, 512, 256, 128, 64),
            (24_767_458, 24_001_089),
        ),  # half its channels, ADA at 256 x 256: 24.8M and 24.0M
    ],
)
def test_parameter_counts_at_256(width, widths, total):
    with torch.device("meta"):
        made = new_generator((3, 256, 256), latent_size=512, **{**FULL, "width": width})
        discriminator = new_discriminator((3, 256, 256), width=width)
    assert (count(made), count(discriminator)) == by_hand(widths) == total


def test_published_layers_at_1024():
    """Single lines and totals that public logs of the authors' program print for 1024 x 1024 (channels 512 ... 32)."""
    with torch.device("meta"):
        made = new_generator((3, 1024, 1024), latent_size=512, **{**FULL, "width": 32, "mapping_layers": 2})
        discriminator = new_discriminator((3, 1024, 1024), width=32)
    assert (count(made), count(discriminator)) == (28_794_124, 29_012_513)
    assert made.num_layers == 18
    assert [count(layer) for layer in made.convs[-8:]] == [
        1_442_561,
        721_409,
        426_369,
        213_249,
        139_457,
        69_761,
        51_297,
        25_665,
    ]
    assert [count(layer) for layer in made.pictures[-2:]] == [33_027, 16_515]
    assert [count(layer) for layer in discriminator.stages[0].children()] == [9_248, 18_496, 2_048]
    assert (count(discriminator.last), count(discriminator.dense), count(discriminator.head)) == (
        2_364_416,
        4_194_816,
        513,
    )


def test_rounded_counts_of_the_paper():
    """The rounded counts of arXiv:1912.04958, footnote 4.

    25M and 24M at 1024 x 1024 in configuration E, 30M and 29M in F, 22 % and 21 % more.
    """
    counts = {}
    with torch.device("meta"):
        for width in (16, 32):
            made = new_generator((3, 1024, 1024), latent_size=512, **{**FULL, "width": width})
            counts[width] = count(made), count(new_discriminator((3, 1024, 1024), width=width))
    assert counts == {16: (24_900_764, 24_038_161), 32: (30_370_060, 29_012_513)}
    assert [round(100 * (large / small - 1)) for small, large in zip(counts[16], counts[32], strict=True)] == [22, 21]


def test_the_class_projects_the_last_features():
    """The inner product with the mapped class over the root of their number; at 8 x 8 that is 6."""
    discriminator = new_discriminator(classes=3).double()
    sample, condition, features = torch.randn(2, 1, 8, 8).double(), {"class": torch.tensor([0, 2])}, []
    discriminator.head.register_forward_hook(lambda module, inputs, result: features.append(result))
    logits = discriminator(sample, condition).logits
    torch.testing.assert_close(
        logits, torch.einsum("nf,nf->n", features[0], discriminator.mapping(None, condition)) / 6**0.5
    )


def test_without_mapping_layers_the_features_meet_the_normalised_embedding():
    """As arXiv:2006.06676, appendix D, has it: the embedding of length 1 times the features."""
    discriminator = new_discriminator(classes=3, mapping_layers=0).double()
    sample, classes, features = torch.randn(2, 1, 8, 8).double(), torch.tensor([0, 2]), []
    discriminator.head.register_forward_hook(lambda module, inputs, result: features.append(result))
    logits = discriminator(sample, {"class": classes}).logits
    embedded = nn.functional.normalize(discriminator.mapping.embedding.weight.T[classes], dim=1)
    torch.testing.assert_close(logits, (features[0] * embedded).sum(dim=1), rtol=1e-6, atol=1e-7)
    with pytest.raises(Exception, match="mapping_layers"):
        new_generator(mapping_layers=0)


def test_special_starts():
    """Scales of a fresh style are about 1, nothing is shifted, there is no noise.

    arXiv:1812.04948, appendix C; 1912.04958, appendix B.
    """
    made, discriminator = new_generator((1, 13, 10)), new_discriminator((1, 13, 10))
    for layer in [*made.convs, *made.pictures]:
        assert (layer.affine.bias == 1).all()
        assert (layer.bias == 0).all()
    assert all(layer.strength == 0 for layer in made.convs)
    shifts = [
        value
        for player in (made.mapping, discriminator)
        for name, value in player.named_parameters()
        if name.endswith("bias")
    ]
    assert len(shifts) == 2 + 1 + 2 * 2 + 3
    assert all((shift == 0).all() for shift in shifts)


def test_without_residual_there_are_no_skips():
    residual, plain = new_discriminator(residual=True), new_discriminator(residual=False)
    assert count(residual) - count(plain) == 3 * 6


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", [(1, 8, 8), (4, 13, 10), (1, 28, 28), (3, 37, 53), (2, 96, 160), (3, 1, 1)], ids=str)
def test_any_size(shape, classes):
    made, discriminator = new_generator(shape, classes), new_discriminator(shape, classes)
    condition = {"class": torch.tensor([0, 2, 1])} if classes else None
    styles = made.map(torch.randn(3, 6), condition)
    assert styles.shape == (3, made.num_layers, 5)
    sample = made.synthesise(styles, torch.randn(3, made.noise_size))
    assert sample.shape == (3, *shape)
    output = discriminator(sample, condition)
    assert output.logits.shape == (3,)
    assert output.class_logits is None
    output.logits.sum().backward()
    assert all(parameter.grad is not None for player in (made, discriminator) for parameter in player.parameters())


def test_stages_of_28():
    made = new_generator((1, 28, 28), width=16)
    assert made.sizes == [(4, 4), (7, 7), (7, 7), (14, 14), (14, 14), (28, 28), (28, 28)]
    assert made.noise_size == 16 + 2 * (49 + 196 + 784)
    assert [layer.weight.shape[:2] for layer in made.convs] == [
        (128, 128),
        (64, 128),
        (64, 64),
        (32, 64),
        (32, 32),
        (16, 32),
        (16, 16),
    ]
    capped = new_generator((1, 28, 28), width=16, max_channels=40)
    assert [layer.weight.shape[0] for layer in capped.convs] == [40, 40, 40, 32, 32, 16, 16]


def test_styles_and_noise_reach_their_layers():
    """Figure 7b by hand at two sizes.

    A drawing shares its style with the convolution after it, the last one has its own.
    """
    made = scramble(new_generator((2, 8, 7)))
    styles, noise = torch.randn(3, 4, 5), torch.randn(3, 4 * 4 + 2 * 8 * 7)
    small, first, second = (
        noise[:, :16].view(3, 1, 4, 4),
        noise[:, 16:72].view(3, 1, 8, 7),
        noise[:, 72:].view(3, 1, 8, 7),
    )
    x = made.convs[0](made.start.expand(3, -1, -1, -1), styles[:, 0], small)
    drawn = made.pictures[0](x, styles[:, 1])
    x = made.convs[2](made.convs[1](x, styles[:, 1], first), styles[:, 2], second)
    expected = upsample(drawn, (8, 7)) + made.pictures[1](x, styles[:, 3])
    torch.testing.assert_close(made.synthesise(styles, noise), expected)
    with pytest.raises(RuntimeError, match="split"):
        made.synthesise(styles, noise[:, 1:])


def test_mean_style_is_a_running_average():
    made = new_generator()
    latents = [torch.randn(4, 6) for _ in range(2)]
    expected = torch.zeros(5)
    for latent in latents:
        style = made.map(latent)[:, 0].detach()
        expected = 0.998 * expected + 0.002 * style.mean(dim=0)
    torch.testing.assert_close(made.mean_style, expected)
    assert not made.mean_style.requires_grad
    before = made.mean_style.clone()
    made.eval().map(latents[0])
    assert torch.equal(made.mean_style, before)
    assert "mean_style" in made.state_dict()


def test_truncation():
    made = new_generator((1, 16, 16)).eval()
    made.mean_style.normal_()
    styles = made.map(torch.randn(4, 6))
    torch.testing.assert_close(made.truncate(styles, 0), made.mean_style.expand(4, made.num_layers, 5), rtol=0, atol=0)
    torch.testing.assert_close(made.truncate(styles, 1), styles, rtol=0, atol=0)
    torch.testing.assert_close(made.truncate(styles, 0.5), (styles + made.mean_style) / 2)
    first = made.truncate(styles, 0, cutoff=2)
    torch.testing.assert_close(first[:, 2:], styles[:, 2:], rtol=0, atol=0)
    torch.testing.assert_close(first[:, :2], made.mean_style.expand(4, 2, 5), rtol=0, atol=0)


@pytest.mark.parametrize(("residual", "classes"), [(True, 3), (False, 0)])
def test_discriminator_under_double_backward(residual, classes):
    discriminator = scramble(new_discriminator((1, 5, 6), classes, residual=residual, width=2).double())
    condition = {"class": torch.tensor([0, 2])} if classes else None
    sample = torch.randn(2, 1, 5, 6).double().requires_grad_()

    def logits(sample):
        return discriminator(
            sample, condition
        ).logits.sin()  # bent, since leaky ReLU's second derivative is zero nearly everywhere

    assert torch.autograd.gradcheck(logits, sample)
    assert torch.autograd.gradgradcheck(logits, sample)


def r1(discriminator, real):
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(real).logits.sum(), real, create_graph=True)
    return gradient.square().sum()


def path_length(made, styles, direction):
    styles = styles.detach().requires_grad_()
    (gradient,) = torch.autograd.grad((made.synthesise(styles) * direction).sum(), styles, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt().sum()


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_penalties_gradients_reach_the_weights(player):
    """What R1 and the path length say to every weight, against central differences."""
    if player == "discriminator":
        network, real = scramble(new_discriminator((1, 8, 8), width=2).double()), torch.randn(2, 1, 8, 8).double()
        parameters = dict(network.named_parameters())
        penalty = lambda: r1(network, real)  # noqa: E731
    else:
        network = scramble(new_generator((1, 8, 8), width=2).double())
        styles, direction = network.map(torch.randn(2, 6).double()).detach(), torch.randn(2, 1, 8, 8).double()
        parameters = {name: value for name, value in network.named_parameters() if not name.startswith("mapping")}
        penalty = lambda: path_length(network, styles, direction)  # noqa: E731
    found = torch.autograd.grad(penalty(), list(parameters.values()), allow_unused=True)
    step = 1e-6
    for (name, parameter), gradient in zip(parameters.items(), found, strict=True):
        flat, at = parameter.data.view(-1), parameter.numel() // 2
        flat[at] += step
        above = penalty().item()
        flat[at] -= 2 * step
        below = penalty().item()
        flat[at] += step
        expected = (above - below) / (2 * step)
        assert (0.0 if gradient is None else gradient.flatten()[at].item()) == pytest.approx(
            expected, rel=1e-4, abs=1e-6
        ), name


def test_generator_under_double_backward():
    made = scramble(new_generator((1, 5, 6), width=2, style_width=3).double())
    styles = torch.randn(1, made.num_layers, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(made.synthesise, styles)
    assert torch.autograd.gradgradcheck(made.synthesise, styles)


def test_samples_do_not_see_each_other():
    made = scramble(new_generator((3, 13, 10), 3)).eval()
    latent, noise, classes = torch.randn(5, 6), torch.randn(5, made.noise_size), torch.tensor([0, 1, 2, 1, 0])
    together = made(latent, {"class": classes}, noise)
    for index in range(5):
        alone = slice(index, index + 1)
        torch.testing.assert_close(
            made(latent[alone], {"class": classes[alone]}, noise[alone]), together[alone], rtol=1e-4, atol=1e-5
        )


def test_noise_counts_once_its_strength_is_not_zero():
    made = new_generator((1, 16, 16)).eval()
    latent, noises = torch.randn(1, 6), torch.randn(2, 1, made.noise_size)
    fresh = made(latent)
    assert torch.equal(made(latent, None, noises[0]), fresh)
    for layer in made.convs:
        layer.strength.data.fill_(0.3)
        assert not torch.equal(made(latent, None, noises[0]), made(latent, None, noises[1]))
        assert torch.equal(made(latent), fresh)
        layer.strength.data.zero_()


def outputs(player):
    """A fresh network with random inputs, and a function from the network to its output."""
    if player == "generator":
        latent = torch.randn(4, 6)
        return new_generator((3, 28, 28), width=8).eval(), lambda network: network(latent)
    sample = torch.randn(4, 3, 28, 28)
    return new_discriminator((3, 28, 28), width=8), lambda network: network(sample).logits


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_layouts_and_bfloat16(player):
    """In bfloat16 errors are small beside outputs, over many networks: some have outputs near zero."""
    errors, sizes = [], []
    with torch.no_grad():
        for _ in range(16):
            network, run = outputs(player)
            expected = run(network)
            with torch.autocast("cpu", torch.bfloat16):
                errors.append((run(network).float() - expected).norm())
            sizes.append(expected.norm())
            torch.testing.assert_close(
                run(network.to(memory_format=torch.channels_last)), expected, rtol=1e-4, atol=1e-4
            )
    assert torch.stack(errors).norm() < 0.03 * torch.stack(sizes).norm()


def profile():
    """Log power over vertical frequency of fresh generators' pictures, 32 x 32, windowed.

    Averaged over networks and latents.
    """
    power, window = torch.zeros(32, 32, dtype=torch.float64), torch.hann_window(32, dtype=torch.float64)
    for seed in range(24):
        torch.manual_seed(seed)
        made = new_generator((1, 32, 32), width=4).eval()
        with torch.no_grad():
            pictures = made(torch.randn(8, 6))[:, 0].double()
        centred = (pictures - pictures.mean(dim=(1, 2), keepdim=True)) * torch.outer(window, window)
        power += torch.fft.fft2(centred).abs().square().mean(dim=0)
    return power.sum(dim=1)[:17].log()


def test_a_fresh_generator_shows_no_grid(monkeypatch):
    """At the strides' frequencies, 1/2 and 1/4, there is no more power than beside them.

    Without the filter there is far more.
    """
    filtered = profile()
    assert filtered[16] < filtered[13:16].max()
    assert filtered[8] < filtered[6]
    monkeypatch.setattr(stylegan2, "blur", lambda x, padding, gain: x[:, :, :-1, :-1] * gain**0.5)
    bare = profile()
    assert bare[16] > bare[13:15].max() + 1
    assert bare[8] > bare[6] + 0.3


def test_modules_are_what_initialise_leaves_alone():
    """Weights are N(0, 1) by construction; a recipe's `initialisation` must not touch them."""
    for player in (new_generator(), new_discriminator()):
        assert not any(isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding) for layer in player.modules())
