"""The start that generators of pictures may have: a mixture of Gaussians fitted to the data.

The mixture lives in the space before tanh; each component has its mean and its first principal components
(statistics.pca_mixture): one for each class, or without labels for each of some clusters. Its samples look like
blurred, ghostly data before any training. docs/experiments.md measures what such a start brings.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..errors import UserError
from ..statistics.pca_mixture import PCAMixture
from .base import Condition, FittedStart, Generator
from .layers import ImageShape, Width

MAX_BEFORE_TANH = 0.97  # larger values are clamped before the inverse of tanh, which runs away at 1


class MixtureStart(Generator, FittedStart):
    """A generator that draws a picture from the mixture, which its subclass corrects.

    The first value of the latent selects a cluster where there are no classes; the next `rank` values move the picture
    along the principal components.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes; each is a component of the mixture. 0: there are clusters instead.
        latent_size: Values of the latent, two at least.
        rank: Principal components of each class or cluster.
        clusters: Components of the mixture where there are no classes.
        mixture_resolution: The longer side of the mixture's pictures is at most this; they are enlarged bilinearly.
    """

    def __init__(
        self, shape: ImageShape, classes: int, latent_size: int, rank: Width, clusters: Width, mixture_resolution: Width
    ):
        super().__init__()
        if latent_size < 2:
            raise UserError(
                "a generator with a fitted start needs a latent of two values at least: "
                "one selects a cluster, the others move along its components"
            )
        channels, height, picture_width = shape
        self.shape, self.classes = shape, classes
        self.untruncated_latents = 0 if classes else 1
        shrink = max(1.0, max(height, picture_width) / mixture_resolution)
        self.mixture_shape = (channels, max(1, round(height / shrink)), max(1, round(picture_width / shrink)))
        self.components, rank = classes or clusters, max(1, min(rank, latent_size - 1))
        self.mixture = PCAMixture(channels * self.mixture_shape[1] * self.mixture_shape[2], self.components, rank)

    def component(self, latent: Tensor, condition: Condition) -> Tensor:
        """The class numbers (N), or the cluster numbers that the first values of latents select."""
        if condition is None or not self.classes:
            return self.mixture.select(latent[:, 0])
        return condition["class"]

    def start(self, latent: Tensor, component: Tensor) -> Tensor:
        """The mixture's pictures before tanh, N x C x H x W. component: N class or cluster numbers."""
        rows = self.mixture.draw(component, latent[:, 1 : 1 + self.mixture.rank])
        pictures = rows.unflatten(1, self.mixture_shape)
        if self.mixture_shape == self.shape:
            return pictures
        return interpolate(pictures, self.shape[1:], mode="bilinear", align_corners=False)

    @torch.no_grad()
    def statistics_input(self, samples: Tensor) -> Tensor:
        """Pictures, N x C x H x W in [-1, 1] -> their values before tanh at the mixture's resolution, N x D."""
        pictures = samples.float()
        if self.mixture_shape != self.shape:
            pictures = interpolate(pictures, self.mixture_shape[1:], mode="area")
        return torch.atanh(pictures.clamp(-MAX_BEFORE_TANH, MAX_BEFORE_TANH)).flatten(1)

    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        self.mixture.fit(rows, labels if self.classes else None)
