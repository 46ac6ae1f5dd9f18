"""The perceptual distance, against its definition."""

import pytest
import torch
from torch import nn

from sparring.losses.perceptual import layer_activations, perceptual_distance


@pytest.fixture
def network():
    head = [nn.Flatten(), nn.Linear(8 * 16, 4)]
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), *head)


@pytest.fixture
def images():
    return torch.randn(3, 3, 16, 16)


def test_activations_are_those_of_the_first_convolutional_layers(network, images):
    assert [tuple(each.shape) for each in layer_activations(network, images)] == [(3, 8, 8, 8), (3, 8, 4, 4)]


def test_the_distance_is_zero_for_equal_images_and_grows_with_noise(network, images):
    assert perceptual_distance(network, images, images).abs().max() == 0
    noise = torch.randn_like(images)
    near, far = (perceptual_distance(network, images + amount * noise, images) for amount in (0.05, 1.0))
    assert (near < far).all()


def test_the_distance_of_one_layer_by_its_definition(network, images):
    first_layer = nn.Sequential(*network[:2])
    a, b = (layer_activations(first_layer, each)[0] for each in (images, -images))
    a, b = (each / each.norm(dim=1, keepdim=True).clamp(min=1e-6) for each in (a, b))
    expected = (a - b).square().sum(dim=1).mean(dim=(1, 2))
    torch.testing.assert_close(perceptual_distance(first_layer, images, -images), expected)


def test_layers_are_added(network, images):
    """By hand: the distance of both layers is that of the first plus that of the second."""
    a, b = (layer_activations(network, each) for each in (images, -images))
    units = [[nn.functional.normalize(each, dim=1, eps=1e-6) for each in layer] for layer in zip(a, b, strict=True)]
    expected = sum((one - other).square().sum(dim=1).mean(dim=(1, 2)) for one, other in units)
    torch.testing.assert_close(perceptual_distance(network, images, -images), expected)


def test_tiny_activations_are_no_directions():
    """A channel vector of length 1e-9 counts as 1e-9 / 1e-6 of a direction, not as a whole one: (1 - 0.001)^2."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU())
    nn.init.ones_(network[0].weight)
    found = perceptual_distance(network, torch.full((1, 1, 2, 2), 1e-9), torch.ones(1, 1, 2, 2))
    assert found.item() == pytest.approx(0.999**2, rel=1e-5)


def test_distances_are_on_the_device_of_the_images(network):
    """The meta device computes shapes alone, so it stands for any device that is not the CPU."""
    images = torch.empty(3, 3, 16, 16, device="meta")
    found = perceptual_distance(network.to("meta"), images, images)
    assert (found.device.type, found.shape) == ("meta", (3,))
