"""Our metrics equal reference implementations, and do not depend on the size of chunks."""

import numpy as np
import prdc
import pytest
import pytorch_msssim
import scipy.linalg
import scipy.stats
import torch
from torch import nn
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

from sparring import metrics
from sparring.metrics import arrays, frechet
from sparring.metrics.memorisation import _chance, _mann_whitney


def real_and_fake():
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((24, 24))
    return rng.standard_normal((400, 24)) @ mix, 0.8 * rng.standard_normal((300, 24)) @ mix + 0.4


REAL, FAKE = real_and_fake()


class Flat(nn.Module):
    """A feature extractor that hands back what it is given, N x D x 1 x 1."""

    num_features = 24

    def forward(self, values):
        return values.flatten(1)


def filled(metric, real=REAL, fake=FAKE):
    for start in range(0, 400, 100):
        metric.update(torch.from_numpy(real[start : start + 100])[:, :, None, None], real=True)
        metric.update(torch.from_numpy(fake[start : start + 100])[:, :, None, None], real=False) if start < len(
            fake
        ) else None
    return metric


def test_frechet_equals_torchmetrics():
    theirs = filled(
        FrechetInceptionDistance(feature=Flat(), input_img_size=(24, 1, 1)).set_dtype(torch.float64)
    ).compute()
    assert metrics.frechet_distance(FAKE, REAL) == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.parametrize(("n", "m", "dimensions"), [(20, 30, 64), (30, 90, 64), (2, 40, 16), (1, 10, 16), (8, 500, 64)])
def test_the_shortcut_for_many_features_is_exact(n, m, dimensions, rng):
    """The product of the centred features and the D x D covariances give one number."""
    a, b = rng.standard_normal((n, dimensions)) + 0.2, rng.standard_normal((m, dimensions)) * 2
    assert n * m <= dimensions**2 or n == 2 or m == 500
    assert metrics.frechet_distance(a, b) == pytest.approx(frechet.distance(frechet.fit(a), frechet.fit(b)), rel=1e-5)


def test_kernel_distance_equals_torchmetrics():
    metric = filled(KernelInceptionDistance(feature=Flat(), subset_size=300, subsets=1), REAL[:300])
    theirs = float(metric.compute()[0])
    assert metrics.kernel_distance(FAKE, REAL[:300]) == pytest.approx(theirs, rel=1e-4)
    assert metrics.kernel_distance_estimate(FAKE, REAL[:300]).value == pytest.approx(theirs, rel=1e-4)


def test_the_deviation_of_subsets_equals_torchmetrics():
    """Both draw at random: equal within what their drawing leaves open."""
    theirs, spread = (
        float(value) for value in filled(KernelInceptionDistance(feature=Flat(), subset_size=50, subsets=400)).compute()
    )
    ours = metrics.kernel_distance_subsets(FAKE, REAL, subsets=400, size=50)
    assert ours.value == pytest.approx(theirs, abs=4 * np.hypot(spread, ours.deviation) / 20)
    assert ours.deviation == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize("splits", [1, 10])
def test_inception_score_equals_torchmetrics(splits, monkeypatch, rng):
    logits = rng.standard_normal((200, 7)) * 3
    metric = InceptionScore(feature=Flat(), splits=splits)
    metric.update(torch.from_numpy(logits)[:, :, None, None])
    monkeypatch.setattr(torch, "randperm", torch.arange)  # its shuffle cannot be repeated by ours
    mean, deviation = metric.compute()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ours = metrics.inception_score(probabilities, splits, seed=None)
    assert ours.value == pytest.approx(float(mean), rel=1e-4)
    if splits > 1:
        assert ours.deviation == pytest.approx(float(deviation), rel=1e-4)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_prdc_equals_the_implementation_of_its_authors(k):
    theirs = prdc.compute_prdc(REAL, FAKE, nearest_k=k)
    pr, dc = metrics.precision_recall(FAKE, REAL, k), metrics.density_coverage(FAKE, REAL, k)
    assert (pr.precision, pr.recall) == pytest.approx((theirs["precision"], theirs["recall"]), rel=1e-9)
    assert (dc.density, dc.coverage) == pytest.approx((theirs["density"], theirs["coverage"]), rel=1e-9)


def pictures(rng, *shape):
    a = rng.integers(0, 256, shape).astype(np.float64)
    a = np.cumsum(np.cumsum(a - 127.5, axis=2), axis=3)  # smooth, as pictures are
    a = 255 * (a - a.min()) / np.ptp(a)
    b = np.clip(a + rng.normal(0, 20, shape), 0, 255)
    return a.astype(np.uint8), b.astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(176, 176), (192, 256)])
