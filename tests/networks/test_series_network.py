"""Series of the generators: shaped as the codec reads them, with states that last as long as in the data."""

import numpy as np
import torch

from sparring.networks.series import ConvolutionalSeriesGenerator

LAYOUT = (2, (1,), True, [((3,), False, None)])


def noise(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def test_choices_switch_as_often_as_in_the_data():
    """States that last: the largest of normal values alone would change half as often again.

    Where every step is drawn anew, so is the mixture's.
    """
    rng = np.random.default_rng(0)
    for stay in (0.95, 0.0):
        states = np.zeros((1500, 32), np.int64)
        for step in range(32):
            anew = rng.choice(3, 1500, p=[0.6, 0.3, 0.1])
            states[:, step] = np.where(rng.random(1500) < (stay if step else 0), states[:, step - 1], anew)
        network = ConvolutionalSeriesGenerator((32, 3), 0, 4, (0, (), False, [], (3,)), width=8, blocks=2, rank=16)
        torch.manual_seed(0)
        network.fit(torch.eye(3)[torch.from_numpy(states)].flatten(1))
        made = network.discretise(network.draw(None, noise(1500, network.noise_size)))
        assert set(made.round(decimals=5).unique().tolist()) == {0.0, 1.0}
        changes = float((made.argmax(dim=2).diff(dim=1) != 0).float().mean())
        assert abs(changes / (np.diff(states, axis=1) != 0).mean() - 1) < 0.2
        np.testing.assert_allclose(made.mean(dim=(0, 1)), [0.6, 0.3, 0.1], atol=0.06)


def test_rare_states_neither_die_out_nor_spread_over_windows():
    """Window after window, a rare state neither dies out nor spreads."""
    rng = np.random.default_rng(0)
    states = np.zeros((2000, 32), np.int64)
    states[:, 0] = rng.random(2000) < 0.11
    for step in range(1, 32):
        anew = (rng.random(2000) < 0.11).astype(np.int64)
        states[:, step] = np.where(rng.random(2000) < 0.95, states[:, step - 1], anew)
    network = ConvolutionalSeriesGenerator(
        (32, 2), 0, 4, (0, (), False, [], (2,)), width=8, blocks=2, rank=16, components_per_class=1
    )
    torch.manual_seed(0)
    network.fit(torch.eye(2)[torch.from_numpy(states)].flatten(1))
    drawn, shares = network.draw(None, noise(500, network.noise_size)), []
    for window in range(12):
        shares.append(float(network.discretise(drawn)[:, :, 1].mean()))
        drawn = network.draw({"before": drawn[:, -16:]}, noise(500, network.noise_size, 50 + window))
    assert 0.5 < shares[-1] / shares[0] < 2


def test_switches_are_hard_and_pass_gradients_on():
    torch.manual_seed(0)
    network = ConvolutionalSeriesGenerator((6, 7), 0, 4, LAYOUT, width=8, blocks=2, rank=4)
    raw = torch.randn(50, 6, 7, requires_grad=True)
    made = network.discretise(raw)
    channels, gap, end, whole = made.split([2, 1, 1, 3], dim=2)
    assert (
        set(gap.detach().round(decimals=5).unique().tolist())
        == set(end.detach().round(decimals=5).unique().tolist())
        == {-1.0, 1.0}
    )
    assert (end.diff(dim=1) <= 1e-5).all()  # what has ended does not begin again
    assert (end[:, 0] > 0).all()
    assert (channels.abs()[(end < 0).expand_as(channels)] < 1e-6).all()
    assert (channels[:, :, 1:].abs()[gap < 0] < 1e-6).all()
    torch.testing.assert_close(whole.sum(dim=2), torch.ones(50, 6))
    torch.testing.assert_close(whole, whole[:, :1].expand_as(whole))
    (made * torch.randn(made.shape)).sum().backward()
    assert (raw.grad.abs().sum(dim=(0, 1)) > 0).all()
