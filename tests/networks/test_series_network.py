"""The mixture of series is the normal distribution that it says, and what comes out is shaped as the codec reads it."""

import numpy as np
import torch

from sparring.networks.series import ConvolutionalSeriesGenerator
from sparring.statistics.em import fit_factor_mixture
from sparring.statistics.factor_mixture import FactorMixture

LAYOUT = (2, (1,), True, [((3,), False, None)])


def noise(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def fitted(rank=3, size=8):
    torch.manual_seed(0)
    mixing = torch.randn(3, size)
    rows = noise(4000, 3, 1) @ mixing + 0.3 * noise(4000, size, 2) + 5
    mixture = FactorMixture(size, 0, rank)
    fit_factor_mixture(mixture, rows)
    return mixture, rows


def test_the_start_has_the_mean_and_covariance_of_the_data():
    mixture, rows = fitted()
    made = mixture.draw(torch.zeros(50_000, dtype=torch.long), noise(50_000, mixture.noise_size))
    np.testing.assert_allclose(made.mean(0), rows.mean(0), atol=0.05)
    np.testing.assert_allclose(torch.cov(made.T), torch.cov(rows.T), atol=0.15)


def test_what_goes_on_from_known_values_has_the_conditional_distribution():
    mixture, _ = fitted()
    covariance = (mixture.loadings[0].T @ mixture.loadings[0] + torch.diag(mixture.noise_std[0] ** 2)).double()
    known = torch.tensor([6.0, 4.0, 5.5])
    component = torch.zeros(50_000, dtype=torch.long)
    made = mixture.condition(
        component, mixture.draw(component, noise(50_000, mixture.noise_size)), known.expand(50_000, -1)
    ).double()
    torch.testing.assert_close(made[:, :3], known.double().expand(50_000, -1))
    gain = covariance[3:, :3] @ torch.linalg.inv(covariance[:3, :3])
    np.testing.assert_allclose(
        made[:, 3:].mean(0), mixture.means[0, 3:] + gain @ (known - mixture.means[0, :3]).double(), atol=0.05
    )
    np.testing.assert_allclose(torch.cov(made[:, 3:].T), covariance[3:, 3:] - gain @ covariance[:3, 3:], atol=0.1)


def waves(rows=2000, steps=32, seed=0):
    rng = np.random.default_rng(seed)
    frequency, phase = rng.uniform(0.1, 0.4, (rows, 1)), rng.uniform(0, 2 * np.pi, (rows, 1))
    return torch.tensor(
        np.sin(2 * np.pi * frequency * np.arange(steps) + phase) + 0.05 * rng.standard_normal((rows, steps)),
        dtype=torch.float32,
    )


def peaked(rows):
    """How much of each wave's power lies in its largest frequency."""
    power = torch.fft.rfft(rows, dim=1).abs().square()
    return float((power.amax(dim=1) / power.sum(dim=1)).mean())


def test_waves_of_many_frequencies_are_of_many_kinds_and_others_of_one():
    torch.manual_seed(0)
    rows = waves()
    mixtures = {components: FactorMixture(32, 0, 32, components) for components in (1, 32)}
    for mixture in mixtures.values():
        fit_factor_mixture(mixture, rows, None, torch.fft.rfft(rows, dim=1).abs())
    drawn = {
        components: mixture.draw(torch.zeros(2000, dtype=torch.long), noise(2000, mixture.noise_size))
        for components, mixture in mixtures.items()
    }
    assert int((mixtures[32].weights > 0).sum()) > 4
    assert peaked(rows) - peaked(drawn[32]) < 0.5 * (peaked(rows) - peaked(drawn[1]))
    np.testing.assert_allclose(drawn[32].std(0), rows.std(0), atol=0.1)
    one = FactorMixture(6, 0, 6, 32)
    fit_factor_mixture(one, mixed := noise(2000, 3, 1) @ noise(3, 6, 5) + noise(2000, 6, 2), None, mixed.abs())
    assert one.weights[0].tolist() == [1.0] + [0.0] * 31


def test_a_wave_goes_on_as_the_kind_that_it_is():
    """From half a wave the other half follows: its largest frequency stays where it was."""
    torch.manual_seed(0)
    rows, new = waves(), waves(200, seed=9)
    mixture = FactorMixture(32, 0, 32, 32)
    fit_factor_mixture(mixture, rows, None, torch.fft.rfft(rows, dim=1).abs())
    label = torch.zeros(200, dtype=torch.long)
    made = mixture.draw(label, noise(200, mixture.noise_size), new[:, :24])
    torch.testing.assert_close(made[:, :24], new[:, :24])
    assert float((made - new)[:, 24:].square().mean()) < 0.4 * float(new[:, 24:].square().mean())


def test_the_likelihood_is_that_of_the_normal_distribution():
    mixture, rows = fitted()
    covariance = (mixture.loadings[0].T @ mixture.loadings[0] + torch.diag(mixture.noise_std[0] ** 2)).double()
    for count in (8, 5):
        expected = torch.distributions.MultivariateNormal(
            mixture.means[0, :count].double(), covariance[:count, :count]
        ).log_prob(rows[:50, :count].double())
        found = mixture.log_likelihood(rows[:50, :count], slice(0, 1))[:, 0] - count / 2 * np.log(2 * np.pi)
        torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-3)


