"""Sheets of a latent space: the directions along which samples change most, and mixtures of styles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..networks import sampling
from .generator import Gan, load

STYLE_SAMPLES = 4096  # styles whose principal components are the directions
STYLES_AT_ONCE = 512
JACOBIAN_SAMPLES = 16  # latents at which the generator's Jacobian is measured
JACOBIAN_STEP = 0.05  # of a finite difference, in standard deviations of the latent
JACOBIAN_CHUNK_SIZE = 64

Progress = Callable[[float], None]  # is told the share that is done


def explore_files(
    run: Path,
    out: Path,
    directions: int = 8,
    columns: int = 7,
    extent: float = 3.0,
    *,
    seed: int = 0,
    label: str | int | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> list[Path]:
    """Writes `directions`, a sheet of principal directions, and `mixtures`, a sheet of style mixtures.

    The latter is for style-based generators alone. Sheets are previews of the modality, such as PNG files.

    Args:
        run: The run folder.
        out: The folder for the sheets.
        directions: Rows of the sheet of directions: in each, one sample is moved along one direction.
        columns: Samples in a row.
        extent: A sample is moved from -extent to +extent standard deviations.
        seed: Of the samples.
        label: The class of all samples; None: as often as in training.
        device: See `load`.
        progress: Is told the share that is done.

    Returns:
        The paths written.

    Raises:
        UserError: The model's samples cannot be shown so.
    """
    gan = load(run, device)
    gan.check_interpolable()
    out.mkdir(parents=True, exist_ok=True)
    report = progress or (lambda share: None)
    report(0.0)
    sheets = 2 if gan.is_style_based else 1
    values = _directions_sheet(
        gan, directions, columns, extent, seed, label, lambda share: report(0.9 * share / sheets)
    )
    paths = gan.modality.preview(values, gan.codec, columns).write(out / "directions")
    report(1 / sheets)
    if gan.is_style_based:
        values = _mixtures_sheet(gan, columns, seed, label)
        paths += gan.modality.preview(values, gan.codec, columns).write(out / "mixtures")
    report(1.0)
    return paths


def principal_directions(
    gan: Gan, count: int, seed: int = 0, label: str | int | None = None, progress: Progress | None = None
) -> tuple[Tensor, Tensor]:
    """The orthonormal directions along which samples change most.

    Style-based generators: principal components of styles (Harkonen et al. 2020, arXiv:2004.02546, section 2.1).
    Others: eigenvectors of the mean of J^T J, where J is the Jacobian of the sample with respect to the latent, by
    central differences.

    Returns:
        directions: count x D.
        deviations: count, how far one standard deviation is along each.
    """
    if gan.is_style_based:
        indices = range(STYLE_SAMPLES)
        latents = sampling.latents(gan.recipe.latent, seed, indices)
        labels, parts = gan.labels(indices, seed, label), []
        for start in range(0, STYLE_SAMPLES, STYLES_AT_ONCE):
            part = slice(start, start + STYLES_AT_ONCE)
            parts.append(gan.styles(latents[part], labels and labels[part])[:, 0])
            if progress:
                progress(0.8 * start / STYLE_SAMPLES)
        styles = torch.cat(parts)
        _, values, directions = torch.linalg.svd(styles - styles.mean(dim=0), full_matrices=False)
        return directions[:count], values[:count] / STYLE_SAMPLES**0.5
    return latent_directions(gan, count, JACOBIAN_SAMPLES, seed, label, progress)


def latent_directions(
    gan: Gan,
    count: int,
    samples: int,
    seed: int = 0,
    label: str | int | None = None,
    progress: Progress | None = None,
) -> tuple[Tensor, Tensor]:
    """As `principal_directions` of generators without styles, for every generator.

    samples: Latents at which the Jacobian is measured.
    """
    indices = range(samples)
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    deviation = latents.std().item()
    labels = gan.labels(indices, seed, label)
    squares = _squared_jacobian(gan, latents, labels, JACOBIAN_STEP * deviation, progress or (lambda share: None))
    _, vectors = torch.linalg.eigh(squares)
    return vectors.T.flip(0)[:count], torch.full((min(count, len(squares)),), deviation)


def moved(gan: Gan, moves: Tensor, seed: int = 0, label: str | int | None = None) -> np.ndarray:
    """Decoded samples: sample 0 of a seed, moved by each of N x D moves.

    moves: Of styles where the generator has them, else of latents.
    """
    latent, labels = sampling.latents(gan.recipe.latent, seed, [0]), gan.labels([0], seed, label)
    if gan.is_style_based:
        return gan.decode_styles(gan.styles(latent, labels) + moves[:, None])
    return gan.decode(latent + moves, labels and labels * len(moves))


def mixed(gan: Gan, seed: int, style_seed: int, layers: int, label: str | int | None = None) -> np.ndarray:
    """One decoded sample: the styles of a seed, and from `layers` on those of another one.

    Style mixing: Karras et al. 2019, arXiv:1812.04948, section 3.1. layers: 0 to the number of layers. Raises UserError
    where the generator has no styles.
    """
    parts = [
        gan.styles(sampling.latents(gan.recipe.latent, each, [0]), gan.labels([0], each, label))
        for each in (seed, style_seed)
    ]
    coarse = (torch.arange(parts[0].shape[1]) < layers)[:, None]
    return gan.decode_styles(torch.where(coarse, parts[0], parts[1]))


def _squared_jacobian(gan: Gan, latents: Tensor, labels: list[int] | None, step: float, progress: Progress) -> Tensor:
    """The mean of J^T J over N latents, D x D, in float64."""
    size = latents.shape[1]
    total = torch.zeros(size, size, dtype=torch.float64)
    offsets = step * torch.eye(size)
    for number, latent in enumerate(latents):
        around = torch.cat([latent + offsets, latent - offsets])
        condition = None if labels is None else {"class": torch.full((len(around),), labels[number])}
        chunks = sampling.sample(gan.generator, around, condition, chunk_size=JACOBIAN_CHUNK_SIZE)
        samples = torch.cat(list(chunks)).flatten(1).double()
        jacobian = (samples[:size] - samples[size:]) / (2 * step)  # transposed: D x values
        total += jacobian @ jacobian.T
        progress((number + 1) / len(latents))
    return total / len(latents)


def _directions_sheet(
    gan: Gan, count: int, columns: int, extent: float, seed: int, label: str | int | None, progress: Progress
) -> np.ndarray:
    """Decoded samples row by row: sample 0, moved along each of `count` directions."""
    directions, deviations = principal_directions(gan, count, seed, label, progress)
    steps = torch.linspace(-extent, extent, columns)
    moves = (steps[None, :, None] * deviations[:, None, None] * directions.float()[:, None]).flatten(0, 1)
    return moved(gan, moves, seed, label)


def _mixtures_sheet(gan: Gan, columns: int, seed: int, label: str | int | None) -> np.ndarray:
    """Decoded samples row by row, columns x columns.

    A row gives the coarse half of the layers, a column the fine half (Karras et al. 2019, arXiv:1812.04948, figure 3).
    """
    indices = range(2 * columns)
    styles = gan.styles(sampling.latents(gan.recipe.latent, seed, indices), gan.labels(indices, seed, label))
    coarse = (torch.arange(styles.shape[1]) < styles.shape[1] // 2)[:, None]
    places = [(row, columns + column) for row in range(columns) for column in range(columns)]
    return gan.decode_styles(torch.stack([torch.where(coarse, styles[row], styles[column]) for row, column in places]))
