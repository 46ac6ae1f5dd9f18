"""What a generator's latent space holds: the directions along which its samples change most, and mixtures of styles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..networks import sampling
from .generator import Gan, load

STYLES = 4096  # of which the principal directions are those of the cloud
PLACES = 16  # latents at which the generator's slope is measured
STEP = 0.05  # of a finite difference, in standard deviations of the latent


def explore_files(
    run: Path, out: Path, directions: int = 8, columns: int = 7, reach: float = 3.0, *, seed: int = 0, label: str | int | None = None
) -> list[Path]:
    """Write a sheet of principal directions (a row each: one sample moved from -reach to +reach standard deviations) and, for
    style-based generators, a sheet of style mixtures. Returns their paths."""
    gan = load(run)
    gan.must_walk()
    out.mkdir(parents=True, exist_ok=True)
    sheets = {"directions": _directions_sheet(gan, directions, columns, reach, seed, label)}
    if gan.styled:
        sheets["mixtures"] = _mixtures_sheet(gan, columns, seed, label)
    written: list[Path] = []
    for name, (values, wide) in sheets.items():
        written += gan.modality.preview(values, gan.codec, wide).write(out / name)
    return written


def principal_directions(gan: Gan, count: int, seed: int = 0, label: str | int | None = None) -> tuple[Tensor, Tensor]:
    """The `count` orthonormal directions (count x D) along which samples change most, and how far one standard deviation is.

    Style-based generators: principal components of the cloud of styles (Harkonen et al. 2020, arXiv:2004.02546, section 2.1).
    Others: eigenvectors of the mean of J^T J, J the slope of the sample with respect to the latent, by central differences.
    """
    if gan.styled:
        indices = range(STYLES)
        latents = sampling.latents(gan.recipe.latent, seed, indices)
        cloud = gan.styles(latents, gan.labels(indices, seed, label))[:, 0]
        _, values, rows = torch.linalg.svd(cloud - cloud.mean(dim=0), full_matrices=False)
        return rows[:count], values[:count] / STYLES**0.5
    indices = range(PLACES)
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    spread = latents.std().item()
    slopes = _slopes(gan, latents, gan.labels(indices, seed, label), STEP * spread)
    _, vectors = torch.linalg.eigh(slopes)
    return vectors.T.flip(0)[:count], torch.full((min(count, len(slopes)),), spread)


def _slopes(gan: Gan, latents: Tensor, labels: list[int] | None, step: float) -> Tensor:
    """The mean of J^T J over these latents, D x D, in float64."""
    size = latents.shape[1]
    total = torch.zeros(size, size, dtype=torch.float64)
    offsets = step * torch.eye(size)
    for place in range(len(latents)):
        around = torch.cat([latents[place] + offsets, latents[place] - offsets])
        condition = None if labels is None else {"class": torch.full((len(around),), labels[place])}
        made = torch.cat(list(sampling.sample(gan.generator, around, condition, size=64))).flatten(1).double()
        jacobian = (made[:size] - made[size:]) / (2 * step)
        total += jacobian @ jacobian.T
    return total / len(latents)


def _directions_sheet(gan: Gan, count: int, columns: int, reach: float, seed: int, label: str | int | None) -> tuple[np.ndarray, int]:
    rows, deviations = principal_directions(gan, count, seed, label)
    steps = torch.linspace(-reach, reach, columns)
    moves = (steps[None, :, None] * deviations[:, None, None] * rows.float()[:, None]).flatten(0, 1)
    latent, labels = sampling.latents(gan.recipe.latent, seed, [0]), gan.labels([0], seed, label)
    if gan.styled:
        return gan.decode_styles(gan.styles(latent, labels) + moves[:, None]), columns
    return gan.decode(latent + moves, labels and labels * len(moves)), columns


def _mixtures_sheet(gan: Gan, columns: int, seed: int, label: str | int | None) -> tuple[np.ndarray, int]:
    """Rows give the coarse half of the layers, columns the fine half (Karras et al. 2019, arXiv:1812.04948, figure 3)."""
    indices = range(2 * columns)
    styles = gan.styles(sampling.latents(gan.recipe.latent, seed, indices), gan.labels(indices, seed, label))
    coarse = torch.arange(styles.shape[1]) < styles.shape[1] // 2
    pairs = [torch.where(coarse[:, None], styles[row], styles[columns + column]) for row in range(columns) for column in range(columns)]
    return gan.decode_styles(torch.stack(pairs)), columns
