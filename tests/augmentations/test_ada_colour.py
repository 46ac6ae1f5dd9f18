"""ADA's colour transforms against values worked out by hand, and what gray images and alpha keep."""

import pytest
import torch

from augmentation_samples import ada_uniforms, lognormal_at, normal_at, random_images
from sparring.augmentations import ada

RED = (1.0, -1.0, -1.0)  # its luma part is -1/3 in each channel, the rest is (4/3, -2/3, -2/3)
BRIGHTER = {"brightness": normal_at(0.3, deviation=0.2)}  # by 0.3
TWICE_THE_CONTRAST = {"contrast": lognormal_at(2, octaves=0.5)}
HALF_THE_SATURATION = {"saturation": lognormal_at(0.5, octaves=1.0)}
COLOURS = {
    "brightness": (BRIGHTER, (1.3, -0.7, -0.7)),
    "contrast": ({"contrast": lognormal_at(1.5, octaves=0.5)}, (1.5, -1.5, -1.5)),
    "brightness before contrast": (BRIGHTER | TWICE_THE_CONTRAST, (2.6, -1.4, -1.4)),
    "luma flip": ({"luma_flip": 0.7}, (5 / 3, -1 / 3, -1 / 3)),
    "no luma flip": ({"luma_flip": 0.2}, RED),
    "hue by 120 degrees": ({"hue": 0.5 + 1 / 3}, (-1.0, 1.0, -1.0)),
    "hue by 180 degrees": ({"hue": 0.0}, (-5 / 3, 1 / 3, 1 / 3)),
    "saturation": (HALF_THE_SATURATION, (1 / 3, -2 / 3, -2 / 3)),
    "luma flip, hue and saturation": ({"luma_flip": 0.7, "hue": 0.0} | HALF_THE_SATURATION, (-1 / 3, 2 / 3, 2 / 3)),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_by_hand(name):
    values, expected = COLOURS[name]
    red, expected = (
        torch.tensor(each, dtype=torch.float64).view(1, 3, 1, 1).expand(-1, -1, 8, 8) for each in (RED, expected)
    )
    torch.testing.assert_close(ada(red, ada_uniforms(values), 0.9), expected, atol=1e-6, rtol=0)


@pytest.fixture
def all_colour_transforms():
    return ada_uniforms(BRIGHTER | TWICE_THE_CONTRAST | {"luma_flip": 0.7, "hue": 0.9, "saturation": 0.9})


@pytest.mark.parametrize("channels", [1, 6])
def test_only_brightness_and_contrast_change_images_that_are_not_rgb(all_colour_transforms, channels):
    images = random_images(1, channels, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(ada(images, all_colour_transforms, 0.9), 2 * (images + 0.3))


@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_no_colour_but_moves_with_the_image(all_colour_transforms, channels):
    colours, alpha = (random_images(1, count, 8, 8, dtype=torch.float64) for count in (channels, 1))
    images = torch.cat([colours, alpha], 1)
    expected = torch.cat([ada(colours, all_colour_transforms, 0.9), alpha], 1)
    torch.testing.assert_close(ada(images, all_colour_transforms, 0.9), expected)
    assert torch.equal(ada(images, ada_uniforms({"flip": 0.7}), 0.9), images.flip(3))
