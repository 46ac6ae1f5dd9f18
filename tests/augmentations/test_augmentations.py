import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import torch

from sparring.augmentations import ADA_DRAWS, BENT_DRAWS, DIFFAUGMENT_DRAWS, ada, adjusted, bent, diffaugment
from sparring.augmentations.ada import COLUMNS
from sparring.augmentations.diffaugment import COLUMNS as LIGHT_COLUMNS
from sparring.augmentations.warp import DOUBLING, HALVING, warp

NEVER, MIDDLE = 0.999, 0.5  # a coin that falls for strength 1 only; the draw whose normal is 0
BGC = ("blit", "geometry", "colour")
ALL = (*BGC, "noise", "cutout")


def uniform(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def pictures(*shape, seed=0, dtype=torch.float32):
    return 2 * uniform(*shape, seed=seed, dtype=dtype) - 1


def evenly(count):
    """Uniform numbers without the luck of the draw."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def every(**counts):
    """Draws for every combination of so many evenly spaced values of the named columns (flip_ is the coin of flip); else neutral."""
    values = torch.cartesian_prod(*map(evenly, counts.values()))
    draws = torch.full((len(values), ADA_DRAWS), MIDDLE, dtype=torch.float64)
    draws[:, [COLUMNS.index(name.replace("_", "?")) for name in counts]] = values
    return draws


def only(count=1, dtype=torch.float64, **values):
    """Draws at which strength 0.9 applies the named transforms alone; shift_x=0.7 sets shift.x and the coin of shift."""
    draws = torch.full((count, ADA_DRAWS), MIDDLE, dtype=dtype)
    draws[:, [index for index, name in enumerate(COLUMNS) if name.endswith("?")]] = NEVER
    for name, value in values.items():
        draws[:, COLUMNS.index(name.replace("_", "."))] = value
        draws[:, COLUMNS.index(name.split("_")[0] + "?")] = 0.0
    return draws


def light(**values):
    """Draws that change nothing but what is named."""
    draws = torch.full((1, DIFFAUGMENT_DRAWS), MIDDLE, dtype=torch.float64)
    for name, value in values.items():
        draws[:, LIGHT_COLUMNS.index(name.replace("_", "."))] = value
    return draws


def quantile(value, *, octaves=None, deviation=None):
    """The uniform number at which a lognormal (2 to a normal power) or a normal takes this value."""
    return scipy.stats.norm.cdf(math.log2(value) / octaves if octaves else value / deviation)


# -- in general --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28), (2, 13, 10), (4, 37, 53), (7, 8, 8)])
@pytest.mark.parametrize("strength", [0.3, 1.0, torch.tensor(0.8)])
def test_shape_and_type_stay_and_values_are_finite(shape, strength):
    x, draws = pictures(6, *shape), uniform(6, ADA_DRAWS, seed=1)
    draws[0] = 0.0  # the ends of the normal distributions
    draws[1] = 1 - 2.0**-24
    for dtype in (torch.float32, torch.bfloat16):
        y = ada(x.to(dtype), draws, strength, ALL, normals=torch.randn_like(x))
        z = diffaugment(x.to(dtype), uniform(6, DIFFAUGMENT_DRAWS))
        assert y.shape == z.shape == x.shape and y.dtype == z.dtype == dtype
        assert y.isfinite().all() and z.isfinite().all()


@pytest.mark.parametrize("shape", [(1, 9, 12), (3, 16, 16), (4, 8, 8)])
@pytest.mark.parametrize("strength", [0.0, torch.tensor(0.0)])
def test_strength_zero_is_the_identity_bit_for_bit(shape, strength):
    x = pictures(64, *shape)
    assert torch.equal(ada(x, uniform(64, ADA_DRAWS), strength, ALL, normals=torch.randn_like(x)), x)


def test_a_row_of_draws_gives_the_same_view_whatever_is_beside_it():
    x, draws, weak = pictures(8, 3, 16, 16), uniform(8, ADA_DRAWS, seed=1), uniform(8, DIFFAUGMENT_DRAWS, seed=2)
    normals = pictures(8, 3, 16, 16, seed=3)
    whole, lightly = ada(x, draws, 0.6, ALL, normals), diffaugment(x, weak)
    for row in range(8):
        one = slice(row, row + 1)
        torch.testing.assert_close(ada(x[one], draws[one], 0.6, ALL, normals[one]), whole[one], rtol=0, atol=1e-6)
        torch.testing.assert_close(diffaugment(x[one], weak[one]), lightly[one], rtol=0, atol=1e-6)
    changed = draws.clone()
    changed[0] = uniform(ADA_DRAWS, seed=9)
    others = ada(x, changed, 0.6, ALL, normals)
    assert not torch.allclose(others[0], whole[0], atol=0.1)
    torch.testing.assert_close(others[1:], whole[1:], rtol=0, atol=1e-6)


def test_transforms_differ_between_samples_and_happen_as_often_as_the_strength_says():
    x = pictures(1, 1, 8, 8).expand(4000, -1, -1, -1)
    y = ada(x, uniform(4000, ADA_DRAWS), 0.3, ("geometry",))
    untouched = (y == x).flatten(1).all(1).double().mean().item()
    # Scale, stretch and move at 0.3 each; of the two turns one at least at 0.3.
    assert untouched == pytest.approx(0.7**4, abs=0.03)
    assert len(y.flatten(1).unique(dim=0)) > 2900


@pytest.mark.parametrize("channels", [1, 3])
def test_second_derivatives(channels):
    x = pictures(3, channels, 8, 8, dtype=torch.float64)[:, :, :7, :5].requires_grad_()
    draws, weak = uniform(3, ADA_DRAWS, seed=4), uniform(3, DIFFAUGMENT_DRAWS)
    for view in (lambda x: ada(x, draws, 0.9, (*BGC, "cutout")), lambda x: diffaugment(x, weak)):
        assert torch.autograd.gradcheck(view, x, fast_mode=True)
        assert torch.autograd.gradgradcheck(lambda x: view(x).tanh(), x, fast_mode=True)  # noqa: B023


def test_a_gradient_penalty_reaches_the_discriminator():
    """R1 through the view: its derivative by a weight against a difference quotient."""
    x, draws = pictures(4, 3, 8, 8, dtype=torch.float64).requires_grad_(), uniform(4, ADA_DRAWS, seed=4)
    kernel = pictures(5, 3, 3, 3, seed=5, dtype=torch.float64).requires_grad_()

    def penalty(kernel):
        logits = torch.conv2d(ada(x, draws, 0.8), kernel).tanh().sum()
        (gradient,) = torch.autograd.grad(logits, x, create_graph=True)
        return gradient.square().sum() / 4

    (found,) = torch.autograd.grad(penalty(kernel), kernel)
    step = torch.zeros_like(kernel)
    step[2, 1, 0, 2] = 1e-5
    expected = (penalty(kernel + step) - penalty(kernel - step)) / 2e-5
    assert found[2, 1, 0, 2].item() == pytest.approx(expected.item(), rel=1e-6)


def test_under_autocast_nothing_gets_coarser():
    x, draws = pictures(4, 3, 16, 16), uniform(4, ADA_DRAWS)
    with torch.autocast("cpu", torch.bfloat16):
        views = ada(x, draws, 0.8), diffaugment(x, draws[:, :DIFFAUGMENT_DRAWS])
    torch.testing.assert_close(views, (ada(x, draws, 0.8), diffaugment(x, draws[:, :DIFFAUGMENT_DRAWS])), rtol=0, atol=0)


def test_what_is_wrong_is_said():
    x, draws = pictures(2, 3, 8, 8), uniform(2, ADA_DRAWS)
    with pytest.raises(ValueError, match="unknown groups of augmentations: filter"):
        ada(x, draws, 0.5, ("blit", "filter"))
    with pytest.raises(ValueError, match="unknown policies of DiffAugment: color"):
        diffaugment(x, draws[:, :DIFFAUGMENT_DRAWS], ("color",))
    with pytest.raises(ValueError, match=f"draws are N x {ADA_DRAWS} uniform numbers"):
        ada(x, draws[:, 1:], 0.5)
    with pytest.raises(ValueError, match="needs normals"):
        ada(x, draws, 0.5, ("noise",))


# -- pixel blitting: exact ----------------------------------------------------------------------------------------------------------


def shifted(x, down, right):
    """By whole pixels, with the mirror at the border."""
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect")
    return torch.from_numpy(padded[:, :, 4 - down : 4 - down + x.shape[2], 4 - right : 4 - right + x.shape[3]])


def test_blits_are_exact():
    x = pictures(2, 3, 16, 16)
    square, wide = x, pictures(2, 3, 9, 16)
    for each in (square, wide):
        assert torch.equal(ada(each, only(2, flip=0.7), 0.9), each.flip(3))
        assert torch.equal(ada(each, only(2, flip=0.3), 0.9), each)
    for draw, turns in ((0.1, 0), (0.3, 1), (0.6, 2), (0.8, 3)):
        assert torch.equal(ada(square, only(2, quarter=draw), 0.9), square.rot90(turns, (2, 3)))  # anticlockwise
        assert torch.equal(ada(wide, only(2, quarter=draw), 0.9), wide)  # turned by quarters when square only
    right, up = 1 / 2 + 4 * 1.6 / 16, 1 / 2 - 4 * 0.9 / 16  # 1.6 and -0.9 pixels, rounded
    assert torch.equal(ada(square, only(2, shift_x=right, shift_y=up), 0.9), shifted(square, -1, 2))
    both = only(2, flip=0.7, quarter=0.3, shift_x=right)
    assert torch.equal(ada(square, both, 0.9), shifted(square.flip(3).rot90(1, (2, 3)), 0, 2))


def test_shifts_reach_an_eighth_of_the_side():
    x = pictures(1, 1, 32, 16)
    assert torch.equal(ada(x, only(shift_x=0.0, shift_y=0.9999), 0.9), shifted(x, 4, -2))


# -- geometry -----------------------------------------------------------------------------------------------------------------------


def test_halving_undoes_doubling():
    full = np.array([*DOUBLING[:0:-1], *DOUBLING]), np.array([*HALVING[:0:-1], *HALVING])
    product = np.convolve(*full)[1::2]  # every second value, the middle one among them
    np.testing.assert_allclose(product, np.eye(len(product))[len(product) // 2], atol=1e-12)


def resampled(x, source):
    """`warp` once more, in NumPy and SciPy, for one H x W picture."""
    double = np.zeros((2 * x.shape[0] - 1, 2 * x.shape[1] - 1))
    double[::2, ::2] = x
    up, down = np.array([*DOUBLING[:0:-1], *DOUBLING]), np.array([*HALVING[:0:-1], *HALVING])
    for axis in (0, 1):
        double = scipy.ndimage.convolve1d(double, up, axis=axis, mode="mirror")
    rows, columns = (np.arange(-8, 2 * side + 7) / 2 for side in x.shape)
    row, column = np.meshgrid(rows, columns, indexing="ij")
    column, row = (source[axis, 0] * column + source[axis, 1] * row + source[axis, 2] for axis in (0, 1))
    moved = scipy.ndimage.map_coordinates(double, [2 * row, 2 * column], order=1, mode="mirror")
    for axis in (0, 1):
        moved = scipy.ndimage.convolve1d(moved, down, axis=axis)
    return moved[8:-8:2, 8:-8:2]


@pytest.mark.parametrize("size", [(12, 9), (8, 8)])
def test_warp_against_scipy(size):
    x = pictures(2, 2, *size, dtype=torch.float64)
    source = torch.tensor([[[0.8, 0.4, 2.2], [-0.5, 1.1, -1.7]], [[1.3, 0.1, 30.5], [0.2, -0.7, -55.25]]], dtype=torch.float64)
    y = warp(x, source)
    for sample in range(2):
        for channel in range(2):
            np.testing.assert_allclose(y[sample, channel], resampled(x[sample, channel].numpy(), source[sample].numpy()), atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 1), (1, 7)])
def test_a_line_of_one_pixel_is_like_a_wide_one_without_change_across(shape):
    x = pictures(2, 2, *shape, dtype=torch.float64)
    wide = x.expand(-1, -1, 7, 7)
    source = torch.tensor([[[0.8, 0.4, 2.2], [-0.5, 1.1, -1.7]], [[0.0, -1.0, 3.0], [1.0, 0.0, 9.0]]], dtype=torch.float64)
    expected = warp(wide, source)[:, :, : shape[0], : shape[1]]
    torch.testing.assert_close(warp(x, source), expected, rtol=0, atol=1e-12)
    for strength in (0.0, 0.8):
        assert ada(x, uniform(2, ADA_DRAWS), strength).isfinite().all()


def smooth(height, width):
    """A picture that resampling hardly changes, as a function of row and column, so that its transforms are known exactly."""
    middle = (height - 1) / 2, (width - 1) / 2

    def value(row, column):
        return np.sin(0.2 * (row - middle[0]) + 0.6) * np.cos(0.15 * (column - middle[1]) - 0.4)

    return value, middle


def rotation(angle):
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


# Each: the draws, and the place (column, row), about the middle, that the pixel at (column, row) shows.
TRANSFORMS = {
    "scale": ({"scale": quantile(1.25, octaves=0.2)}, np.eye(2) / 1.25, (0, 0)),
    "shrink": ({"scale": quantile(0.8, octaves=0.2)}, np.eye(2) / 0.8, (0, 0)),
    "turn before": ({"before": 0.7}, rotation(0.4 * math.pi), (0, 0)),
    "turn after": ({"after": 0.45}, rotation(-0.1 * math.pi), (0, 0)),
    "stretch": ({"stretch": quantile(1.25, octaves=0.2)}, np.diag([1 / 1.25, 1.25]), (0, 0)),
    "move": ({"move_x": quantile(1.3, deviation=40 / 8), "move_y": quantile(-2.6, deviation=32 / 8)}, np.eye(2), (-1.3, 2.6)),
    "two turns about a stretch": (
        {"before": 0.6, "stretch": quantile(1.1, octaves=0.2), "after": 0.7},
        rotation(0.2 * math.pi) @ np.diag([1 / 1.1, 1.1]) @ rotation(0.4 * math.pi),
        (0, 0),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_geometry_against_the_transformed_function(name):
    values, linear, offset = TRANSFORMS[name]
    (value, middle), (rows, columns) = smooth(32, 40), np.mgrid[:32, :40]
    x = torch.from_numpy(value(rows, columns))[None, None]
    y = ada(x, only(**values), 0.9)[0, 0].numpy()
    column, row = (
        linear[axis, 0] * (columns - middle[1]) + linear[axis, 1] * (rows - middle[0]) + offset[axis] + middle[1 - axis] for axis in (0, 1)
    )
    known = (column > 3) & (column < 36) & (row > 3) & (row < 28) & (abs(rows - 15.5) < 13) & (abs(columns - 19.5) < 17)  # off the mirrors
    assert known.sum() > 200
    np.testing.assert_allclose(y[known], value(row, column)[known], atol=4e-3)
    assert abs(y - x[0, 0].numpy()).max() > 0.2


def test_detail_survives_and_does_not_fold_over():
    """Noise turned by 45 degrees keeps most of its power; a fine chequer shrunk by a half turns gray instead of into new stripes."""
    x = pictures(4, 1, 32, 32, dtype=torch.float64)
    turned = ada(x, only(4, before=0.625), 0.9)
    assert 0.5 < turned.var() / x.var() < 1.0
    chequer = torch.ones(1, 1, 32, 32, dtype=torch.float64)
    chequer[:, :, :, ::2] = -1
    shrunk = ada(chequer, only(scale=quantile(0.62, octaves=0.2)), 0.9)[:, :, 6:-6, 6:-6]
    assert shrunk.abs().max() < 0.25


def test_scaling_follows_the_lognormal_of_the_paper():
    """The areas of scaled squares: their sides have median 1 and a standard deviation of 0.2 octaves."""
    x = torch.zeros(200, 1, 24, 24, dtype=torch.float64)
    x[:, :, 8:16, 8:16] = 1
    draws = only(200, scale=0.5)
    draws[:, COLUMNS.index("scale")] = evenly(200)
    octaves = ada(x, draws, 0.9).sum(dim=(1, 2, 3)).div(64).log2().div(2).numpy()
    assert np.median(octaves) == pytest.approx(0, abs=0.02) and octaves.std() == pytest.approx(0.2, abs=0.02)


# -- colour -------------------------------------------------------------------------------------------------------------------------

RED = (1.0, -1.0, -1.0)
COLOURS = {
    "brightness": ({"brightness": quantile(0.3, deviation=0.2)}, (1.3, -0.7, -0.7)),
    "contrast": ({"contrast": quantile(1.5, octaves=0.5)}, (1.5, -1.5, -1.5)),
    "brightness first": ({"brightness": quantile(0.3, deviation=0.2), "contrast": quantile(2, octaves=0.5)}, (2.6, -1.4, -1.4)),
    "luma flip": ({"luma": 0.7}, (5 / 3, -1 / 3, -1 / 3)),  # gray -1/3 becomes 1/3, the rest (4/3, -2/3, -2/3) stays
    "no luma flip": ({"luma": 0.2}, RED),
    "hue by 120 degrees": ({"hue": 0.5 + 1 / 3}, (-1.0, 1.0, -1.0)),
    "hue by 180 degrees": ({"hue": 0.0}, (-5 / 3, 1 / 3, 1 / 3)),
    "saturation": ({"saturation": quantile(0.5, octaves=1.0)}, (1 / 3, -2 / 3, -2 / 3)),
    "all that mix": ({"luma": 0.7, "hue": 0.0, "saturation": quantile(0.5, octaves=1.0)}, (-1 / 3, 2 / 3, 2 / 3)),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_by_hand(name):
    values, expected = COLOURS[name]
    x = torch.tensor(RED, dtype=torch.float64).view(1, 3, 1, 1).expand(-1, -1, 8, 8)
    y = ada(x, only(**values), 0.9)
    torch.testing.assert_close(y, torch.tensor(expected, dtype=torch.float64).view(1, 3, 1, 1).expand_as(x), atol=1e-6, rtol=0)


def test_gray_and_alpha():
    draws = only(brightness=quantile(0.3, deviation=0.2), contrast=quantile(2, octaves=0.5), luma=0.7, hue=0.9, saturation=0.9)
    gray, rgb, alpha = (pictures(1, channels, 8, 8, dtype=torch.float64) for channels in (1, 3, 1))
    expected = 2 * (gray + 0.3)  # what mixes colours leaves gray alone
    torch.testing.assert_close(ada(gray, draws, 0.9), expected)
    torch.testing.assert_close(ada(torch.cat([gray, alpha], 1), draws, 0.9), torch.cat([expected, alpha], 1))
    torch.testing.assert_close(ada(torch.cat([rgb, alpha], 1), draws, 0.9), torch.cat([ada(rgb, draws, 0.9), alpha], 1))
    many = pictures(1, 6, 8, 8, dtype=torch.float64)  # no colours that one knows: brightness and contrast of all
    torch.testing.assert_close(ada(many, draws, 0.9), 2 * (many + 0.3))
    x = torch.cat([rgb, alpha], 1)
    assert torch.equal(ada(x, only(flip=0.7), 0.9), x.flip(3))  # geometry takes alpha along


def test_noise_and_cutout():
    x, normals = pictures(3, 2, 8, 12, dtype=torch.float64), torch.randn(3, 2, 8, 12, dtype=torch.float64)
    noisy = ada(x, only(3, noise=quantile(0.15, deviation=0.1)), 0.9, ALL, normals)
    torch.testing.assert_close(noisy, x + 0.15 * normals)
    expected = x.clone()
    expected[:, :, 4:, 3:9] = 0  # half of each side, about (1/2, 3/4)
    assert torch.equal(ada(x, only(3, cutout_x=0.5, cutout_y=0.75), 0.9, ALL, normals), expected)


# -- DiffAugment --------------------------------------------------------------------------------------------------------------------


def test_diffaugment_by_hand():
    x = torch.tensor([1.0, 0.0, -0.4], dtype=torch.float64).view(1, 3, 1, 1).repeat(1, 1, 16, 8)
    x[:, :, 8:] = 0.0  # the picture's mean is 0.1, that of the coloured pixels 0.2
    colour = ("colour",)
    torch.testing.assert_close(diffaugment(x, light(), colour), x)
    torch.testing.assert_close(diffaugment(x, light(brightness=0.9), colour), x + 0.4)
    torch.testing.assert_close(diffaugment(x, light(contrast=0.0), colour), 0.1 + (x - 0.1) * 0.5)
    faded = diffaugment(x, light(saturation=0.0), colour)
    torch.testing.assert_close(faded[:, :, :8], torch.full_like(faded[:, :, :8], 0.2))
    torch.testing.assert_close(faded[:, :, 8:], x[:, :, 8:])


def test_diffaugment_shifts_in_zeros():
    x = pictures(1, 2, 16, 24)
    y = diffaugment(x, light(shift_x=0.99, shift_y=0.0), ("translation",))  # by an eighth: 3 to the right, 2 up
    expected = torch.zeros_like(x)
    expected[:, :, :-2, 3:] = x[:, :, 2:, :-3]
    assert torch.equal(y, expected)
    assert torch.equal(diffaugment(x, light(), ("translation",)), x)


def test_diffaugment_cuts_out_half_of_each_side():
    x = pictures(1, 2, 16, 24)
    y = diffaugment(x, light(cutout_x=0.0, cutout_y=0.5), ("cutout",))
    expected = x.clone()
    expected[:, :, 4:12, :6] = 0  # half of it sticks out
    assert torch.equal(y, expected)


def test_diffaugment_leaves_alpha_its_values_and_takes_it_along():
    x = pictures(1, 4, 8, 8, dtype=torch.float64)
    draws = light(brightness=0.9, contrast=0.1, saturation=0.2, shift_x=0.0)
    y = diffaugment(x, draws, ("colour", "translation"))
    torch.testing.assert_close(y[:, :3], diffaugment(x[:, :3], draws, ("colour", "translation")))
    assert torch.equal(y[:, 3, :, :-1], x[:, 3, :, 1:])


# -- control and leaking --------------------------------------------------------------------------------------------------------------


def test_strength_follows_the_signs():
    assert adjusted(0.1, 0.9, 0.6, images=5000).item() == pytest.approx(0.11)
    assert adjusted(torch.tensor(0.1), torch.tensor(0.2), 0.6, images=5000, speed=100_000).item() == pytest.approx(0.05)
    assert adjusted(0.001, 0.0, 0.6, images=5000).item() == 0.0
    assert adjusted(0.799, 1.0, 0.6, images=5000).item() == pytest.approx(0.8)
    assert adjusted(0.3, 0.5, 0.5, images=5000).item() == pytest.approx(0.3)


def orientations(strength):
    """8 x 8: how likely each orientation of a picture (4 turns, mirrored or not) is shown as each other one."""
    picture = pictures(1, 8, 8)
    upright = [side.rot90(turn, (1, 2)) for side in (picture, picture.flip(2)) for turn in range(4)]
    draws = every(flip_=10, flip=2, quarter_=10, quarter=4)
    shown = np.zeros((8, 8))
    for start, each in enumerate(upright):
        views = ada(each.expand(len(draws), -1, -1, -1), draws, strength, ("blit",))
        shown[start] = [(views == other).flatten(1).all(1).double().mean().item() for other in upright]
    return shown


def test_flips_and_turns_do_not_leak_below_strength_one():
    """Karras et al. 2020, section 2.2 and appendix C: an augmentation does not leak if distributions that differ still do in its view.

    Here that is a matrix's being invertible. Mirror and turns each keep the picture with probability 1 - p and mix it evenly with
    probability p, so the least singular value is (1 - p)^2; at p = 1 the view of every distribution is the same.
    """
    safe = orientations(0.8)
    np.testing.assert_allclose(safe.sum(1), 1)
    np.testing.assert_allclose(np.diag(safe), (1 - 0.8 / 2) * (1 - 0.8 * 3 / 4))
    assert np.linalg.svd(safe)[1].min() == pytest.approx(0.2**2)
    np.testing.assert_allclose(orientations(1.0), 1 / 8)


def test_turns_by_any_angle_do_not_leak_below_strength_one():
    """The mean view of a bar: below strength 1 it still tells a lying one from a standing one."""
    bar = torch.zeros(1, 1, 16, 16)
    bar[:, :, 6:10] = 1
    draws = every(before_=20, before=32)

    def difference(strength):
        views = [ada(x.expand(len(draws), -1, -1, -1), draws, strength, ("geometry",)).mean(0) for x in (bar, bar.rot90(1, (2, 3)))]
        return (views[0] - views[1]).abs().max().item()

    assert difference(0.8) == pytest.approx(math.sqrt(1 - 0.8), abs=0.05)  # as often as this turn is left out
    assert difference(1.0) < 0.02


def test_bent_by_hand():
    """Draws in the middle change nothing; a turn of 30 degrees and a move by an eighth do what they say; borders go on."""
    x = torch.rand(3, 2, 16, 16, dtype=torch.float64)
    middle = torch.full((3, BENT_DRAWS), 0.5, dtype=torch.float64)
    torch.testing.assert_close(bent(x, middle), x)
    move = middle.clone()
    move[:, 4] = 1.0  # across: pixels show what lies two to the right
    torch.testing.assert_close(bent(x, move)[..., :-2], x[..., 2:])
    torch.testing.assert_close(bent(x, move)[..., -2:], x[..., -1:].expand(-1, -1, -1, 2))
    turn = middle.clone()
    turn[:, 0] = 1.0
    rows, columns = torch.meshgrid(torch.arange(16.0) - 7.5, torch.arange(16.0) - 7.5, indexing="ij")
    plane = (0.3 * columns + 0.1 * rows).double().expand(3, 1, 16, 16)
    cosine, sine = math.cos(math.pi / 6), math.sin(math.pi / 6)
    expected = 0.3 * (cosine * columns - sine * rows) + 0.1 * (sine * columns + cosine * rows)
    torch.testing.assert_close(bent(plane, turn)[0, 0, 5:11, 5:11], expected.double()[5:11, 5:11])
    assert torch.equal(bent(x[1:2], turn[1:2]), bent(x, turn)[1:2])
