"""A walk through latent space from sample to sample."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import UserError, nearest
from ..networks import sampling
from .generator import Gan, load

METHODS = ("auto", "spherical", "linear", "style")
FILM_SUFFIXES, STRIP_SUFFIX = (".mp4", ".gif"), ".png"
DECODED_AT_ONCE = 64  # samples
MAX_STRIP_VALUES = 1 << 28  # pixels times channels of a strip, which is one picture

Progress = Callable[[float], None]  # is told the share that is done


@dataclass(frozen=True)
class _Walk:
    """points: N x D latents or flattened styles. labels: N class numbers, or None."""

    points: Tensor
    labels: list[int] | None
    method: str


def interpolate_file(
    run: Path,
    out: Path,
    keyframes: int = 6,
    frames: int = 24,
    *,
    seed: int = 0,
    label: str | int | None = None,
    fps: int = 24,
    method: str = "auto",
    device: str = "cpu",
    progress: Progress | None = None,
) -> Path:
    """Writes a walk through latent space as a film, which closes into a loop, or as one strip of pictures.

    Args:
        run: The run folder.
        out: A film (.mp4, .gif) or a strip (.png).
        keyframes: Samples that the walk passes through.
        frames: Samples from one keyframe to the next.
        seed: Of the keyframes.
        label: The class of all samples; None: each keyframe has the next class, which changes half way between two.
        fps: Frames a second.
        device: See `load`.
        progress: Is told the share that is done.
        method: "spherical" or "linear" between latents, "style" on a straight line between styles (style-based
            generators), or "auto": spherical for normal latents, linear for uniform ones.

    Returns:
        The path written.

    Raises:
        UserError: The suffix or the method is unknown, or the model cannot be interpolated so.
    """
    return interpolate(load(run, device), out, keyframes, frames, seed, label, fps, method, progress)


def interpolate(
    gan: Gan,
    out: Path,
    keyframes: int,
    frames: int,
    seed: int = 0,
    label: str | int | None = None,
    fps: int = 24,
    method: str = "auto",
    progress: Progress | None = None,
) -> Path:
    """Writes a walk through the latent space of a generator that is loaded, as `interpolate_file` does."""
    from ..reports import write_frames

    gan.check_interpolable()
    suffix = out.suffix.lower()
    if suffix not in (*FILM_SUFFIXES, STRIP_SUFFIX):
        raise UserError(f"{out} should end in .mp4 or .gif (a film) or .png (a strip)")
    if method not in METHODS:
        raise UserError(f"interpolation method '{method}' is unknown; {nearest(method, METHODS)}")
    if method == "auto":
        method = "spherical" if gan.recipe.latent.distribution == "normal" else "linear"
    loop = suffix in FILM_SUFFIXES
    needed = (keyframes - 1) * frames * prod(gan.codec.shape)
    if not loop and needed > MAX_STRIP_VALUES:
        raise UserError(f"a strip of {(keyframes - 1) * frames + 1:,} pictures is too wide; ask for fewer --frames")
    walk = _walk(gan, keyframes, frames, seed, label, method, loop)
    report = progress or (lambda share: None)
    if not loop:
        return gan.modality.write(np.concatenate(list(_decoded(gan, walk, report))), None, out, True, gan.codec)[0]
    values = (part[number : number + 1] for part in _decoded(gan, walk, report) for number in range(len(part)))
    previews = (gan.modality.preview(value, gan.codec, 1) for value in values)
    return write_frames((Image.open(io.BytesIO(preview.png)) for preview in previews), out, fps)


def _walk(gan: Gan, keyframes: int, frames: int, seed: int, label: str | int | None, method: str, loop: bool) -> _Walk:
    """The points of a walk. A loop returns to its first keyframe; otherwise it ends at the last one."""
    latents = sampling.latents(gan.recipe.latent, seed, range(keyframes))
    keyframe_labels = None
    if gan.classes or label is not None:
        number = None if label is None else gan.class_number(label)
        keyframe_labels = [at % len(gan.classes) if number is None else number for at in range(keyframes)]
    ends = latents if method != "style" else gan.styles(latents, keyframe_labels).flatten(1)
    pairs = [(at, (at + 1) % keyframes) for at in range(keyframes if loop else keyframes - 1)]
    shares = torch.linspace(0, 1, frames + 1)[:-1]
    points = torch.cat([between(ends[first], ends[second], shares, method) for first, second in pairs])
    if not loop:
        points = torch.cat([points, ends[-1:]])
    if keyframe_labels is None:
        return _Walk(points, None, method)
    nearest_keyframes = [first if share < 0.5 else second for first, second in pairs for share in shares.tolist()]
    labels = [keyframe_labels[at] for at in (*nearest_keyframes, *(() if loop else (keyframes - 1,)))]
    return _Walk(points, labels, method)


def _decoded(gan: Gan, walk: _Walk, progress: Progress) -> Iterator[np.ndarray]:
    """The decoded samples of a walk, a part at a time."""
    for start in range(0, len(walk.points), DECODED_AT_ONCE):
        points = walk.points[start : start + DECODED_AT_ONCE]
        if walk.method == "style":
            yield gan.decode_styles(points.unflatten(1, (gan.generator.num_layers, -1)))
        else:
            yield gan.decode(points, walk.labels and walk.labels[start : start + DECODED_AT_ONCE])
        progress(min(1.0, (start + DECODED_AT_ONCE) / len(walk.points)))


def between(first: Tensor, second: Tensor, shares: Tensor, method: str) -> Tensor:
    """Points at these shares of the way between two points of D values, len(shares) x D.

    "spherical": along the great circle, for normal latents, whose length matters (White 2016, arXiv:1609.04468). Any
    other method: on the straight line, on which uniform latents stay in their box.
    """
    t = shares[:, None]
    if method != "spherical":
        return (1 - t) * first + t * second
    angle = torch.arccos(torch.clamp(torch.dot(first / first.norm(), second / second.norm()), -1, 1))
    if torch.sin(angle) < 1e-4:  # equal or opposite directions, between which no great circle is unique
        return (1 - t) * first + t * second
    return (torch.sin((1 - t) * angle) * first + torch.sin(t * angle) * second) / torch.sin(angle)
