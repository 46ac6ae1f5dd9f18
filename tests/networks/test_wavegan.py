"""WaveGAN: its lengths, its phase shuffle, and layers against the definition."""

import numpy as np
import pytest
import torch

from sparring import networks
from sparring.errors import UserError
from sparring.networks.wavegan import PhaseShuffle, lengths
from sparring.training.gradients import draws_numbers

SHAPES = [(1, 16384), (1, 1024), (2, 1000), (1, 4097), (1, 17), (1, 5)]


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_length_is_made_and_scored(shape, classes):
    generator = networks.build("wavegan-generator", {"width": 2}, shape=shape, classes=classes, latent_size=6)
    discriminator = networks.build("wavegan-discriminator", {"width": 2}, shape=shape, classes=classes)
    condition = {"class": torch.tensor([0, 2, 1])} if classes else None
    waves = generator(torch.rand(3, 6) * 2 - 1, condition)
    assert waves.shape == (3, *shape) and waves.abs().max() <= 1
    assert discriminator(waves, condition).logits.shape == (3,)


def test_lengths_are_those_of_the_paper():
    """Tables 3 and 4, and the network for four seconds in the appendix."""
    assert lengths(16384) == [16384, 4096, 1024, 256, 64, 16]
    assert lengths(65536) == [65536, 16384, 4096, 1024, 256, 64, 16]
    assert lengths(5) == [5, 2] and lengths(17) == [17, 5]


def test_a_convolution_is_that_of_the_definition():
    """Stride 4, with the middle of the kernel on every fourth sample from the first on."""
    discriminator = networks.build("wavegan-discriminator", {"width": 1, "kernel": 5}, shape=(1, 64), classes=0)
    layer = discriminator.layers[0]
    wave = np.arange(64.0)
    kernel, bias = layer.weight.detach().numpy()[0, 0], float(layer.bias.detach())
    padded = np.pad(wave, 2)
    expected = [padded[4 * place : 4 * place + 5] @ kernel + bias for place in range(16)]
    found = layer(torch.tensor(wave, dtype=torch.float32)[None, None])[0, 0].detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_transposed_convolution_spreads_each_sample_alike():
    """A single sample becomes the kernel around four times its place."""
    generator = networks.build("wavegan-generator", {"width": 1, "kernel": 5}, shape=(1, 64), classes=0, latent_size=2)
    layer = generator.layers[0]
    with torch.no_grad():
        layer.bias.zero_()
        impulse = torch.zeros(1, layer.in_channels, 16)
        impulse[0, 0, 7] = 1
        found = layer(impulse)[0, 0]
    start = 4 * 7 - layer.padding[0]
    torch.testing.assert_close(found[start : start + 5], layer.weight[0, 0])
    assert len(found) == 64 and torch.count_nonzero(found) == 5


def test_phase_shuffle_shifts_by_every_amount_and_reflects_the_ends():
    layer = PhaseShuffle(2).train()
    features = torch.arange(1.0, 11.0).expand(3, 2, 10)
    plain = np.arange(1.0, 11.0)
    allowed = {
        tuple(np.pad(plain, (max(0, s), max(0, -s)), mode="reflect")[max(0, -s) :][:10]): s for s in range(-2, 3)
    }
    seen = set()
    for _ in range(60):
        found = layer(features)
        rows = {tuple(row) for row in found.flatten(0, 1).tolist()}
        assert len(rows) == 1 and rows <= set(allowed)  # all of a batch alike
        seen.add(allowed[rows.pop()])
    assert seen == {-2, -1, 0, 1, 2}


def test_phase_shuffle_rests_in_evaluation_and_where_there_is_no_room():
    features = torch.randn(2, 3, 10)
    assert torch.equal(PhaseShuffle(2).eval()(features), features)
    assert torch.equal(PhaseShuffle(0).train()(features), features)
    assert PhaseShuffle(2).train()(features[:, :, :1]).shape == (2, 3, 1)


def test_its_random_numbers_keep_shards_from_threads():
    discriminator = networks.build("wavegan-discriminator", {"width": 2}, shape=(1, 1024), classes=0)
    assert draws_numbers({"discriminator": discriminator})


def test_an_even_kernel_is_refused():
    with pytest.raises(UserError, match="option kernel: .*should be odd"):
        networks.build("wavegan-generator", {"kernel": 24}, shape=(1, 64), classes=0, latent_size=2)
