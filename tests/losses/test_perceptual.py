"""Scores of single pictures and label maps, against numbers worked out by hand and a reference from the package index."""

import numpy as np
import pytest
import torch
from torch import nn

from sparring.losses.perceptual import MOST_PSNR, activations, perceptual
from sparring.metrics.ms_ssim import ms_ssim
from sparring.metrics.psnr import psnr
from sparring.metrics.segmentation import agreement, confusion


def test_psnr_and_ssim_equal_torchmetrics():
    metrics = pytest.importorskip("torchmetrics.functional.image")
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (5, 3, 32, 40), dtype=np.uint8)
    made = (truth + rng.normal(0, 20, truth.shape)).clip(0, 255).astype(np.uint8)
    a, b = torch.from_numpy(made).double(), torch.from_numpy(truth).double()
    theirs = [float(metrics.peak_signal_noise_ratio(a[row], b[row], data_range=255.0)) for row in range(5)]
    np.testing.assert_allclose(psnr(made, truth), theirs, rtol=1e-4)
    similar = metrics.structural_similarity_index_measure(a, b, data_range=255.0, reduction="none")
    np.testing.assert_allclose(ms_ssim(made, truth, scales=1), similar.numpy(), rtol=0.02)  # theirs pads by mirroring, and crops again


def test_psnr_by_hand():
    truth = np.zeros((2, 1, 4, 4), np.uint8)
    made = truth.copy()
    made[1] = 255
    assert psnr(made, truth).tolist() == [MOST_PSNR, 0.0]


def test_perceptual_distance():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 4))
    pictures = torch.randn(3, 3, 16, 16)
    assert [tuple(seen.shape) for seen in activations(body, pictures)] == [(3, 8, 8, 8), (3, 8, 4, 4)]
    assert perceptual(body, pictures, pictures).abs().max() == 0
    near, far = (perceptual(body, pictures + step * torch.randn_like(pictures), pictures) for step in (0.05, 1.0))
    assert (near < far).all()
    one, other = (activations(body, each)[0] for each in (pictures, -pictures))
    by_hand = (one / one.norm(dim=1, keepdim=True).clamp(min=1e-6) - other / other.norm(dim=1, keepdim=True).clamp(min=1e-6)).square()
    first_layer = nn.Sequential(*body[:2])
    torch.testing.assert_close(perceptual(first_layer, pictures, -pictures), by_hand.sum(dim=1).mean(dim=(1, 2)))


def test_agreement_of_maps_by_hand():
    truth = np.array([[0, 0, 1, 1], [2, 2, 255, 255]])
    maps = np.array([[0, 1, 1, 1], [2, 0, 0, 1]])
    found = agreement(confusion(maps, truth, 4))
    assert found.accuracy == pytest.approx(4 / 6)
    np.testing.assert_allclose(found.iou, [1 / 3, 2 / 3, 1 / 2, np.nan])
    assert found.mean_iou == pytest.approx(0.5)


def test_agreement_of_nothing():
    found = agreement(confusion(np.zeros((2, 2), int), np.full((2, 2), 255), 3))
    assert (found.mean_iou, found.accuracy) == (0.0, 0.0)
