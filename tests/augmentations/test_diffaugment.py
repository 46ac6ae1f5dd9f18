"""DiffAugment against values worked out by hand."""

import torch

from augmentation_samples import diffaugment_uniforms, random_images
from sparring.augmentations import diffaugment


def test_colour_by_hand():
    """The upper half is coloured and has the mean 0.2, the lower half is 0: the mean of the image is 0.1."""
    images = torch.tensor([1.0, 0.0, -0.4], dtype=torch.float64).view(1, 3, 1, 1).repeat(1, 1, 16, 8)
    images[:, :, 8:] = 0.0

    def coloured(values):
        return diffaugment(images, diffaugment_uniforms(values), ("colour",))

    torch.testing.assert_close(coloured({}), images)
    torch.testing.assert_close(coloured({"brightness": 0.9}), images + 0.4)
    torch.testing.assert_close(coloured({"contrast": 0.0}), 0.1 + (images - 0.1) * 0.5)
    unsaturated = coloured({"saturation": 0.0})
    torch.testing.assert_close(unsaturated[:, :, :8], torch.full_like(images[:, :, :8], 0.2))
    torch.testing.assert_close(unsaturated[:, :, 8:], images[:, :, 8:])


def test_translation_reaches_an_eighth_of_the_side_and_fills_with_zeros():
    """3 pixels to the right, 2 up."""
    images = random_images(1, 2, 16, 24)
    uniforms = diffaugment_uniforms({"translation.x": 0.99, "translation.y": 0.0})
    expected = torch.zeros_like(images)
    expected[:, :, :-2, 3:] = images[:, :, 2:, :-3]
    assert torch.equal(diffaugment(images, uniforms, ("translation",)), expected)
    assert torch.equal(diffaugment(images, diffaugment_uniforms({}), ("translation",)), images)


def test_cutout_is_half_of_each_side_and_may_stick_out():
    images = random_images(1, 2, 16, 24)
    expected = images.clone()
    expected[:, :, 4:12, :6] = 0
    uniforms = diffaugment_uniforms({"cutout.x": 0.0, "cutout.y": 0.5})
    assert torch.equal(diffaugment(images, uniforms, ("cutout",)), expected)


def test_alpha_is_no_colour_but_moves_with_the_image():
    images = random_images(1, 4, 8, 8, dtype=torch.float64)
    uniforms = diffaugment_uniforms({"brightness": 0.9, "contrast": 0.1, "saturation": 0.2, "translation.x": 0.0})
    augmented, rgb_augmented = (
        diffaugment(each, uniforms, ("colour", "translation")) for each in (images, images[:, :3])
    )
    torch.testing.assert_close(augmented[:, :3], rgb_augmented)
    assert torch.equal(augmented[:, 3, :, :-1], images[:, 3, :, 1:])
