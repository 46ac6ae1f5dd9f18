"""Networks that turn pictures into others: any size, examples that know nothing of one another, tiles that equal the whole."""

import pytest
import torch

from sparring import networks
from sparring.errors import UserError
from sparring.inference.translator import tiled
from sparring.networks.initialisation import initialise
from sparring.networks.translators import InstanceNorm

TRANSLATORS = ("unet-translator", "resnet-translator", "restorer", "inpainter")


def built(name, shape=(3, 12, 16), given=(4, 12, 16), **options):
    torch.manual_seed(0)
    return networks.build(name, {"width": 4, **options}, shape=shape, given=given, classes=0, latent_size=1)


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (12, 16), (37, 53)])
def test_any_size_goes_in_and_comes_out(name, size):
    assert built(name)(torch.randn(2, 4, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_batch_of_one_equals_a_batch_of_eight(name):
    network, pictures = built(name).double(), torch.randn(8, 4, 12, 16, dtype=torch.float64)
    together = network(pictures)
    for row in range(8):
        torch.testing.assert_close(network(pictures[row : row + 1])[0], together[row], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 6])
def test_tiles_equal_the_whole(scale):
    """A restorer sees no farther than its reach says, so nothing shows where tiles meet."""
    network = built("restorer", (3, 12 * scale, 12 * scale), (3, 12, 12), growth=4, blocks=1).double()
    picture = torch.randn(1, 3, 93, 131, dtype=torch.float64)
    made = tiled(network, picture, scale, 16, network.reach)
    torch.testing.assert_close(made, network(picture), rtol=1e-9, atol=1e-12)
    assert (tiled(network, picture, scale, 16, 2) - network(picture)).abs().max() > 1e-6  # the test can fail


def test_an_inpainter_can_be_tiled():
    network = built("inpainter").double()
    torch.nn.init.normal_(network.added.weight)
    picture = torch.randn(1, 4, 230, 310, dtype=torch.float64)
    torch.testing.assert_close(tiled(network, picture, 1, 64, network.reach), network(picture), rtol=1e-9, atol=1e-12)


def test_a_unet_that_learns_the_difference_begins_with_the_given_picture():
    grey = torch.randn(2, 1, 9, 7)
    made = built("unet-translator", (3, 12, 16), (1, 12, 16), difference=True, output="linear")(grey)
    torch.testing.assert_close(made, grey.expand(-1, 3, -1, -1))


@pytest.mark.parametrize("given", [2, 4])
@pytest.mark.parametrize("made", [1, 2, 3, 4])
def test_an_inpainter_makes_grey_and_colour_of_either(given, made):
    picture = torch.randn(2, given, 9, 7)
    found = built("inpainter", (made, 12, 16), (given, 12, 16))(picture)
    assert found.shape == (2, made, 9, 7)
    if made in (2, 4):
        assert (found[:, -1] == 1).all()  # holes are filled


def test_what_begins_silent_stays_so_however_others_are_initialised():
    network = initialise(built("unet-translator", (3, 12, 16), (1, 12, 16), difference=True, output="linear"), "kaiming")
    assert network.last.weight.abs().max() == 0 and network.up[0].bias.abs().max() == 0
    with pytest.raises(UserError, match="set output to linear"):
        built("unet-translator", difference=True)


def test_an_inpainter_begins_with_what_is_near():
    picture = torch.full((1, 4, 40, 40), 0.25)
    picture[:, :3, :, 20:] = -0.5  # two halves, a hole in each and one across
    picture[:, 3, 10:16, 3:9] = picture[:, 3, 10:16, 28:34] = picture[:, 3, 25:31, 17:23] = -1
    picture[:, :3] = torch.where(picture[:, 3:] < 0, 9.0, picture[:, :3])  # what lies in holes is not looked at
    made = built("inpainter", (3, 40, 40), (4, 40, 40))(picture)
    assert made[0, :, 12, 6].tolist() == pytest.approx([0.25] * 3, abs=0.02)
    assert made[0, :, 12, 31].tolist() == pytest.approx([-0.5] * 3, abs=0.02)
    across = made[0, 0, 28, 15:25]
    assert (across.diff() <= 1e-6).all() and across[0] > 0.2 > -0.45 > across[-1]


def test_a_restorer_without_weights_changes_nothing():
    network = built("restorer", (3, 12, 16), (3, 12, 16))
    for parameter in network.last[-1].parameters():
        torch.nn.init.zeros_(parameter)
    picture = torch.randn(2, 3, 9, 7)
    torch.testing.assert_close(network(picture), picture)


def test_an_inpainter_leaves_what_is_known():
    picture = torch.rand(2, 4, 12, 16) - 0.5
    picture[:, 3] = torch.where(torch.rand(2, 12, 16) < 0.5, -1.0, 1.0)
    made = built("inpainter")(picture)
    known = (picture[:, 3:] > 0).expand(-1, 3, -1, -1)
    torch.testing.assert_close(made[known], picture[:, :3][known])
    assert not torch.allclose(made[~known], picture[:, :3][~known])


def test_instance_normalisation_equals_torch_and_bears_one_pixel():
    x = torch.randn(3, 5, 6, 7)
    torch.testing.assert_close(InstanceNorm()(x), torch.nn.InstanceNorm2d(5)(x))
    assert InstanceNorm()(torch.randn(1, 5, 1, 1)).abs().max() == 0


def test_a_fresh_translator_shows_no_grid_of_its_strides():
    """On noise, no peak at half of the sampling frequency and no other multiple of a stride."""
    for name in ("unet-translator", "resnet-translator"):
        with torch.no_grad():
            made = built(name, (1, 64, 64), (1, 64, 64), width=8)(torch.randn(32, 1, 64, 64))
        spectrum = torch.fft.fft2(made[:, 0] - made.mean()).abs().square().mean(dim=0)
        line = spectrum.mean(dim=1)
        for bin_ in (16, 32):
            around = torch.cat([line[bin_ - 4 : bin_ - 1], line[bin_ + 2 : bin_ + 5]])
            assert line[bin_] < 4 * around.mean(), (name, bin_)


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (28, 28), (37, 53)])
@pytest.mark.parametrize("name", ["patch-discriminator", "unet-discriminator"])
def test_judges_see_any_size_and_what_was_given(name, size):
    judge, sample, condition = (
        built(name, given=(2, 12, 16), conditional=True),
        torch.randn(2, 3, *size),
        {"input": torch.randn(2, 2, *size)},
    )
    verdict = judge(sample, condition)
    assert verdict.logits.ndim == 2 and len(verdict.logits) == 2
    assert len(verdict.features) >= 2
    other = judge(sample, {"input": condition["input"] + 1})
    if size != (1, 1):
        assert not torch.equal(verdict.logits, other.logits)
    smaller = {"input": torch.randn(2, 2, max(1, size[0] // 2), max(1, size[1] // 2))}
    assert judge(sample, smaller).logits.shape == verdict.logits.shape


def test_judges_at_several_scales():
    shapes = {"shape": (3, 32, 32), "given": (4, 32, 32)}
    one, three = built("patch-discriminator", **shapes, layers=2), built("patch-discriminator", **shapes, layers=2, scales=3)
    sample, condition = torch.randn(1, 3, 32, 32), {"input": torch.randn(1, 4, 32, 32)}
    assert one(sample, condition).logits.shape == (1, 64)
    assert three(sample, condition).logits.shape == (1, 3 * 64)  # each judge's verdict counts as much


def test_the_patch_judge_has_the_paper_s_size():
    """Isola et al. 2017, appendix 6.1.2: C64-C128-C256-C512 on 3 + 3 channels; theirs has 2.77 million weights with 4x4 kernels
    throughout, ours 3x3 where the stride is 1."""
    judge = networks.build("patch-discriminator", {}, shape=(3, 256, 256), given=(3, 256, 256))
    expected = (6 * 64 * 16 + 64) + (64 * 128 * 16 + 128) + (128 * 256 * 16 + 256) + (256 * 512 * 9 + 512) + (512 * 9 + 1)
    assert sum(each.numel() for each in judge.parameters()) == expected
