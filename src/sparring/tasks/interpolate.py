"""A walk through latent space from sample to sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .. import sampling
from ..errors import UserError
from ..gan import load


def interpolate_file(
    run: Path, out: Path, stops: int = 6, frames: int = 24, *, seed: int = 0, label: str | int | None = None, fps: int = 24
) -> Path:
    """Write the walk as a film (.mp4, .gif) or as one strip (.png) and return its path. The film closes into a loop.

    Where there are labels and none is asked for, the class changes half way between two stops.
    """
    from ..reports import write_frames

    gan = load(run)
    indices = list(range(stops))
    if out.suffix.lower() not in (".mp4", ".gif", ".png"):
        raise UserError(f"{out} should end in .mp4 or .gif (a film) or .png (a strip)")
    film = out.suffix.lower() != ".png"
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    ends = [(stop, (stop + 1) % stops) for stop in range(stops if film else stops - 1)]
    shares = torch.linspace(0, 1, frames + 1)[:-1]
    walk = torch.cat([between(latents[a], latents[b], shares, gan.recipe.latent.distribution) for a, b in ends])
    labels = None
    if gan.classes or label is not None:
        at = [gan.class_number(label)] * stops if label is not None else [number % len(gan.classes) for number in indices]
        labels = [at[a] if share < 0.5 else at[b] for a, b in ends for share in shares.tolist()]
    if not film:  # a film is a loop; a strip ends at its last stop
        walk = torch.cat([walk, latents[-1:]])
        labels = labels and [*labels, at[-1]]
    values = np.concatenate(
        [gan.decode(walk[start : start + 64], labels[start : start + 64] if labels else None) for start in range(0, len(walk), 64)]
    )
    if not film:
        return gan.modality.write(values, None, out, True)[0]
    return write_frames((gan.modality.preview(values[number : number + 1], 1) for number in range(len(values))), out, fps)


def between(a: Tensor, b: Tensor, shares: Tensor, distribution: str) -> Tensor:
    """Points at these shares of the way from latent a to latent b: along the great circle for normal latents, whose length matters
    (White 2016, arXiv:1609.04468), in a straight line for uniform ones, which stay in their box. Returns len(shares) x D."""
    t = shares[:, None]
    if distribution != "normal":
        return (1 - t) * a + t * b
    angle = torch.arccos(torch.clamp(torch.dot(a / a.norm(), b / b.norm()), -1, 1))
    if torch.sin(angle) < 1e-4:  # the same direction, or opposite ones, between which no circle is the great one
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
