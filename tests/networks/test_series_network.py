"""The start of series is the normal distribution that it says, and what comes out is shaped as the codec reads it."""

import numpy as np
import torch

from sparring.networks.series import ConvolutionalSeries, Start

LAYOUT = (2, (1,), True, [((3,), False, None)])


def noise(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def fitted(rank=3, size=8):
    torch.manual_seed(0)
    mixing = torch.randn(3, size)
    rows = noise(4000, 3, 1) @ mixing + 0.3 * noise(4000, size, 2) + 5
    start = Start(size, 0, rank)
    start.fit(rows, None)
    return start, rows


def test_the_start_has_the_mean_and_covariance_of_the_data():
    start, rows = fitted()
    made = start.draw(torch.zeros(50_000, dtype=torch.long), noise(50_000, start.noise_size))
    np.testing.assert_allclose(made.mean(0), rows.mean(0), atol=0.05)
    np.testing.assert_allclose(torch.cov(made.T), torch.cov(rows.T), atol=0.15)


def test_what_goes_on_from_known_values_has_the_conditional_distribution():
    start, _ = fitted()
    covariance = (start.factors[0].T @ start.factors[0] + torch.diag(start.rest[0] ** 2)).double()
    known = torch.tensor([6.0, 4.0, 5.5])
    part = torch.zeros(50_000, dtype=torch.long)
    made = start.move(part, start.draw(part, noise(50_000, start.noise_size)), known.expand(50_000, -1)).double()
    torch.testing.assert_close(made[:, :3], known.double().expand(50_000, -1))
    gain = covariance[3:, :3] @ torch.linalg.inv(covariance[:3, :3])
    np.testing.assert_allclose(made[:, 3:].mean(0), start.means[0, 3:] + gain @ (known - start.means[0, :3]).double(), atol=0.05)
    np.testing.assert_allclose(torch.cov(made[:, 3:].T), covariance[3:, 3:] - gain @ covariance[:3, 3:], atol=0.1)


def test_classes_with_few_series_share_their_covariance():
    start = Start(6, 3, 2)
    rows, labels = torch.cat([noise(400, 6), noise(3, 6, 1) + 9, noise(3, 6, 2) - 9]), torch.tensor([0] * 400 + [1] * 3 + [2] * 3)
    start.fit(rows, labels)
    assert float(start.means[1].mean()) > 7 > -7 > float(start.means[2].mean())
    torch.testing.assert_close(start.factors[1], start.factors[2])
    torch.testing.assert_close(start.rest[1], start.rest[2])
    assert not torch.equal(start.factors[1], start.factors[0])
    assert float(start.rest[1].mean()) > 0.5  # three series alone would leave nothing


def test_switches_are_hard_and_pass_gradients_on():
    torch.manual_seed(0)
    network = ConvolutionalSeries((6, 7), 0, 4, LAYOUT, width=8, blocks=2, rank=4)
    raw = torch.randn(50, 6, 7, requires_grad=True)
    made = network._finished(raw)
    channels, gap, end, whole = made.split([2, 1, 1, 3], dim=2)
    assert set(gap.detach().round(decimals=5).unique().tolist()) == set(end.detach().round(decimals=5).unique().tolist()) == {-1.0, 1.0}
    assert (end.diff(dim=1) <= 1e-5).all()  # what has ended does not begin again
    assert (end[:, 0] > 0).all()
    assert (channels.abs()[(end < 0).expand_as(channels)] < 1e-6).all()
    assert (channels[:, :, 1:].abs()[gap < 0] < 1e-6).all()
    torch.testing.assert_close(whole.sum(dim=2), torch.ones(50, 6))
    torch.testing.assert_close(whole, whole[:, :1].expand_as(whole))
    (made * torch.randn(made.shape)).sum().backward()
    assert (raw.grad.abs().sum(dim=(0, 1)) > 0).all()
