"""A mixture of Gaussians, each given by its mean and its first principal components."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .clustering import kmeans
from .principal_axes import principal_axes

MAX_AXIS_VALUES = 1 << 22  # numbers in the axes of all components together; above, all components share one set of axes
MIN_EXAMPLES_PER_AXIS = 8  # a component with fewer examples for each of its axes takes the shared axes
CLUSTER_AXES = 32  # principal components in which clusters are sought


class PCAMixture(nn.Module):
    """x = mean_k + axes_k^T z, with component k drawn by its weight and z from N(0, I).

    A mixture of probabilistic principal component analysers in the limit of no noise (Tipping & Bishop 1999, Neural
    Computation 11, 443-482). Components are classes where there are labels, else clusters found by k-means.

    Attributes:
        means: components x D.
        axes: components x rank x D, or 1 x rank x D where all components share them.
        cumulative_weights: components, the sums of the mixture's weights up to each.
    """

    means: Tensor
    axes: Tensor
    cumulative_weights: Tensor

    def __init__(self, size: int, components: int, rank: int):
        super().__init__()
        self.rank, self.components = rank, components
        sets = components if components * rank * size <= MAX_AXIS_VALUES else 1
        self.register_buffer("means", torch.zeros(components, size))
        self.register_buffer("axes", torch.zeros(sets, rank, size))
        self.register_buffer("cumulative_weights", torch.linspace(0, 1, components + 1)[1:])

    def select(self, normal: Tensor) -> Tensor:
        """Component numbers (N) drawn by their weights.

        The normal distribution function turns N normal values into uniform ones, which fall among the weights.
        """
        uniform = torch.special.ndtr(normal.float())
        return torch.bucketize(uniform, self.cumulative_weights[:-1].to(uniform), right=True)

    def draw(self, component: Tensor, normal: Tensor) -> Tensor:
        """N component numbers and N x rank normal values -> N x D."""
        normal, axes = normal.float(), self.axes
        moved = normal @ axes[0] if len(axes) == 1 else (normal[:, None] @ axes[component])[:, 0]
        return self.means[component] + moved

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None) -> None:
        """Fits weights, means and axes to N x D rows. labels: N component numbers, or None to find clusters."""
        component = self._clusters(rows) if labels is None else labels
        counts = torch.bincount(component, minlength=self.components)
        overall_mean = rows.mean(dim=0)
        for number in range(self.components):
            self.means[number] = rows[component == number].mean(dim=0) if counts[number] else overall_mean
        self.cumulative_weights.copy_((counts / counts.sum()).cumsum(0))
        centred = rows - self.means[component]
        shared = principal_axes(centred, self.rank, self.rank)
        for number in range(len(self.axes)):
            own = len(self.axes) > 1 and counts[number] >= MIN_EXAMPLES_PER_AXIS * self.rank
            self.axes[number] = principal_axes(centred[component == number], self.rank, self.rank) if own else shared

    def _clusters(self, rows: Tensor) -> Tensor:
        return kmeans(rows - rows.mean(dim=0), min(self.components, len(rows)), CLUSTER_AXES)
