"""The recurrent players: their equations, what each row can see, and their derivatives."""

import pytest
import torch

from sparring import networks
from sparring.networks.initialisation import seeded

CELLS = ["gru", "lstm"]


def players(shape=(2, 6, 5), classes=0, latent_size=7, **options):
    def build():
        return (
            networks.build("rnn-generator", options, shape=shape, classes=classes, latent_size=latent_size),
            networks.build("rnn-discriminator", options, shape=shape, classes=classes),
        )

    return seeded(0, build)


def draw(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=dtype)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("cell", "gates"), [("gru", 3), ("lstm", 4)])
def test_parameters_by_hand(cell, gates):
    generator, discriminator = players((2, 6, 5), 3, latent_size=7, cell=cell, width=8, layers=2)

    def layer(inputs):
        return gates * 8 * (inputs + 8 + 2)

    assert count(generator) == 3 * 50 + (7 + 50 + 1) * 8 + 6 * 8 + 2 * layer(8) + (8 + 1) * 10
    assert count(discriminator) == 2 * layer(10) + 2 * layer(16) + (16 + 1) + 3 * 16


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("size", [(28, 28), (37, 53), (96, 160), (8, 8), (13, 10)])
def test_every_size(cell, size):
    generator, discriminator = players((3, *size), 4, cell=cell, width=8, layers=1)
    condition = {"class": torch.tensor([0, 3])}
    sample = generator(draw(2, 7), condition)
    assert sample.shape == (2, 3, *size)
    assert sample.abs().max() <= 1
    assert discriminator(sample, condition).logits.shape == (2,)


def test_the_generator_is_a_gru_over_rows():
    """Cho et al. 2014, eq. 5 to 8 in torch's form, row by row in float64."""
    generator = players((2, 6, 5), width=4, layers=1)[0].double()
    for parameter in generator.recurrence.parameters():
        parameter.data += 0.1 * draw(*parameter.shape, dtype=torch.float64)
    latent = draw(3, 7, dtype=torch.float64)
    weights = generator.recurrence
    state = torch.zeros(3, 4, dtype=torch.float64)
    rows = []
    for position in generator.rows:
        reset, update, new = (
            (generator.first(latent) + position).matmul(weights.weight_ih_l0.T).add(weights.bias_ih_l0).chunk(3, 1)
        )
        old_reset, old_update, old_new = state.matmul(weights.weight_hh_l0.T).add(weights.bias_hh_l0).chunk(3, 1)
        gate = torch.sigmoid(update + old_update)
        state = (1 - gate) * torch.tanh(new + torch.sigmoid(reset + old_reset) * old_new) + gate * state
        rows.append(torch.tanh(generator.last(state)).view(3, 2, 5))
    torch.testing.assert_close(generator(latent), torch.stack(rows, dim=2))


@pytest.mark.parametrize("cell", CELLS)
def test_rows_are_written_from_top_to_bottom(cell):
    generator = players(cell=cell, width=8, layers=2)[0]
    latent = draw(2, 7)
    before = generator(latent)
    assert all(not torch.allclose(before[:, :, row], before[:, :, row + 1]) for row in range(5))
    generator.rows.data[3] += 1
    after = generator(latent)
    torch.testing.assert_close(after[:, :, :3], before[:, :, :3], rtol=0, atol=0)
    assert all(not torch.allclose(after[:, :, row], before[:, :, row]) for row in range(3, 6))


@pytest.mark.parametrize("cell", CELLS)
def test_the_discriminator_hears_every_row_and_their_order(cell):
    discriminator = players(cell=cell, width=8, layers=1)[1]
    sample = draw(2, 2, 6, 5).requires_grad_()
    logits = discriminator(sample).logits
    (slope,) = torch.autograd.grad(logits.sum(), sample)
    assert slope.abs().sum(dim=(0, 1, 3)).gt(0).all()
    assert not torch.allclose(discriminator(sample.flip(2)).logits, logits)


def test_recurrent_weights_begin_orthogonal():
    for network in players(width=16, layers=2):
        weights = {name: weight for name, weight in network.recurrence.named_parameters() if "weight_hh" in name}
        assert weights
        for weight in weights.values():
            for gate in weight.split(16):
                torch.testing.assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_an_example_does_not_depend_on_its_batch(cell):
    generator, discriminator = players(classes=3, cell=cell, width=8, layers=2)
    latent, label = draw(8, 7), torch.arange(8) % 3
    sample = generator(latent, {"class": label})
    logits = discriminator(sample, {"class": label}).logits
    one = {"class": label[4:5]}
    torch.testing.assert_close(generator(latent[4:5], one)[0], sample[4])
    torch.testing.assert_close(discriminator(sample[4:5], one).logits[0], logits[4])


@pytest.mark.parametrize("cell", CELLS)
def test_double_backward(cell):
    discriminator = players((1, 4, 3), cell=cell, width=3, layers=2)[1].double()
    sample = draw(2, 1, 4, 3, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: discriminator(x).logits, sample)
    discriminator.float()
    sample = sample.detach().float().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(sample).logits.sum(), sample, create_graph=True)
    slope.square().sum().backward()
    assert all(
        parameter.grad.any() for name, parameter in discriminator.recurrence.named_parameters() if "weight" in name
    )


def test_cudnn_steps_aside_where_a_second_derivative_may_be_asked_for():
    discriminator = players()[1]
    seen = []
    discriminator.recurrence.register_forward_pre_hook(lambda *_: seen.append(torch.backends.cudnn.enabled))
    before = torch.backends.cudnn.enabled
    sample = draw(1, 2, 6, 5)
    discriminator(sample)
    discriminator(sample.requires_grad_())
    assert seen == [before, False]
    assert torch.backends.cudnn.enabled == before
