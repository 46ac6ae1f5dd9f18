"""Clusters of rows."""

import warnings

import pytest
import torch

from sparring.statistics.clustering import kmeans


@pytest.mark.parametrize("different", [1, 2, 5])
def test_fewer_different_rows_than_clusters_are_no_fault(different):
    rows = torch.eye(5)[torch.arange(20) % different]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = kmeans(rows - rows.mean(0), 8, axes=3)
    assert len(set(found.tolist())) == different
    assert all(found[row] == found[row % different] for row in range(20))
