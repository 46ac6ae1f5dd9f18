"""A generator that begins as a statistical model of the data and learns by sparring what that leaves out.

The start is a mixture of Gaussians, one for each class (without labels, for each of some clusters), each with its mean and its first
principal components: samples of it look like blurred, ghostly data before any training (a mixture of probabilistic principal component
analysers without its noise: Tipping & Bishop 1999, Neural Computation 11). A convolutional network with skip connections sees that
picture and the latent and corrects it, as a residual (He et al. 2016). The idea of joining the two is this project's own; what it brings is
measured in docs/experiments.md.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from ..errors import UserError
from . import register
from .dcgan import WIDEST, Shape
from .layers import Condition, HalvingConv, JoinedLabel, Width, halved, halvings

MOST_NUMBERS = 1 << 22  # of all components together; beyond, all parts share theirs
ENOUGH = 8  # examples a component, below which a part has none of its own
EDGE = 0.97  # of values in [-1, 1]: beyond it the inverse of tanh runs away


class EnlargingConv(nn.Conv2d):
    """Linear enlargement to a size, then a convolution: no grid of the stride, which transposed convolutions leave (Odena et al. 2016,
    Distill, doi:10.23915/distill.00003)."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int]):
        super().__init__(inputs, outputs, 3, padding=1)
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(interpolate(x, self.size, mode="bilinear", align_corners=False))


