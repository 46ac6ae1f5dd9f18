"""Frechet and kernel distances against scipy's matrix root and the definition, and at the edges."""

import numpy as np
import pytest
import scipy.linalg

from sparring.metrics import frechet_distance, kernel_distance
from sparring.metrics.frechet import frechet_error, frechet_extrapolated


@pytest.mark.parametrize("dimensions", [2, 16, 64])
def test_frechet_equals_the_matrix_square_root(dimensions, rng):
    a = rng.standard_normal((500, dimensions)) @ rng.standard_normal((dimensions, dimensions))
    b = rng.standard_normal((400, dimensions)) * 2 + 0.5
    root = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_frechet_is_finite_and_real_for_few_samples(count, rng):
    few = rng.standard_normal((count, 64))
    value = frechet_distance(few, rng.standard_normal((300, 64)))
    assert np.isfinite(value)
    assert value > 0


@pytest.mark.parametrize("fixed", [False, True])
def test_the_error_does_not_depend_on_the_number_of_features(fixed, rng):
    """Few samples of many features span few dimensions; there the same numbers come out, without large matrices."""
    a, b = rng.standard_normal((30, 8)), rng.standard_normal((25, 8)) + 0.3
    turned = np.linalg.qr(rng.standard_normal((2000, 8)))[0]
    few, many = frechet_error(a, b, fixed), frechet_error(a @ turned.T, b @ turned.T, fixed)
    assert many == pytest.approx(few, rel=1e-6)
    few, many = (frechet_extrapolated(*each, least=15).value for each in ((a, b), (a @ turned.T, b @ turned.T)))
    assert many == pytest.approx(few, rel=1e-6)


def test_frechet_of_equal_sets_is_zero(rng):
    a = rng.standard_normal((100, 64))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(np.ones((10, 64)), np.ones((10, 64))) == 0


def test_a_collapsed_generator_has_a_large_distance(rng):
    real = rng.standard_normal((1000, 32))
    collapsed = np.repeat(real[:1], 1000, axis=0)
    assert frechet_distance(collapsed, real) > 5 * frechet_distance(rng.standard_normal((1000, 32)), real)
    assert kernel_distance(collapsed, real) > 5 * abs(kernel_distance(rng.standard_normal((1000, 32)), real))


def test_kernel_distance_is_its_definition(rng):
    a, b = rng.standard_normal((7, 3)), rng.standard_normal((5, 3))

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 3

    within_a = np.mean([kernel(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    within_b = np.mean([kernel(b[i], b[j]) for i in range(5) for j in range(5) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(within_a + within_b - 2 * across, rel=1e-10)


def test_kernel_distance_is_unbiased(rng):
    """The mean over many small draws of one distribution is 0, where the Frechet distance is far above."""
    draws = [(rng.standard_normal((20, 8)), rng.standard_normal((20, 8))) for _ in range(300)]
    values = [kernel_distance(a, b) for a, b in draws]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert np.mean([frechet_distance(a, b) for a, b in draws]) > 1


def test_the_kernel_distance_needs_two_samples():
    with pytest.raises(ValueError, match="at least two"):
        kernel_distance(np.zeros((1, 3)), np.zeros((5, 3)))
