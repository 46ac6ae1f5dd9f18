"""The players that the tutorials print, layer by layer, and any size beside."""

import pytest
import torch
from torch import nn

from sparring import networks
from sparring.config.reading import list_recipes, load_recipe
from sparring.errors import UserError
from sparring.networks.initialisation import initialise, seeded
from sparring.networks.layers import GrowingConv, HalvingConv

SHAPES = [(1, 28, 28), (3, 32, 48), (4, 20, 20), (1, 37, 53), (2, 8, 8), (3, 1, 1)]


def build(recipe, shape, classes=0):
    """The recipe's generator, and its discriminator or encoder."""
    players = load_recipe(recipe).players
    other = players.get("discriminator") or players["encoder"]
    dimensions = {"shape": shape, "classes": classes, "latent_size": 100}
    options = [
        {option: 16 if value is None else value for option, value in each.options.items()}
        for each in (players["generator"], other)
    ]
    return tuple(
        networks.build(each.network, own, **dimensions)
        for each, own in zip((players["generator"], other), options, strict=True)
    )


def tensors(output):
    """The output of a discriminator or an encoder, as tensors with a row for each sample."""
    found = (output.logits, output.class_logits) if isinstance(output, networks.DiscriminatorOutput) else output
    return [each for each in found if each is not None]


UNPAIRED = [
    name
    for name in list_recipes()
    if load_recipe(name).algorithm.name in ("gan", "vae")
    and not {"table", "series"} & set(load_recipe(name).modalities)
    and load_recipe(name).representation != "waveform"
]  # recipes that make pictures of latents


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("recipe", UNPAIRED)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("classes", [0, 5])
def test_any_size_with_and_without_labels(recipe, shape, classes):
    generator, other = build(recipe, shape, classes)
    condition = {"class": torch.tensor([0, 4, 2])} if classes else None
    sample = generator(torch.randn(3, 100), condition)
    assert sample.shape == (3, *shape)
    output = other(sample, condition)
    if isinstance(output, networks.DiscriminatorOutput):
        assert output.logits.shape[0] == 3
        assert output.logits.ndim == (2 if recipe == "projected" else 1)  # a logit for each of several places
    else:
        assert [each.shape for each in output] == [(3, 100)] * 2
    sum(each.sum() for each in tensors(output)).backward()
    assert all(parameter.grad is not None for parameter in [*generator.parameters(), *other.parameters()])


@pytest.mark.parametrize("recipe", UNPAIRED)
def test_labels_change_the_picture_and_the_output_of_the_other_player(recipe):
    generator, other = (each.eval() for each in build(recipe, (1, 28, 28), 5))
    for parameter in generator.parameters():  # what begins alike for all classes (gains, shifts) moves apart
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    latent = torch.randn(1, 100)
    one, two = ({"class": torch.tensor([number])} for number in (1, 2))
    assert not torch.equal(generator(latent, one), generator(latent, two))
    sample = torch.randn(1, 1, 28, 28)
    first, second = other(sample, one), other(sample, two)
    if isinstance(first, networks.DiscriminatorOutput) and first.class_logits is not None:
        assert torch.equal(first.class_logits, second.class_logits)  # a classifier is not told the class
    told = recipe != "acgan"  # whose discriminator has no other part that sees the class
    if isinstance(first, networks.DiscriminatorOutput):
        first, second = (first.logits,), (second.logits,)
    assert all(torch.equal(*pair) != told for pair in zip(first, second, strict=True))


def test_mlp_is_the_printed_one():
    generator, discriminator = build("mlp", (1, 28, 28))
    linear = [(each.in_features, each.out_features) for each in generator.modules() if isinstance(each, nn.Linear)]
    assert linear == [(100, 256), (256, 512), (512, 1024), (1024, 784)]
    assert isinstance(generator.output, nn.Tanh)
    linear = [(each.in_features, each.out_features) for each in discriminator.modules() if isinstance(each, nn.Linear)]
    assert linear == [(784, 512), (512, 256), (256, 1)]


def test_dcgan_is_the_printed_one():
    """Parameter counts worked out by hand from the printed layers."""
    generator, discriminator = build("dcgan", (1, 28, 28))
    start, norms = 100 * 7 * 7 * 256, 2 * (7 * 7 * 256 + 128 + 64)
    assert count(generator) == start + norms + 256 * 128 * 25 + 128 * 64 * 25 + 64 * 1 * 25
    assert count(discriminator) == (1 * 64 * 25 + 64) + (64 * 128 * 25 + 128) + (7 * 7 * 128 + 1)
    kinds = [type(each).__name__ for each in generator.layers]
    assert kinds == [
        "Linear",
        "BatchNorm1d",
        "LeakyReLU",
        "Unflatten",
        "GrowingConv",
        "BatchNorm2d",
        "LeakyReLU",
        "GrowingConv",
        "BatchNorm2d",
        "LeakyReLU",
        "GrowingConv",
        "Tanh",
    ]
    assert [each.stride for each in generator.modules() if isinstance(each, GrowingConv)] == [(1, 1), (2, 2), (2, 2)]
    assert [each.p for each in discriminator.modules() if isinstance(each, nn.Dropout)] == [0.3, 0.3]


