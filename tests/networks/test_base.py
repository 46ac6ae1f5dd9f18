"""What networks declare about themselves, and an own generator in a few lines."""

import pytest
import torch
from torch import nn

from sparring import networks
from sparring.config.recipe import Latent
from sparring.errors import UserError
from sparring.networks import FittedStart, Generator, register_network, sampling
from sparring.networks.base import BatchCoupled, is_batch_coupled


@pytest.fixture
def registry(monkeypatch):
    """Networks that a test registers are forgotten afterwards."""
    networks.NETWORKS.names()
    monkeypatch.setattr(networks.NETWORKS, "_things", dict(networks.NETWORKS._things))


def test_an_own_generator_needs_a_constructor_and_forward(registry):
    @register_network("affine-generator")
    class Affine(Generator):
        def __init__(self, shape: tuple[int, ...], latent_size: int, *, scale: float = 1.0):
            super().__init__()
            self.shape, self.scale = shape, scale
            self.layer = nn.Linear(latent_size, torch.Size(shape).numel())

        def forward(self, latent, condition=None, noise=None):
            return self.scale * self.layer(latent).unflatten(1, self.shape)

    built = networks.build("affine-generator", {"scale": 2}, shape=(1, 4, 5), classes=0, latent_size=3).eval()
    latents = sampling.latents(Latent(size=3), 0, range(20))
    samples = torch.cat(list(sampling.sample(built, latents, None)))
    assert samples.shape == (20, 1, 4, 5)
    assert not isinstance(built, FittedStart)
    assert (built.noise_size, built.untruncated_latents) == (0, 0)
    assert sampling.noise(built, 0, [0, 1]) is None


def test_a_network_without_a_role_is_refused(registry):
    with pytest.raises(UserError, match="must derive from one of Generator, Discriminator, Encoder, ImageTranslator"):
        register_network("plain")(nn.Linear)


def test_batch_coupled_layers_are_found_inside_networks():
    assert is_batch_coupled(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))
    assert is_batch_coupled(nn.Sequential(nn.Sequential(BatchCoupled())))
    assert not is_batch_coupled(nn.Sequential(nn.Linear(2, 2), nn.GroupNorm(1, 2)))


def test_every_registered_network_has_one_role():
    for name in networks.NETWORKS.names():
        network = networks.NETWORKS.get(name)
        assert sum(issubclass(network, role) for role in networks._ROLES) == 1, name
