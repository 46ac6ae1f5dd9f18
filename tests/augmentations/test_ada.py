"""ADA as a whole: the identity at strength 0, how often transforms happen, R1 through it, noise and cutout."""

import pytest
import torch

from augmentation_samples import ALL_GROUPS, ada_uniforms, normal_at, random_images, uniform_numbers
from sparring.augmentations import ADA_UNIFORMS, ada


@pytest.mark.parametrize("shape", [(1, 9, 12), (3, 16, 16), (4, 8, 8)])
@pytest.mark.parametrize("strength", [0.0, torch.tensor(0.0)])
def test_strength_zero_is_the_identity_bit_for_bit(shape, strength):
    images, uniforms = random_images(64, *shape), uniform_numbers(64, ADA_UNIFORMS)
    augmented = ada(images, uniforms, strength, ALL_GROUPS, normals=torch.randn_like(images))
    assert torch.equal(augmented, images)


def test_transforms_differ_between_images_and_happen_as_often_as_the_strength_says():
    """At strength 0.3 each of three transforms happens with probability 0.3, and at least one of two rotations too."""
    images = random_images(1, 1, 8, 8).expand(4000, -1, -1, -1)
    augmented = ada(images, uniform_numbers(4000, ADA_UNIFORMS), 0.3, ("geometry",))
    share_unchanged = (augmented == images).flatten(1).all(1).double().mean().item()
    assert share_unchanged == pytest.approx(0.7**4, abs=0.03)
    assert len(augmented.flatten(1).unique(dim=0)) > 2900


def test_a_gradient_penalty_through_ada_reaches_the_discriminator():
    """R1: its derivative by a weight of the discriminator equals a difference quotient."""
    images = random_images(4, 3, 8, 8, dtype=torch.float64).requires_grad_()
    uniforms = uniform_numbers(4, ADA_UNIFORMS, seed=4)
    kernel = random_images(5, 3, 3, 3, seed=5, dtype=torch.float64).requires_grad_()

    def penalty(kernel):
        logits = torch.conv2d(ada(images, uniforms, 0.8), kernel).tanh().sum()
        (gradient,) = torch.autograd.grad(logits, images, create_graph=True)
        return gradient.square().sum() / 4

    (derivatives,) = torch.autograd.grad(penalty(kernel), kernel)
    step = torch.zeros_like(kernel)
    step[2, 1, 0, 2] = 1e-5
    expected = (penalty(kernel + step) - penalty(kernel - step)) / 2e-5
    assert derivatives[2, 1, 0, 2].item() == pytest.approx(expected.item(), rel=1e-6)


def test_noise_by_hand():
    images = random_images(3, 2, 8, 12, dtype=torch.float64)
    normals = torch.randn(3, 2, 8, 12, dtype=torch.float64)
    uniforms = ada_uniforms({"noise": normal_at(0.15, deviation=0.1)}, count=3)
    torch.testing.assert_close(ada(images, uniforms, 0.9, ("noise",), normals), images + 0.15 * normals)


def test_cutout_by_hand():
    """Half of each side about the centre (1/2, 3/4)."""
    images = random_images(3, 2, 8, 12, dtype=torch.float64)
    expected = images.clone()
    expected[:, :, 4:, 3:9] = 0
    uniforms = ada_uniforms({"cutout.x": 0.5, "cutout.y": 0.75}, count=3)
    assert torch.equal(ada(images, uniforms, 0.9, ("cutout",)), expected)
    assert torch.equal(ada(images, uniforms, 0.9, ALL_GROUPS, torch.zeros_like(images)), expected)
