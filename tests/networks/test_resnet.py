"""SNGAN's pair against its tables, and each of its parts against a computation by hand."""

from functools import partial

import pytest
import torch
from torch import nn

from sparring import networks
from sparring.config.reading import load_recipe
from sparring.errors import UserError
from sparring.networks.attention import SelfAttention, attention_index
from sparring.networks.conditional import ClassNorm, VectorNorm
from sparring.networks.initialisation import initialise, seeded
from sparring.networks.layers import ProjectionHead
from sparring.networks.resnet import GrowingBlock, HalvingBlock

BIGGAN = {"condition": "shared", "hierarchical": True, "attention": 16, "spectral": True}
SIZES = [(8, 8), (13, 10), (28, 28), (37, 53), (96, 160), (256, 256)]


def new_generator(shape=(3, 32, 32), classes=0, latent_size=128, **options):
    return networks.build("resnet-generator", options, shape=shape, classes=classes, latent_size=latent_size)


def new_discriminator(shape=(3, 32, 32), classes=0, **options):
    return networks.build("resnet-discriminator", options, shape=shape, classes=classes)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def labels(*numbers):
    return {"class": torch.tensor(numbers)}


def widths(player):
    return [block.conv2.weight.shape[0] for block in player.blocks]


# -- the tables of Miyato et al. 2018 ----------------------------------------------------------------------------------


def conv(inputs, outputs, side):
    return inputs * outputs * side * side + outputs


def test_the_generator_of_table_4():
    start = 128 * 4 * 4 * 256 + 4 * 4 * 256
    block = 2 * 256 + conv(256, 256, 3) + 2 * 256 + conv(256, 256, 3) + conv(256, 256, 1)
    assert count(new_generator()) == start + 3 * block + 2 * 256 + conv(256, 3, 3) == 4_276_739


def test_the_discriminator_of_table_4():
    first = conv(3, 128, 3) + conv(128, 128, 3) + conv(3, 128, 1)
    second = 2 * conv(128, 128, 3) + conv(128, 128, 1)
    keeping = 2 * conv(128, 128, 3)
    assert count(new_discriminator()) == first + second + 2 * keeping + 128 + 1 == 1_053_825
    assert count(new_discriminator(classes=10)) == 1_053_825 + 10 * 128
    assert count(new_discriminator(classes=10, head="auxiliary")) == 1_053_825 + 10 * 128 + 10


def test_the_sizes_of_tables_5_and_6():
    with torch.device("meta"):
        stl, image_net = new_generator((3, 48, 48), width=128, lowest_resolution=6), new_generator((3, 128, 128))
        stl_discriminator = new_discriminator((3, 48, 48), width=64, spectral=False)
        image_net_discriminator = new_discriminator((3, 128, 128), width=128, spectral=False)
    assert stl.start[1].unflattened_size == (512, 6, 6)
    assert widths(stl) == [256, 128, 64]
    assert image_net.start[1].unflattened_size == (1024, 4, 4)
    assert widths(image_net) == [1024, 512, 256, 128, 64]
    assert [block.size for block in image_net.blocks] == [(8, 8), (16, 16), (32, 32), (64, 64), (128, 128)]
    assert widths(stl_discriminator) == [64, 128, 256, 512, 1024]
    assert widths(image_net_discriminator) == [64, 128, 256, 512, 1024, 1024]
    assert [isinstance(block.pool, nn.AvgPool2d) for block in stl_discriminator.blocks] == [True] * 4 + [False]
    assert [isinstance(block.pool, nn.AvgPool2d) for block in image_net_discriminator.blocks] == [True] * 5 + [False]
    assert widths(new_discriminator((3, 256, 256), width=8)) == [
        2,
        4,
        8,
        16,
        32,
        32,
        32,
    ]  # larger ones: no table, 16 times the first
    # of the first convolution: SNGAN's has the width of the block's input (in the first block, its output),
    # BigGAN's that of the output
    assert [block.conv1.out_channels for block in image_net_discriminator.blocks] == [64, 64, 128, 256, 512, 1024]
    assert [block.conv1.out_channels for block in new_discriminator((3, 128, 128), width=4, wide=True).blocks] == [
        2,
        4,
        8,
        16,
        32,
        32,
    ]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("options", [{}, BIGGAN], ids=["sngan", "biggan"])
def test_any_size(size, options):
    shape = (2, *size)
    player = new_generator(shape, 3, 20, width=8, **options)
    sample = player(torch.randn(2, 20), labels(0, 2))
    assert sample.shape == (2, *shape)
    discriminator = new_discriminator(shape, 3, width=8, attention=options.get("attention"))
    ends = []
    discriminator.blocks.register_forward_hook(lambda _, __, output: ends.append(output.shape[2:]))
    assert discriminator(sample, labels(0, 2)).logits.shape == (2,)
    assert min(ends[0]) <= (8 if min(size) <= 32 else 4)


