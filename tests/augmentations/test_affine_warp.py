"""The affine warp against SciPy, its pair of filters, and images one pixel wide."""

import numpy as np
import pytest
import scipy.ndimage
import torch

from augmentation_samples import random_images, uniform_numbers
from sparring.augmentations import ADA_UNIFORMS, ada
from sparring.augmentations.affine_warp import DOWNSAMPLING_FILTER, UPSAMPLING_FILTER, warp_affine

UPSAMPLING_TAPS = np.array([*UPSAMPLING_FILTER[:0:-1], *UPSAMPLING_FILTER])
DOWNSAMPLING_TAPS = np.array([*DOWNSAMPLING_FILTER[:0:-1], *DOWNSAMPLING_FILTER])
MAP = [[0.8, 0.4, 2.2], [-0.5, 1.1, -1.7]]


def test_downsampling_undoes_upsampling():
    every_second = np.convolve(UPSAMPLING_TAPS, DOWNSAMPLING_TAPS)[1::2]  # the middle one among them
    identity = np.eye(len(every_second))[len(every_second) // 2]
    np.testing.assert_allclose(every_second, identity, atol=1e-12)


def reference_warp(image, inverse_map):
    """`warp_affine` in NumPy and SciPy, of one H x W image."""
    upsampled = np.zeros((2 * image.shape[0] - 1, 2 * image.shape[1] - 1))
    upsampled[::2, ::2] = image
    for axis in (0, 1):
        upsampled = scipy.ndimage.convolve1d(upsampled, UPSAMPLING_TAPS, axis=axis, mode="mirror")
    rows, columns = np.meshgrid(*(np.arange(-8, 2 * side + 7) / 2 for side in image.shape), indexing="ij")
    column, row = (a * columns + b * rows + c for a, b, c in inverse_map)
    warped = scipy.ndimage.map_coordinates(upsampled, [2 * row, 2 * column], order=1, mode="mirror")
    for axis in (0, 1):
        warped = scipy.ndimage.convolve1d(warped, DOWNSAMPLING_TAPS, axis=axis)
    return warped[8:-8:2, 8:-8:2]


@pytest.mark.parametrize("size", [(12, 9), (8, 8)])
def test_warp_equals_scipy(size):
    images = random_images(2, 2, *size, dtype=torch.float64)
    maps = torch.tensor([MAP, [[1.3, 0.1, 30.5], [0.2, -0.7, -55.25]]], dtype=torch.float64)
    warped = warp_affine(images, maps)
    for example in range(2):
        for channel in range(2):
            expected = reference_warp(images[example, channel].numpy(), maps[example].numpy())
            np.testing.assert_allclose(warped[example, channel], expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 1), (1, 7)])
def test_an_image_one_pixel_wide_is_like_a_wide_one_that_does_not_change_across(shape):
    images = random_images(2, 2, *shape, dtype=torch.float64)
    maps = torch.tensor([MAP, [[0.0, -1.0, 3.0], [1.0, 0.0, 9.0]]], dtype=torch.float64)
    expected = warp_affine(images.expand(-1, -1, 7, 7), maps)[:, :, : shape[0], : shape[1]]
    torch.testing.assert_close(warp_affine(images, maps), expected, rtol=0, atol=1e-12)
    for strength in (0.0, 0.8):
        assert ada(images, uniform_numbers(2, ADA_UNIFORMS), strength).isfinite().all()
