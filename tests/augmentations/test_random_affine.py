"""Random affine maps against values worked out by hand."""

import math

import pytest
import torch

from augmentation_samples import random_images
from sparring.augmentations import RANDOM_AFFINE_UNIFORMS, random_affine
from sparring.augmentations.random_affine import COLUMNS


def neutral_but(**values):
    """Uniform numbers of three images that change nothing but what is named."""
    uniforms = torch.full((3, RANDOM_AFFINE_UNIFORMS), 0.5, dtype=torch.float64)
    for name, value in values.items():
        uniforms[:, COLUMNS.index(name.replace("_", "."))] = value
    return uniforms


@pytest.fixture
def images():
    return random_images(3, 2, 16, 16, dtype=torch.float64)


def test_neutral_numbers_change_nothing(images):
    torch.testing.assert_close(random_affine(images, neutral_but()), images)


def test_the_largest_translation_is_an_eighth_and_border_pixels_continue(images):
    """Each pixel shows what lies two columns to its right."""
    translated = random_affine(images, neutral_but(translation_x=1.0))
    torch.testing.assert_close(translated[..., :-2], images[..., 2:])
    torch.testing.assert_close(translated[..., -2:], images[..., -1:].expand(-1, -1, -1, 2))


def test_the_largest_rotation_is_30_degrees():
    """A plane 0.3 x + 0.1 y, rotated about its centre, is 0.3 x' + 0.1 y' with the rotated coordinates."""
    y, x = torch.meshgrid(*[torch.arange(16, dtype=torch.float64) - 7.5] * 2, indexing="ij")
    cosine, sine = math.cos(math.pi / 6), math.sin(math.pi / 6)
    expected = 0.3 * (cosine * x - sine * y) + 0.1 * (sine * x + cosine * y)
    rotated = random_affine((0.3 * x + 0.1 * y).expand(3, 1, 16, 16), neutral_but(rotation=1.0))
    torch.testing.assert_close(rotated[0, 0, 5:11, 5:11], expected[5:11, 5:11])


def test_the_largest_shear_is_a_slope_of_0_3():
    y, x = torch.meshgrid(*[torch.arange(16, dtype=torch.float64) - 7.5] * 2, indexing="ij")
    sheared = random_affine(x.expand(3, 1, 16, 16), neutral_but(shear=1.0))
    torch.testing.assert_close(sheared[0, 0, 4:12, 4:12], (x + 0.3 * y)[4:12, 4:12])


def test_the_largest_scale_is_0_4_octaves_of_each_axis():
    y, x = torch.meshgrid(*[torch.arange(16, dtype=torch.float64) - 7.5] * 2, indexing="ij")
    scaled = random_affine(x.expand(3, 1, 16, 16), neutral_but(scale_x=1.0, scale_y=0.0))
    torch.testing.assert_close(scaled[0, 0, :, 4:12], (2**0.4 * x)[:, 4:12])
    scaled = random_affine(y.expand(3, 1, 16, 16), neutral_but(scale_x=1.0, scale_y=0.0))
    torch.testing.assert_close(scaled[0, 0], 2**-0.4 * y)


def test_an_image_does_not_depend_on_the_rest_of_the_batch(images):
    uniforms = neutral_but(rotation=1.0)
    assert torch.equal(random_affine(images[1:2], uniforms[1:2]), random_affine(images, uniforms)[1:2])