# -- blocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(4, 6), (5, 7)])
def test_the_short_way_of_a_halving_block_is_convolution_then_pooling(size):
    """Pooling first saves work and changes nothing; at odd edges the mean is over what is there."""
    block = HalvingBlock(3, 5, 4, spectral=False).double()
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    long = block.conv2(block.conv1(x.relu()).relu()) + block.skip(x)
    expected = torch.stack(
        [long[:, :, i : i + 2, j : j + 2].mean(dim=(2, 3)) for i in range(0, size[0], 2) for j in range(0, size[1], 2)],
        2,
    )
    torch.testing.assert_close(block(x).flatten(2), expected)


def test_blocks_that_keep_size_and_width_add_their_input():
    block = HalvingBlock(4, 4, 4, spectral=False, halve=False)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    x = torch.randn(1, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_the_first_block_sees_dark_pixels():
    """A ReLU before the picture would hide every value below zero; the later blocks begin with one."""
    discriminator, seen = new_discriminator(width=4), []
    for block in discriminator.blocks:
        block.conv1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    dark = -torch.rand(1, 3, 32, 32)
    discriminator(dark)
    assert torch.equal(seen[0], dark)
    assert [(each >= 0).all().item() for each in seen] == [False, True, True, True]


@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_a_growing_block_repeats_pixels(size):
    block = GrowingBlock(3, 4, size, partial(ClassNorm, classes=2), spectral=False).double()
    x, condition = torch.randn(2, 3, 4, 5, dtype=torch.float64), torch.tensor([0, 1])

    def grown(x):
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)[:, :, : size[0], : size[1]]

    y = block.conv1(grown(block.norm1(x, condition).relu()))
    torch.testing.assert_close(
        block(x, condition), block.conv2(block.norm2(y, condition).relu()) + block.skip(grown(x))
    )


def test_a_fresh_generator_draws_no_grid():
    """At the frequencies of the strides there is no more power than beside them.

    Transposed convolutions have two to ten times as much.
    """
    player = seeded(0, lambda: initialise(new_generator(width=16), "xavier"))
    with torch.no_grad():
        pictures = player(torch.randn(96, 128, generator=torch.Generator().manual_seed(0))).double()
    power = torch.fft.fft2(pictures - pictures.mean(dim=(2, 3), keepdim=True)).abs().square().mean(dim=(0, 1))
    for line in (power.mean(dim=0), power.mean(dim=1)):
        for frequency in (16, 8, 4):  # periods of 2, 4 and 8 pixels
            beside = line[[frequency - 3, frequency - 2, frequency + 2, frequency + 3]].mean()
            assert line[frequency] < 1.3 * beside