def test_ms_ssim_equals_pytorch_msssim(height, width, rng):
    a, b = pictures(rng, 3, 2, height, width)
    theirs = pytorch_msssim.ms_ssim(
        torch.from_numpy(a).double(), torch.from_numpy(b).double(), data_range=255, size_average=False
    )
    assert metrics.ms_ssim(a, b) == pytest.approx(theirs.numpy(), rel=1e-4)


def test_an_odd_row_is_left_out_of_the_next_scale(rng):
    a, b = pictures(rng, 2, 1, 33, 33)
    coarse = metrics.ms_ssim(
        a[:, :, :32, :32].reshape(2, 1, 16, 2, 16, 2).mean(axis=(3, 5)),
        b[:, :, :32, :32].reshape(2, 1, 16, 2, 16, 2).mean(axis=(3, 5)),
    )
    _, contrast = structural_similarity_index_measure(
        torch.from_numpy(a).double(),
        torch.from_numpy(b).double(),
        data_range=255.0,
        reduction="none",
        return_contrast_sensitivity=True,
    )
    first, second = np.array([0.0448, 0.2856]) / (0.0448 + 0.2856)
    assert metrics.ms_ssim(a, b) == pytest.approx(contrast.numpy() ** first * coarse**second, rel=1e-4)


def test_small_pictures_have_one_scale(rng):
    a, b = pictures(rng, 4, 3, 16, 20)
    theirs = pytorch_msssim.ssim(
        torch.from_numpy(a).double(), torch.from_numpy(b).double(), data_range=255, size_average=False
    )
    assert metrics.ms_ssim(a, b) == pytest.approx(theirs.numpy(), rel=1e-4)


def test_mann_whitney_equals_scipy(rng):
    mine, theirs = rng.integers(0, 30, 80).astype(float), np.sort(rng.integers(3, 33, 60)).astype(float)
    expected = scipy.stats.mannwhitneyu(mine, theirs, alternative="less", method="asymptotic", use_continuity=False)
    area, chance = _mann_whitney(mine, theirs)
    assert area == pytest.approx(1 - expected.statistic / (80 * 60), rel=1e-9)
    assert chance == pytest.approx(expected.pvalue, rel=1e-6)


def test_the_chance_of_close_samples_by_simulation(rng):
    draws = np.array([(np.sort(values[:40])[1] > values[40:]).sum() for values in rng.random((20_000, 70))])
    for close in (1, 3, 6):
        assert _chance(close, 2, 30, 40) == pytest.approx((draws >= close).mean(), abs=0.015)


def test_wilson_equals_scipy():
    for hits, count in ((0, 5), (3, 7), (100, 100), (90, 1000)):
        expected = scipy.stats.binomtest(hits, count).proportion_ci(method="wilson")
        found = metrics.wilson(hits, count)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_moments_equal_numpy_for_any_chunks():
    far = REAL + 1e6  # sums of squares would lose every digit here
    cuts = [0, 1, 3, 3, 120, 400]
    moments = metrics.Moments()
    for start, stop in zip(cuts, cuts[1:], strict=False):
        moments.add(far[start:stop])
    other = metrics.Moments().add(far[:200]).merge(metrics.Moments().merge(metrics.Moments().add(far[200:])))
    for gaussian in (moments.gaussian(), other.gaussian()):
        assert gaussian.mean == pytest.approx(far.mean(axis=0), rel=1e-12)
        np.testing.assert_allclose(gaussian.covariance, np.cov(far.T), rtol=1e-7, atol=1e-7)
        assert frechet.distance(gaussian, frechet.fit(far)) == pytest.approx(0, abs=1e-6)


def everything(a, b):
    """Every number of features that is worked out in chunks."""
    labels = np.arange(len(a)) % 3, np.arange(len(b)) % 3
    copied = metrics.memorisation(a, b, b[::2] + 0.1)
    return [
        metrics.precision_recall(a, b),
        metrics.density_coverage(a, b),
        metrics.intra_class_diversity(a, b, *labels).value,
        (copied.share, copied.closer, copied.chance, *copied.samples, *copied.neighbours),
        metrics.kernel_distance_estimate(a, b),
        metrics.frechet_error(a, b),
        metrics.Moments().add(a).gaussian().covariance.sum(),
    ]