@register("refiner-generator")
class Refiner(nn.Module):
    """latent (N x latent_size) -> the start's picture -> corrected by a network of halvings and growings -> a picture (N x C x H x W).

    parts: clusters where there are no classes, chosen by the latent's first value. rank: components of a part, along which the next values
    of the latent move the start. start_side: the start's longer side is at most this, enlarged linearly. end_side: as in the other
    convolutional networks. `fit` must have seen the data before the start shows any.
    """

    means: Tensor
    axes: Tensor
    ends: Tensor

    def __init__(
        self,
        shape: Shape,
        classes: int,
        latent_size: int,
        *,
        width: Width = 16,
        rank: Width = 16,
        parts: Width = 10,
        start_side: Width = 32,
        end_side: Width = 8,
    ):
        super().__init__()
        if latent_size < 2:
            raise UserError("the refiner's latent needs two values at least: one chooses a cluster, the others move along its components")
        channels, height, picture_width = shape
        self.shape, self.classes = shape, classes
        self.choosing = 0 if classes else 1  # values of the latent that choose a cluster
        self.rank, self.parts = max(1, min(rank, latent_size - 1)), classes or parts
        shrink = max(1.0, max(height, picture_width) / start_side)
        self.start_shape = (channels, max(1, round(height / shrink)), max(1, round(picture_width / shrink)))
        numbers = channels * self.start_shape[1] * self.start_shape[2]
        sets = self.parts if self.parts * self.rank * numbers <= MOST_NUMBERS else 1
        self.register_buffer("means", torch.zeros(self.parts, numbers))
        self.register_buffer("axes", torch.zeros(sets, self.rank, numbers))
        self.register_buffer("ends", torch.linspace(0, 1, self.parts + 1)[1:])  # of the parts' shares, one after the other

        stages = halvings(height, picture_width, end_side, least=1)
        widths = [min(WIDEST, width * 2**power) for power in range(stages)]
        self.down = nn.ModuleList(HalvingConv(inputs, outputs, 4) for inputs, outputs in zip([channels, *widths], widths, strict=False))
        self.down_norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in widths)
        end = halved(height, picture_width, stages)
        self.join = JoinedLabel(latent_size, self.parts)
        self.inject = nn.Sequential(nn.Linear(self.join.width, widths[-1] * end[0] * end[1]), nn.Unflatten(1, (widths[-1], *end)))
        self.up = nn.ModuleList(
            EnlargingConv(widths[stage], widths[stage - 1], halved(height, picture_width, stage)) for stage in reversed(range(1, stages))
        )
        self.up_norms = nn.ModuleList(nn.BatchNorm2d(widths[stage - 1]) for stage in reversed(range(1, stages)))
        self.last = EnlargingConv(widths[0], channels, (height, picture_width))
        self.strength = nn.Parameter(torch.full((), 0.1))  # of the correction: it begins small

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        part = self.part(latent) if condition is None or not self.classes else condition["class"]
        start = self.start(latent, part)
        x, seen = torch.tanh(start), list[Tensor]()
        for conv, norm in zip(self.down, self.down_norms, strict=True):
            x = conv(x)
            if len(seen) == len(self.down) - 1:
                x = x + self.inject(self.join(latent, {"class": part}))
            x = relu(norm(x))
            seen.append(x)
        for conv, norm, skipped in zip(self.up, self.up_norms, reversed(seen[:-1]), strict=True):
            x = relu(norm(conv(x)) + skipped)
        return torch.tanh(start + self.strength * self.last(x))

    def part(self, latent: Tensor) -> Tensor:
        """Which cluster a sample is of, N: where the normal distribution function of its first latent value falls among the shares."""
        share = torch.special.ndtr(latent[:, 0].float())
        return torch.bucketize(share, self.ends[:-1].to(share), right=True)

    def start(self, latent: Tensor, part: Tensor) -> Tensor:
        """The pictures of the mixture before tanh, N x C x H x W."""
        along, axes = latent[:, 1 : 1 + self.rank].float(), self.axes
        moved = along @ axes[0] if len(axes) == 1 else (along[:, None] @ axes[part])[:, 0]
        pictures = (self.means[part] + moved).unflatten(1, self.start_shape)
        if self.start_shape == self.shape:
            return pictures
        return interpolate(pictures, self.shape[1:], mode="bilinear", align_corners=False)

    @torch.no_grad()
    def look(self, samples: Tensor) -> Tensor:
        """What `fit` wants of examples, N x C x H x W in [-1, 1]: their values before tanh at the start's size, N x D."""
        pictures = samples.float()
        if self.start_shape != self.shape:
            pictures = interpolate(pictures, self.start_shape[1:], mode="area")
        return torch.atanh(pictures.clamp(-EDGE, EDGE)).flatten(1)

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None) -> None:
        """Take the start from examples: rows as `look` gives them, labels N class numbers, or None for a network without classes."""
        part = labels if labels is not None and self.classes else self._clusters(rows)
        counts = torch.bincount(part, minlength=self.parts)
        whole = rows.mean(dim=0)
        for number in range(self.parts):
            self.means[number] = rows[part == number].mean(dim=0) if counts[number] else whole
        self.ends.copy_((counts / counts.sum()).cumsum(0))
        rest = rows - self.means[part]
        shared = self._components(rest)
        for number in range(len(self.axes)):
            own = len(self.axes) > 1 and counts[number] >= ENOUGH * self.rank
            self.axes[number] = self._components(rest[part == number]) if own else shared

    def _components(self, rest: Tensor) -> Tensor:
        """rank x D: the directions in which rows around 0 vary most, each as long as their deviation along it; zeros for what there is not."""
        found = torch.zeros_like(self.axes[0])
        rank = min(self.rank, *rest.shape)
        _, lengths, directions = torch.svd_lowrank(rest, q=min(rank + 8, *rest.shape), niter=4)
        found[:rank] = (directions * lengths / len(rest) ** 0.5).T[:rank]
        return found

    def _clusters(self, rows: Tensor) -> Tensor:
        """A cluster for each row, N, by k-means among their principal components."""
        from sklearn.cluster import KMeans

        centred = rows - rows.mean(dim=0)
        _, _, directions = torch.svd_lowrank(centred, q=min(32, *rows.shape))
        clusters = min(self.parts, len(rows))
        return torch.from_numpy(KMeans(clusters, n_init=1, random_state=0).fit_predict((centred @ directions).numpy())).long()
