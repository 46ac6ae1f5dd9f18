"""ADA's geometric transforms: pixel blitting exactly, the others against a smooth function transformed analytically."""

import math

import numpy as np
import pytest
import torch

from augmentation_samples import ada_uniforms, evenly_spaced, lognormal_at, normal_at, random_images
from sparring.augmentations import ada
from sparring.augmentations.ada import COLUMNS


def translated(images, down, right):
    """Translated by at most 4 whole pixels, mirrored at the border."""
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect")
    height, width = images.shape[2:]
    return torch.from_numpy(padded[:, :, 4 - down : 4 - down + height, 4 - right : 4 - right + width])


SIZES = {"square": (16, 16), "wide": (9, 16)}


@pytest.mark.parametrize("size", SIZES)
def test_flips_are_exact(size):
    images = random_images(2, 3, *SIZES[size])
    assert torch.equal(ada(images, ada_uniforms({"flip": 0.7}, count=2), 0.9), images.flip(3))
    assert torch.equal(ada(images, ada_uniforms({"flip": 0.3}, count=2), 0.9), images)


@pytest.mark.parametrize(("uniform", "quarters"), [(0.1, 0), (0.3, 1), (0.6, 2), (0.8, 3)])
def test_rotations_by_90_degrees_are_exact_and_of_square_images_only(uniform, quarters):
    uniforms = ada_uniforms({"rotate90": uniform}, count=2)
    square, wide = (random_images(2, 3, *size) for size in SIZES.values())
    assert torch.equal(ada(square, uniforms, 0.9), square.rot90(quarters, (2, 3)))  # anticlockwise
    assert torch.equal(ada(wide, uniforms, 0.9), wide)


def test_integer_translations_are_exact():
    images = random_images(2, 3, 16, 16)
    right, up = 1 / 2 + 4 * 1.6 / 16, 1 / 2 - 4 * 0.9 / 16  # 1.6 and -0.9 pixels, which are rounded
    uniforms = ada_uniforms({"integer_translation.x": right, "integer_translation.y": up}, count=2)
    assert torch.equal(ada(images, uniforms, 0.9), translated(images, -1, 2))
    uniforms = ada_uniforms({"flip": 0.7, "rotate90": 0.3, "integer_translation.x": right}, count=2)
    assert torch.equal(ada(images, uniforms, 0.9), translated(images.flip(3).rot90(1, (2, 3)), 0, 2))


def test_integer_translations_reach_an_eighth_of_the_side():
    images = random_images(1, 1, 32, 16)
    uniforms = ada_uniforms({"integer_translation.x": 0.0, "integer_translation.y": 0.9999})
    assert torch.equal(ada(images, uniforms, 0.9), translated(images, 4, -2))


def smooth_function(height, width):
    """A function of row and column that resampling hardly changes, and the centre of its image."""
    centre = (height - 1) / 2, (width - 1) / 2

    def value(row, column):
        return np.sin(0.2 * (row - centre[0]) + 0.6) * np.cos(0.15 * (column - centre[1]) - 0.4)

    return value, centre


def rotation(angle):
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


# For each: uniform numbers; and the inverse map of (column, row) about the centre, a matrix and an offset.
TRANSFORMS = {
    "enlarge": ({"isotropic_scale": lognormal_at(1.25, octaves=0.2)}, np.eye(2) / 1.25, (0, 0)),
    "shrink": ({"isotropic_scale": lognormal_at(0.8, octaves=0.2)}, np.eye(2) / 0.8, (0, 0)),
    "pre-rotation": ({"pre_rotation": 0.7}, rotation(0.4 * math.pi), (0, 0)),
    "post-rotation": ({"post_rotation": 0.45}, rotation(-0.1 * math.pi), (0, 0)),
    "anisotropic scale": (
        {"anisotropic_scale": lognormal_at(1.25, octaves=0.2)},
        np.diag([1 / 1.25, 1.25]),
        (0, 0),
    ),
    "fractional translation": (
        {
            "fractional_translation.x": normal_at(1.3, deviation=40 / 8),
            "fractional_translation.y": normal_at(-2.6, deviation=32 / 8),
        },
        np.eye(2),
        (-1.3, 2.6),
    ),
    "both rotations and anisotropic scale": (
        {"pre_rotation": 0.6, "anisotropic_scale": lognormal_at(1.1, octaves=0.2), "post_rotation": 0.7},
        rotation(0.2 * math.pi) @ np.diag([1 / 1.1, 1.1]) @ rotation(0.4 * math.pi),
        (0, 0),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_geometry_equals_the_transformed_function(name):
    values, matrix, offset = TRANSFORMS[name]
    (value, centre), (rows, columns) = smooth_function(32, 40), np.mgrid[:32, :40]
    images = torch.from_numpy(value(rows, columns))[None, None]
    augmented = ada(images, ada_uniforms(values), 0.9)[0, 0].numpy()
    column, row = (
        matrix[axis, 0] * (columns - centre[1]) + matrix[axis, 1] * (rows - centre[0]) + offset[axis] + centre[1 - axis]
        for axis in (0, 1)
    )
    source_is_inside = (column > 3) & (column < 36) & (row > 3) & (row < 28)
    is_inside = (abs(rows - 15.5) < 13) & (abs(columns - 19.5) < 17)
    unmirrored = source_is_inside & is_inside
    assert unmirrored.sum() > 200
    np.testing.assert_allclose(augmented[unmirrored], value(row, column)[unmirrored], atol=4e-3)
    assert abs(augmented - images[0, 0].numpy()).max() > 0.2


def test_rotated_noise_keeps_most_of_its_power():
    images = random_images(4, 1, 32, 32, dtype=torch.float64)
    rotated = ada(images, ada_uniforms({"pre_rotation": 0.625}, count=4), 0.9)  # by 45 degrees
    assert 0.5 < rotated.var() / images.var() < 1.0


def test_fine_stripes_shrunk_turn_gray_instead_of_aliasing():
    stripes = torch.ones(1, 1, 32, 32, dtype=torch.float64)
    stripes[:, :, :, ::2] = -1
    shrunk = ada(stripes, ada_uniforms({"isotropic_scale": lognormal_at(0.62, octaves=0.2)}), 0.9)
    assert shrunk[:, :, 6:-6, 6:-6].abs().max() < 0.25


def test_scaling_has_the_lognormal_distribution_of_the_paper():
    """By the areas of scaled squares: their sides have median 1 and a standard deviation of 0.2 octaves."""
    images = torch.zeros(200, 1, 24, 24, dtype=torch.float64)
    images[:, :, 8:16, 8:16] = 1
    uniforms = ada_uniforms({"isotropic_scale": 0.5}, count=200)
    uniforms[:, COLUMNS.index("isotropic_scale")] = evenly_spaced(200)
    octaves = ada(images, uniforms, 0.9).sum(dim=(1, 2, 3)).div(64).log2().div(2).numpy()
    assert np.median(octaves) == pytest.approx(0, abs=0.02)
    assert octaves.std() == pytest.approx(0.2, abs=0.02)