@pytest.mark.parametrize("cells", [1, 700, 10**9])
def test_chunks_change_nothing(cells, monkeypatch):
    lattice = np.array([[x, y, 0.0] for x in range(8) for y in range(8)]) / 3  # distances tie everywhere
    pairs = [(FAKE, REAL), (lattice + 30, lattice + 30), (REAL[:2], REAL[:2])]
    expected = [everything(a, b) for a, b in pairs]
    monkeypatch.setattr(arrays, "MAX_CELLS", cells)
    for (a, b), values in zip(pairs, expected, strict=True):
        for mine, theirs in zip(everything(a, b), values, strict=True):
            np.testing.assert_allclose(numbers(mine), numbers(theirs), rtol=1e-7)


def test_chunks_of_pictures_change_nothing(monkeypatch, rng):
    a, b = pictures(rng, 5, 3, 24, 24)
    expected = metrics.ms_ssim(a, b)
    of_pairs = metrics.ms_ssim_of_pairs(a, 7)
    monkeypatch.setattr(arrays, "MAX_CELLS", 1)
    np.testing.assert_array_equal(metrics.ms_ssim(a, b), expected)
    assert metrics.ms_ssim_of_pairs(a, 7) == of_pairs


def numbers(value):
    return list(vars(value).values()) if hasattr(value, "__dict__") else value


def test_the_matrix_root_of_many_features(rng):
    """2,000 x 128: as scipy's square root of the product of the covariances."""
    a, b = rng.standard_normal((2000, 128)), rng.standard_normal((1500, 128)) @ (rng.standard_normal((128, 128)) / 10)
    root = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("count", [3, 10])
def test_the_line_of_an_extrapolation_equals_scipys(count, rng):
    x = rng.random(count)
    y = 3 - 2 * x + 0.1 * rng.normal(size=count)
    expected = scipy.stats.linregress(x, y)
    found = frechet._line(x, y)
    assert found == pytest.approx((expected.intercept, expected.slope, expected.intercept_stderr), rel=1e-9)


def test_pairs_of_pictures_are_different_ones_and_their_spread_is_that_of_a_mean(rng):
    images = rng.integers(0, 256, (4, 1, 16, 16), dtype=np.uint8)
    found = metrics.ms_ssim_of_pairs(images, pairs=600, seed=3)
    every = [
        float(metrics.ms_ssim(images[a : a + 1], images[b : b + 1])[0]) for a in range(4) for b in range(4) if a != b
    ]
    assert found.value == pytest.approx(np.mean(every), abs=4 * np.std(every) / np.sqrt(600))
    assert found.error == pytest.approx(np.std(every) / np.sqrt(600), rel=0.1)
    assert metrics.ms_ssim_of_pairs(images, pairs=1).error == float("inf")
    assert metrics.ms_ssim_of_pairs(images, pairs=7, seed=3) == metrics.ms_ssim_of_pairs(images, pairs=7, seed=3)


@pytest.mark.parametrize(
    ("shapes", "scales", "words"),
    [
        (((2, 1, 8, 8), (2, 1, 8, 9)), None, r"N x C x H x W alike, not of shapes \(2, 1, 8, 8\) and \(2, 1, 8, 9\)"),
        (((2, 8, 8), (2, 8, 8)), None, "N x C x H x W alike"),
        (((0, 1, 8, 8), (0, 1, 8, 8)), None, "N x C x H x W alike"),
        (((2, 1, 8, 99), (2, 1, 8, 99)), 5, "pictures of 8 pixels have 1 to 4 scales, not 5"),
        (((2, 1, 99, 99), (2, 1, 99, 99)), 6, "pictures of 99 pixels have 1 to 5 scales, not 6"),
        (((2, 1, 9, 9), (2, 1, 9, 9)), 0, "have 1 to 4 scales, not 0"),
    ],
)
def test_what_ms_ssim_cannot_compare(shapes, scales, words):
    with pytest.raises(ValueError, match=words):
        metrics.ms_ssim(*(np.zeros(shape) for shape in shapes), scales)


def test_subsets_of_a_kernel_distance():
    """As many as there are at most; a single subset has no deviation; samples of both kinds are drawn anew."""
    few = metrics.kernel_distance_subsets(FAKE, REAL[:20], subsets=1, size=50)
    assert (few.deviation, few.parts) == (0.0, 1)
    whole = metrics.kernel_distance_subsets(FAKE[:20], REAL[:20], subsets=5, size=50)
    assert whole.value == pytest.approx(metrics.kernel_distance(FAKE[:20], REAL[:20]))
    assert whole.deviation == pytest.approx(0, abs=1e-9) and whole.parts == 5
    one, other = (metrics.kernel_distance_subsets(FAKE, REAL, 9, 30, seed) for seed in (1, 2))
    assert one != other
