"""Factor mixtures are the normal distributions that they are fitted to, also where values are known or missing."""

import numpy as np
import torch

from sparring.statistics.em import fit_factor_mixture
from sparring.statistics.factor_mixture import FactorMixture


def noise(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def fitted(rank=3, size=8):
    torch.manual_seed(0)
    mixing = torch.randn(3, size)
    rows = noise(4000, 3, 1) @ mixing + 0.3 * noise(4000, size, 2) + 5
    mixture = FactorMixture(size, 0, rank)
    fit_factor_mixture(mixture, rows)
    return mixture, rows


def test_samples_have_the_mean_and_covariance_of_the_data():
    mixture, rows = fitted()
    made = mixture.draw(torch.zeros(50_000, dtype=torch.long), noise(50_000, mixture.noise_size))
    np.testing.assert_allclose(made.mean(0), rows.mean(0), atol=0.05)
    np.testing.assert_allclose(torch.cov(made.T), torch.cov(rows.T), atol=0.15)


def test_conditional_samples_have_the_conditional_distribution():
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


def test_waves_of_many_frequencies_need_many_components_and_others_one():
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


def test_a_wave_continues_at_its_frequency():
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


def test_missing_values_do_not_bias_the_fit():
    """A quarter of the values and half of the last ones are missing, coded as 0; moments are those of the full data."""
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


def test_few_rows_are_all_used():
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


def test_two_rows_are_enough_to_begin():
    mixture = FactorMixture(4, 0, 2, 2)
    rows = noise(2, 4)
    assert fit_factor_mixture(mixture, rows, None, rows).tolist() == [0, 0]
