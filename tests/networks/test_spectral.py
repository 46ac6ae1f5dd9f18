"""Spectral normalisation holds, and initialisation reaches the weights behind it."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from sparring import networks
from sparring.networks.conditional import ClassNorm
from sparring.networks.initialisation import initialise, seeded
from sparring.networks.layers import spectrally_normalised


def learned(module):
    return [layer for layer in module.modules() if is_parametrized(layer, "weight")]


def largest_singular_values(module):
    return torch.stack(
        [torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2) for layer in learned(module.eval())]
    )


def players():
    shape = {"shape": (3, 16, 16), "classes": 4}
    options = {"width": 16, "condition": "shared", "hierarchical": True, "attention": 16, "spectral": True}
    return [
        networks.build("resnet-generator", options, **shape, latent_size=24),
        networks.build("resnet-discriminator", {"width": 16, "attention": 8}, **shape),
        networks.build("resnet-discriminator", {"width": 16, "head": "auxiliary"}, **shape),
    ]


@pytest.mark.parametrize("how", ["torch", "xavier", "dcgan", "orthogonal"])
def test_every_weight_has_a_largest_singular_value_of_one(how):
    """Right after the drawing, and after weights have moved and some forward passes have followed them."""
    for player in seeded(0, lambda: [initialise(each, how) for each in players()]):
        with_weights = [each for each in player.modules() if isinstance(each, nn.Linear | nn.Conv2d)]
        assert set(with_weights) <= set(learned(player))  # no layer is left out
        torch.testing.assert_close(largest_singular_values(player), torch.ones(len(learned(player))), atol=0.1, rtol=0)
        player.train()
        for layer in learned(player):
            original = layer.parametrizations.weight.original
            original.data.add_(
                0.3 * original.std() * torch.randn(original.shape, generator=torch.Generator().manual_seed(1))
            )
        inputs = torch.randn(2, 24) if isinstance(player, networks.Generator) else torch.randn(2, 3, 16, 16)
        for _ in range(40):
            player(inputs, {"class": torch.tensor([0, 3])})
        torch.testing.assert_close(
            largest_singular_values(player), torch.ones(len(learned(player))), atol=0.06, rtol=0
        )  # the closer the two largest, the slower


def test_initialisation_reaches_the_weight_behind_the_normalisation():
    layer = seeded(0, lambda: initialise(spectrally_normalised(nn.Conv2d(64, 64, 3), True), "dcgan"))
    assert layer.parametrizations.weight.original.std().item() == pytest.approx(0.02, rel=0.03)
    assert (layer.bias == 0).all()
    again = seeded(0, lambda: initialise(spectrally_normalised(nn.Conv2d(64, 64, 3), True), "dcgan"))
    assert all(
        torch.equal(one, two) for one, two in zip(layer.state_dict().values(), again.state_dict().values(), strict=True)
    )
    table = seeded(0, lambda: initialise(spectrally_normalised(nn.Embedding(50, 40), True), "keras"))
    assert table.parametrizations.weight.original.abs().max() <= 0.05


def test_initialisation_leaves_conditional_gains_alone():
    norm = initialise(ClassNorm(3, 4), "dcgan")
    assert not norm.gain.any() and not norm.shift.any()