def test_dcgan_small_is_the_printed_one():
    generator, discriminator = build("dcgan-small", (1, 28, 28))
    kinds = [type(each).__name__ for each in generator.layers]
    assert kinds[:3] == ["Linear", "LeakyReLU", "BatchNorm1d"]
    assert generator.layers[0].out_features == 256
    grow = [each for each in generator.modules() if isinstance(each, GrowingConv)]
    assert [(each.out_channels, each.kernel_size, each.stride) for each in grow] == [
        (128, (4, 4), (2, 2)),
        (64, (4, 4), (2, 2)),
        (1, (4, 4), (2, 2)),
    ]
    assert generator.layers[2].momentum == pytest.approx(0.2)
    halve = [each for each in discriminator.modules() if isinstance(each, HalvingConv)]
    assert [(each.out_channels, each.kernel_size) for each in halve] == [(64, (4, 4)), (128, (4, 4))]


def test_the_encoder_has_the_discriminators_convolutions():
    encoder, discriminator = (
        networks.build(f"dcgan-{name}", {"width": 8}, shape=(3, 32, 48), classes=0, latent_size=7)
        for name in ("encoder", "discriminator")
    )
    assert [each.shape for each in encoder.layers.parameters()] == [
        each.shape for each in discriminator.layers.parameters()
    ]
    assert encoder.head.in_features == discriminator.head.linear.in_features == 16 * 8 * 12
    assert encoder.head.out_features == 2 * 7


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("side", [1, 2, 5, 8, 13])
def test_halving_rounds_up_and_growing_cuts(kernel, side):
    assert GrowingConv(1, 1, kernel, 1, (side, side))(torch.zeros(1, 1, side, side)).shape[-2:] == (side, side)
    assert HalvingConv(1, 1, kernel)(torch.zeros(1, 1, side, side)).shape[-1] == -(-side // 2)
    assert GrowingConv(1, 1, kernel, 2, (2 * side - 1, 2 * side))(torch.zeros(1, 1, side, side)).shape[-2:] == (
        2 * side - 1,
        2 * side,
    )


@pytest.mark.parametrize(
    ("network", "options", "sentence"),
    [("dcgan-generatr", {}, "did you mean"), ("mlp-generator", {"width": [1]}, "did you mean 'widths'")],
)
def test_unknown_networks_and_options_are_one_sentence(network, options, sentence):
    with pytest.raises(UserError, match=sentence):
        networks.build(network, options, shape=(1, 8, 8), classes=0, latent_size=4)


@pytest.mark.parametrize(
    ("how", "deviation"),
    [("dcgan", 0.02), ("keras", (2 / 400) ** 0.5), ("xavier", (2 / 400) ** 0.5), ("kaiming", (2 / 200) ** 0.5)],
)
def test_initialisations_have_their_spread(how, deviation):
    layer = seeded(0, lambda: initialise(nn.Linear(200, 200), how))
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.03)
    assert (layer.bias == 0).all()


def test_orthogonal_is_orthogonal():
    weight = seeded(0, lambda: initialise(nn.Linear(20, 20), "orthogonal")).weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(20), atol=1e-5, rtol=0)


def test_seeded_building_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    first = seeded(1, lambda: nn.Linear(3, 3)).weight
    torch.testing.assert_close(torch.randn(3), expected, rtol=0, atol=0)
    torch.testing.assert_close(seeded(1, lambda: nn.Linear(3, 3)).weight, first, rtol=0, atol=0)


@pytest.mark.parametrize("how", ["kaiming", "orthogonal", "dcgan"])
def test_a_weight_that_is_computed_from_others_begins_as_asked(how):
    """Under weight and spectral normalisation too."""
    plain, weighed = nn.Linear(30, 20), nn.utils.parametrizations.weight_norm(nn.Linear(30, 20))
    first, second = (seeded(1, lambda layer=layer: initialise(layer, how)) for layer in (plain, weighed))
    torch.testing.assert_close(first.weight, second.weight)
    assert len(list(second.parameters())) == 3
