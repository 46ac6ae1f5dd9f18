"""Scores of pairs of pictures, against numbers worked out by hand and a reference from the package index."""

import numpy as np
import pytest
import torch

from sparring.metrics.ms_ssim import ms_ssim
from sparring.metrics.psnr import MAX_PSNR, psnr


def test_psnr_and_ssim_equal_torchmetrics():
    metrics = pytest.importorskip("torchmetrics.functional.image")
    rng = np.random.default_rng(0)
    target = rng.integers(0, 256, (5, 3, 32, 40), dtype=np.uint8)
    output = (target + rng.normal(0, 20, target.shape)).clip(0, 255).astype(np.uint8)
    a, b = torch.from_numpy(output).double(), torch.from_numpy(target).double()
    reference = [float(metrics.peak_signal_noise_ratio(a[row], b[row], data_range=255.0)) for row in range(5)]
    np.testing.assert_allclose(psnr(output, target), reference, rtol=1e-4)
    reference = metrics.structural_similarity_index_measure(a, b, data_range=255.0, reduction="none")
    # The reference pads by mirroring and crops again.
    np.testing.assert_allclose(ms_ssim(output, target, scales=1), reference.numpy(), rtol=0.02)


def test_psnr_by_hand():
    target = np.zeros((2, 1, 4, 4), np.uint8)
    output = target.copy()
    output[1] = 255
    with np.errstate(all="raise"):  # equal pictures are no division by 0
        assert psnr(output, target).tolist() == [MAX_PSNR, 0.0]
        assert psnr(output[1:], target[1:]).tolist() == [0.0]