# -- attention ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [16, 4])
def test_attention_is_the_sum_over_pixels(channels):
    """Zhang et al. 2019, eq. 1 to 3, pixel by pixel in float64."""
    layer = SelfAttention(channels).double()
    x = torch.randn(2, channels, 3, 4, dtype=torch.float64)
    assert torch.equal(layer(x), x)  # gamma starts at 0
    layer.gamma.data.fill_(0.7)
    w_f, w_g, w_h, w_v = (each.weight.detach()[:, :, 0, 0] for each in (layer.key, layer.query, layer.value, layer.out))
    assert len(w_f) == max(1, channels // 8)
    expected = torch.empty_like(x).flatten(2)
    for n, pixels in enumerate(x.flatten(2)):
        for j in range(12):
            s = torch.stack([(w_f @ pixels[:, i]) @ (w_g @ pixels[:, j]) for i in range(12)])
            beta = s.exp() / s.exp().sum()
            o = w_v @ sum(beta[i] * (w_h @ pixels[:, i]) for i in range(12))
            expected[n, :, j] = 0.7 * o + pixels[:, j]
    torch.testing.assert_close(layer(x).flatten(2), expected)


def test_where_attention_is():
    sizes = [(8, 8), (16, 16), (32, 32)]
    assert [attention_index(sizes, side) for side in (None, 4, 16, 20, 100)] == [None, 0, 1, 1, 2]
    assert attention_index([(16, 16), (8, 8), (8, 8)], 8) == 1
    assert attention_index([(10, 40), (20, 80)], 16) == 0  # (10, 40) has more than 256 pixels, but nothing has fewer
    discriminator = new_discriminator((3, 64, 64), width=8, attention=16)
    assert [isinstance(block.attend, SelfAttention) for block in discriminator.blocks] == [
        False,
        True,
        False,
        False,
        False,
    ]
    player = new_generator((3, 64, 64), width=8, attention=16)
    assert [isinstance(block.attend, SelfAttention) for block in player.blocks] == [False, True, False, False]


# -- conditions --------------------------------------------------------------------------------------------------------


def test_class_norm_with_equal_gains_is_batch_normalisation():
    plain, conditional = nn.BatchNorm2d(3), ClassNorm(3, 4)
    gain, shift = torch.tensor([1.5, 0.5, -2.0]), torch.tensor([0.0, 1.0, 3.0])
    plain.weight.data.copy_(gain)
    plain.bias.data.copy_(shift)
    conditional.gain.data.copy_(gain - 1)
    conditional.shift.data.copy_(shift)
    x, condition = torch.randn(6, 3, 5, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    torch.testing.assert_close(conditional(x, condition), plain(x))
    torch.testing.assert_close(conditional.eval()(x, condition), plain.eval()(x))


def test_class_norm_uses_the_row_of_each_class():
    norm = ClassNorm(2, 3).eval()
    norm.gain.data[1] = torch.tensor([1.0, 2.0])
    norm.shift.data[1] = torch.tensor([5.0, 6.0])
    out = norm(torch.full((2, 2, 1, 1), 10.0), torch.tensor([0, 1]))[:, :, 0, 0]
    torch.testing.assert_close(
        out, torch.tensor([[10.0, 10.0], [10 * 2 + 5.0, 10 * 3 + 6.0]]), rtol=1e-4, atol=0
    )  # eps


def test_vector_norm_is_linear_in_what_is_given():
    norm = VectorNorm(2, 3).eval()
    norm.gain.weight.data.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]))
    norm.shift.weight.data.copy_(torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    out = norm(torch.full((1, 2, 1, 1), 10.0), torch.tensor([[0.5, -1.0, 2.0]]))[0, :, 0, 0]
    torch.testing.assert_close(out, torch.tensor([10 * 1.5 + 2, 10 * 2.0]), rtol=1e-4, atol=0)


@pytest.mark.parametrize("condition", ["batchnorm", "shared", "join"])
def test_the_class_enters(condition):
    player = seeded(0, lambda: initialise(new_generator((1, 16, 16), 3, 8, width=8, condition=condition), "xavier"))
    for norm in [each for each in player.modules() if isinstance(each, ClassNorm)]:
        nn.init.normal_(norm.gain, 0, 0.1)  # all classes begin alike
    latent = torch.randn(1, 8).expand(2, 8)
    same, other = player.eval()(latent, labels(1, 1)), player(latent, labels(1, 2))
    torch.testing.assert_close(same[0], same[1])
    assert (other[0] - other[1]).abs().max() > 1e-3
    assert new_generator((1, 16, 16), 0, 8, width=8, condition=condition)(latent).shape == (2, 1, 16, 16)


def test_each_block_sees_its_own_part_of_the_latent():
    """128 values, four parts: with a new last part the first two of three blocks put out what they did."""
    player = new_generator(width=8, condition="shared", hierarchical=True).eval()
    assert player.latent_parts == [32, 32, 32, 32]
    assert [block.norm1.gain.in_features for block in player.blocks] == [32, 32, 32]
    seen = []
    for block in player.blocks:
        block.register_forward_hook(lambda _, __, output: seen.append(output))
    latent = torch.randn(2, 128)
    player(latent)
    player(torch.cat([latent[:, :96], torch.randn(2, 32)], dim=1))
    assert [torch.equal(before, after) for before, after in zip(seen[:3], seen[3:], strict=True)] == [True, True, False]


def test_latents_that_cannot_be_cut_are_one_sentence():
    with pytest.raises(UserError, match="at least 4 values"):
        new_generator(latent_size=3, width=4, condition="shared", hierarchical=True)
    with pytest.raises(UserError, match="'shared' or 'join'"):
        new_generator(width=4, hierarchical=True)
    assert new_generator(latent_size=10, width=4, condition="join", hierarchical=True).latent_parts == [3, 3, 2, 2]


def test_the_projection_head_by_hand():
    """Miyato & Koyama 2018, eq. 3: psi(phi) + y^T V phi."""
    head = ProjectionHead(2, 2)
    head.linear.weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    head.linear.bias.data.fill_(0.5)
    head.embedding.weight.data.copy_(torch.tensor([[0.0, 0.0], [2.0, 2.0]]))
    features = torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    assert head(features, labels(0, 1)).tolist() == [3 - 2 + 0.5, 3 - 2 + 0.5 + 6]


def test_the_discriminator_sums_over_pixels_and_projects():
    discriminator = new_discriminator((1, 16, 16), 3, width=8)
    x = torch.randn(2, 1, 16, 16)
    for _ in range(100):  # each forward pass is one power iteration; the exact norm is what they converge to
        discriminator(x, labels(2, 0))
    discriminator.eval()
    phi = discriminator.blocks(x).relu().sum(dim=(2, 3))
    v = discriminator.head.embedding.parametrizations.weight.original
    projected = (v / torch.linalg.matrix_norm(v, 2))[[2, 0]]
    weight = discriminator.head.linear.parametrizations.weight.original
    expected = phi @ (weight / weight.norm())[0] + discriminator.head.linear.bias + (projected * phi).sum(dim=1)
    torch.testing.assert_close(discriminator(x, labels(2, 0)).logits, expected, rtol=1e-3, atol=1e-4)


def test_heads():
    x = torch.randn(2, 1, 16, 16)
    auxiliary = new_discriminator((1, 16, 16), 3, width=8, head="auxiliary").eval()
    output = auxiliary(x, labels(0, 1))
    assert output.class_logits.shape == (2, 3)
    assert torch.equal(output.logits, auxiliary(x, labels(2, 2)).logits)  # it classifies without seeing the label
    blind = new_discriminator((1, 16, 16), 3, width=8, head="none").eval()
    assert torch.equal(blind(x, labels(0, 1)).logits, blind(x, labels(2, 2)).logits)
    assert blind(x).class_logits is None
    assert new_discriminator((1, 16, 16), 0, width=8, head="auxiliary")(x).class_logits is None


# -- training ----------------------------------------------------------------------------------------------------------


def test_second_derivatives():
    """A gradient penalty goes through attention, spectral normalisation and pooling at odd edges."""
    discriminator = seeded(
        1, lambda: initialise(new_discriminator((1, 9, 8), 2, width=8, attention=8).double(), "xavier")
    ).eval()
    for block in discriminator.blocks:
        if isinstance(block.attend, SelfAttention):
            nn.init.constant_(block.attend.gamma, 0.5)
    x = torch.randn(1, 1, 9, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: discriminator(x, labels(1)).logits, x)


def test_two_outputs_and_a_penalty_in_one_loss():
    """Each forward pass moves the singular vectors; the passes before it must still be differentiable."""
    discriminator = new_discriminator((1, 16, 16), width=8)
    real, fake = (torch.randn(2, 1, 16, 16, requires_grad=True) for _ in range(2))
    on_real, on_fake = discriminator(real).logits, discriminator(fake).logits
    (gradient,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
    (on_fake.mean() - on_real.mean() + gradient.square().sum()).backward()
    assert all(
        parameter.grad.isfinite().all() for parameter in discriminator.parameters() if parameter.grad is not None
    )
    assert discriminator.blocks[0].conv1.parametrizations.weight.original.grad.abs().sum() > 0


@pytest.mark.parametrize("how", ["channels_last", "bfloat16"])
def test_other_layouts_and_precisions_say_the_same(how):
    pair = (
        new_generator((3, 16, 16), 4, 24, width=16, **BIGGAN),
        new_discriminator((3, 16, 16), 4, width=16, attention=8),
    )
    player, discriminator = (seeded(0, lambda each=each: initialise(each, "xavier")).eval() for each in pair)
    latent = torch.randn(4, 24)
    sample = player(latent, labels(0, 1, 2, 3)).detach()
    expected = discriminator(sample, labels(0, 1, 2, 3)).logits
    if how == "channels_last":
        player, discriminator = (each.to(memory_format=torch.channels_last) for each in (player, discriminator))
    with torch.autocast("cpu", torch.bfloat16, enabled=how == "bfloat16"):
        again = player(latent, labels(0, 1, 2, 3))
        logits = discriminator(sample, labels(0, 1, 2, 3)).logits
    tolerance = 1e-4 if how == "channels_last" else 0.1
    torch.testing.assert_close(again.float(), sample, atol=tolerance, rtol=0)
    torch.testing.assert_close(logits.float(), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("recipe", ["sngan", "acgan", "projection", "biggan-small"])
def test_recipes_build_at_their_own_width(recipe):
    settings = load_recipe(recipe)
    sizes = {"shape": (3, 32, 32), "classes": 10}
    for name, player in settings.players.items():
        latent = {"latent_size": settings.latent.size} if name == "generator" else {}
        network = networks.build(player.network, player.options, **sizes, **latent)
        assert set(widths(network)) == {player.options["width"]}
    assert (network.classifier is not None) == (settings.algorithm.class_loss > 0)
