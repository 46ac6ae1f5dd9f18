"""What ADA and DiffAugment have in common: shapes, types, independence of images, derivatives, refusals."""

import pytest
import torch

from augmentation_samples import ALL_GROUPS, BGC, random_images, uniform_numbers
from sparring.augmentations import ADA_UNIFORMS, DIFFAUGMENT_UNIFORMS, ada, diffaugment


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 28, 28), (2, 13, 10), (4, 37, 53), (7, 8, 8)])
@pytest.mark.parametrize("strength", [0.3, 1.0, torch.tensor(0.8)])
def test_shape_and_type_stay_and_values_are_finite(shape, strength):
    images, uniforms = random_images(6, *shape), uniform_numbers(6, ADA_UNIFORMS, seed=1)
    uniforms[0] = 0.0  # the ends of the normal distributions
    uniforms[1] = 1 - 2.0**-24
    for dtype in (torch.float32, torch.bfloat16):
        strong = ada(images.to(dtype), uniforms, strength, ALL_GROUPS, normals=torch.randn_like(images))
        light = diffaugment(images.to(dtype), uniform_numbers(6, DIFFAUGMENT_UNIFORMS))
        for augmented in (strong, light):
            assert augmented.shape == images.shape
            assert augmented.dtype == dtype
            assert augmented.isfinite().all()


def test_ada_of_an_image_does_not_depend_on_the_rest_of_the_batch():
    images, uniforms = random_images(8, 3, 16, 16), uniform_numbers(8, ADA_UNIFORMS, seed=1)
    normals = random_images(8, 3, 16, 16, seed=3)
    batch = ada(images, uniforms, 0.6, ALL_GROUPS, normals)
    for row in range(8):
        one = slice(row, row + 1)
        alone = ada(images[one], uniforms[one], 0.6, ALL_GROUPS, normals[one])
        torch.testing.assert_close(alone, batch[one], rtol=0, atol=1e-6)
    uniforms[0] = uniform_numbers(ADA_UNIFORMS, seed=9)
    changed = ada(images, uniforms, 0.6, ALL_GROUPS, normals)
    assert not torch.allclose(changed[0], batch[0], atol=0.1)
    torch.testing.assert_close(changed[1:], batch[1:], rtol=0, atol=1e-6)


def test_diffaugment_of_an_image_does_not_depend_on_the_rest_of_the_batch():
    images, uniforms = random_images(8, 3, 16, 16), uniform_numbers(8, DIFFAUGMENT_UNIFORMS, seed=2)
    batch = diffaugment(images, uniforms)
    for row in range(8):
        one = slice(row, row + 1)
        torch.testing.assert_close(diffaugment(images[one], uniforms[one]), batch[one], rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("augment", ["ada", "diffaugment"])
def test_first_and_second_derivatives_equal_finite_differences(augment, channels):
    images = random_images(3, channels, 8, 8, dtype=torch.float64)[:, :, :7, :5].requires_grad_()

    def augmented(images):
        if augment == "ada":
            return ada(images, uniform_numbers(3, ADA_UNIFORMS, seed=4), 0.9, (*BGC, "cutout"))
        return diffaugment(images, uniform_numbers(3, DIFFAUGMENT_UNIFORMS))

    assert torch.autograd.gradcheck(augmented, images, fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda images: augmented(images).tanh(), images, fast_mode=True)


def test_autocast_does_not_lower_the_precision():
    images, uniforms = random_images(4, 3, 16, 16), uniform_numbers(4, ADA_UNIFORMS)
    few_uniforms = uniforms[:, :DIFFAUGMENT_UNIFORMS]
    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = ada(images, uniforms, 0.8), diffaugment(images, few_uniforms)
    expected = ada(images, uniforms, 0.8), diffaugment(images, few_uniforms)
    torch.testing.assert_close(under_autocast, expected, rtol=0, atol=0)


def test_unknown_names_wrong_shapes_and_missing_noise_are_refused():
    images, uniforms = random_images(2, 3, 8, 8), uniform_numbers(2, ADA_UNIFORMS)
    with pytest.raises(ValueError, match="unknown groups of augmentations: filter"):
        ada(images, uniforms, 0.5, ("blit", "filter"))
    with pytest.raises(ValueError, match="unknown policies of DiffAugment: color"):
        diffaugment(images, uniforms[:, :DIFFAUGMENT_UNIFORMS], ("color",))
    with pytest.raises(ValueError, match=f"uniforms must be N x {ADA_UNIFORMS} numbers"):
        ada(images, uniforms[:, 1:], 0.5)
    with pytest.raises(ValueError, match="needs normals"):
        ada(images, uniforms, 0.5, ("noise",))