def test_the_start_of_what_lacks_values_is_that_of_what_is_there():
    """A quarter of the values lack, coded as 0, and half of the late ones: mean and covariance are those of the others all the same."""
    torch.manual_seed(0)
    rows = noise(6000, 2, 1) @ noise(2, 8, 3) + 0.3 * noise(6000, 8, 2) + 5
    observed = torch.rand(rows.shape, generator=torch.Generator().manual_seed(4)) > torch.tensor(
        [0.25] * 6 + [0.4, 0.5]
    )
    mixture = FactorMixture(8, 0, 4)
    fit_factor_mixture(mixture, torch.where(observed, rows, 0.0), observed=observed)
    made = mixture.draw(torch.zeros(50_000, dtype=torch.long), noise(50_000, mixture.noise_size))
    np.testing.assert_allclose(made.mean(0), rows.mean(0), atol=0.12)
    np.testing.assert_allclose(torch.corrcoef(made.T), torch.corrcoef(rows.T), atol=0.2)
    np.testing.assert_allclose(made.std(0), rows.std(0), rtol=0.08)


def test_few_rows_are_all_looked_at():
    torch.manual_seed(0)
    rows, mixture = noise(100, 6) + torch.arange(100.0)[:, None] / 10, FactorMixture(6, 0, 2, 32)
    fit_factor_mixture(mixture, rows, None, rows.abs())
    torch.testing.assert_close(mixture.means[0], rows.mean(dim=0))


def test_classes_with_few_series_share_their_covariance():
    mixture = FactorMixture(6, 3, 2)
    rows, labels = (
        torch.cat([noise(400, 6), noise(3, 6, 1) + 9, noise(3, 6, 2) - 9]),
        torch.tensor([0] * 400 + [1] * 3 + [2] * 3),
    )
    fit_factor_mixture(mixture, rows, labels)
    assert float(mixture.means[1].mean()) > 7 > -7 > float(mixture.means[2].mean())
    torch.testing.assert_close(mixture.loadings[1], mixture.loadings[2])
    torch.testing.assert_close(mixture.noise_std[1], mixture.noise_std[2])
    assert not torch.equal(mixture.loadings[1], mixture.loadings[0])
    assert float(mixture.noise_std[1].mean()) > 0.5  # three series alone would leave nothing


def test_choices_change_as_often_as_in_the_data():
    """States that last: the largest of normal values alone would change half as often again. Where every step is drawn anew, so is the mixture's."""
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


def test_states_go_on_as_often_as_they_are():
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
