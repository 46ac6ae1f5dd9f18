"""Scores of label maps, against numbers worked out by hand."""

import numpy as np
import pytest

from sparring.metrics.segmentation import agreement, confusion


def test_agreement_of_maps_by_hand():
    target = np.array([[0, 0, 1, 1], [2, 2, 255, 255]])
    output = np.array([[0, 1, 1, 1], [2, 0, 0, 1]])
    found = agreement(confusion(output, target, 4))
    assert found.accuracy == pytest.approx(4 / 6)
    np.testing.assert_allclose(found.iou, [1 / 3, 2 / 3, 1 / 2, np.nan])
    assert found.mean_iou == pytest.approx(0.5)


def test_agreement_without_any_labelled_pixel():
    found = agreement(confusion(np.zeros((2, 2), int), np.full((2, 2), 255), 3))
    assert (found.mean_iou, found.accuracy) == (0.0, 0.0)


def test_one_pixel_counts_as_a_whole():
    found = agreement(confusion(np.array([[1]]), np.array([[1]]), 2))
    assert found.accuracy == 1
    np.testing.assert_array_equal(found.iou, [np.nan, 1])
