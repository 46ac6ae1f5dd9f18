import numpy as np
import pytest
import scipy.signal
import torch

from sparring.networks.resample import downsample, upsample

TAPS = [(1, 2, 1), (1, 3, 3, 1)]


@pytest.mark.parametrize("taps", TAPS)
@pytest.mark.parametrize("size", [(8, 8), (7, 10), (1, 5)])
def test_sizes(taps, size):
    x = torch.randn(2, 3, *size)
    half = downsample(x, taps)
    assert half.shape[2:] == (-(-size[0] // 2), -(-size[1] // 2))
    assert upsample(half, size, taps).shape == x.shape


@pytest.mark.parametrize("taps", TAPS)
def test_up_is_zero_insertion_and_filter(taps):
    x = np.random.default_rng(0).standard_normal((5, 6))
    zeros = np.zeros((10, 12))
    zeros[::2, ::2] = x
    line = np.array(taps) / sum(taps)
    full = 4 * scipy.signal.convolve2d(zeros, np.outer(line, line))
    start = 1  # both filters begin one pixel before the picture
    expected = full[start : start + 10, start : start + 12]
    found = upsample(torch.from_numpy(x)[None, None], (10, 12), taps)[0, 0].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("taps", TAPS)
def test_constants_stay_constant_inside(taps):
    x = torch.ones(1, 1, 16, 16, dtype=torch.float64)
    torch.testing.assert_close(
        upsample(x, (32, 32), taps)[:, :, 2:-2, 2:-2], torch.ones(1, 1, 28, 28, dtype=torch.float64)
    )
    torch.testing.assert_close(downsample(x, taps)[:, :, 1:-1, 1:-1], torch.ones(1, 1, 6, 6, dtype=torch.float64))


@pytest.mark.parametrize("taps", TAPS)
def test_double_backward(taps):
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: downsample(upsample(x, (8, 9), taps), taps), x)
