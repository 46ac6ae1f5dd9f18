"""A walk through latent space from sample to sample."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import UserError, nearest
from ..networks import sampling
from .generator import load

WAYS = ("auto", "spherical", "linear", "style")


def interpolate_file(
    run: Path,
    out: Path,
    stops: int = 6,
    frames: int = 24,
    *,
    seed: int = 0,
    label: str | int | None = None,
    fps: int = 24,
    way: str = "auto",
) -> Path:
    """Write the walk as a film (.mp4, .gif) or as one strip (.png) and return its path. The film closes into a loop.

    way: "spherical" or "linear" between latents, "style" straight between styles (style-based generators), or "auto": the great circle
    for normal latents, the straight line for uniform ones. Where there are labels and none is asked for, the class changes half way between two stops.
    """
    from ..reports import write_frames

    gan = load(run)
    gan.must_walk()
    indices = list(range(stops))
    if out.suffix.lower() not in (".mp4", ".gif", ".png"):
        raise UserError(f"{out} should end in .mp4 or .gif (a film) or .png (a strip)")
    film = out.suffix.lower() != ".png"
    latents = sampling.latents(gan.recipe.latent, seed, indices)
    ends = [(stop, (stop + 1) % stops) for stop in range(stops if film else stops - 1)]
    shares = torch.linspace(0, 1, frames + 1)[:-1]
    if way not in WAYS:
        raise UserError(f"'{way}' is no way to walk; {nearest(way, WAYS)}")
    if way == "auto":
        way = "spherical" if gan.recipe.latent.distribution == "normal" else "linear"
    labels = None
    if gan.classes or label is not None:
        at = [gan.class_number(label)] * stops if label is not None else [number % len(gan.classes) for number in indices]
        labels = [at[a] if share < 0.5 else at[b] for a, b in ends for share in shares.tolist()]
    points = gan.styles(latents, at if labels else None).flatten(1) if way == "style" else latents
    walk = torch.cat([between(points[a], points[b], shares, way) for a, b in ends])
    if not film:  # a film is a loop; a strip ends at its last stop
        walk = torch.cat([walk, points[-1:]])
        labels = labels and [*labels, at[-1]]

    def made(part: slice) -> np.ndarray:
        if way == "style":
            return gan.decode_styles(walk[part].unflatten(1, (gan.generator.layers, -1)))
        return gan.decode(walk[part], labels[part] if labels else None)

    values = np.concatenate([made(slice(start, start + 64)) for start in range(0, len(walk), 64)])
    if not film:
        return gan.modality.write(values, None, out, True, gan.codec)[0]
    pngs = (gan.modality.preview(values[number : number + 1], gan.codec, 1).png for number in range(len(values)))
    return write_frames((Image.open(io.BytesIO(png)) for png in pngs), out, fps)


def between(a: Tensor, b: Tensor, shares: Tensor, way: str) -> Tensor:
    """Points at these shares of the way from a to b, len(shares) x D: "spherical" along the great circle, for normal latents, whose
    length matters (White 2016, arXiv:1609.04468); any other way in a straight line, on which uniform latents stay in their box."""
    t = shares[:, None]
    if way != "spherical":
        return (1 - t) * a + t * b
    angle = torch.arccos(torch.clamp(torch.dot(a / a.norm(), b / b.norm()), -1, 1))
    if torch.sin(angle) < 1e-4:  # the same direction, or opposite ones, between which no circle is the great one
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
