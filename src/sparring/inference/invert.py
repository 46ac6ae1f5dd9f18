"""Inversion: the latent or the styles with which a generator makes a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..errors import UserError, nearest
from ..networks import sampling
from ..util import files, safetensors
from .generator import Gan, load

SPACES = ("auto", "latent", "w", "w+")
STARTS = 16  # codes that are searched from in the first third of the steps; the best goes on alone
LEARNING_RATE = 0.1  # of Adam, in standard deviations of the code; falls along a half cosine
SCALES, MIN_SIDE = 3, 4  # the distance is measured at so many sizes, each half the one before, none smaller than this

Progress = Callable[[int, int], None]  # is told how many steps of how many are done
Synthesise = Callable[[Tensor, list[int] | None], Tensor]  # codes and class numbers -> samples


@dataclass(frozen=True)
class Inversion:
    """The code found for a sample.

    Attributes:
        space: "latent", "w" or "w+".
        code: A latent (D) or styles (layers x width).
        label: The class number of the code, None without classes.
        values: The sample that the generator makes of the code, decoded.
        error: Root mean square difference to the target as a share of the value range, 0 to 1.
    """

    space: str
    code: Tensor
    label: int | None
    values: np.ndarray
    error: float

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in decibels."""
        return -20 * float(np.log10(max(self.error, 1e-8)))


def invert_file(
    run: Path,
    picture: Path,
    out: Path,
    *,
    space: str = "auto",
    steps: int = 600,
    seed: int = 0,
    label: str | int | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> tuple[Inversion, list[Path]]:
    """Inverts a picture file.

    Args:
        run: The run folder.
        picture: The file.
        out: A .png that shows the picture and its inversion; the code is written beside it as .safetensors.
        space, steps, seed, label, progress: See `invert`.
        device: See `load`.

    Returns:
        The inversion, and the two paths written.

    Raises:
        UserError: The model or the file cannot be used.
    """
    return write_inversion(
        load(run, device), picture, out, space=space, steps=steps, seed=seed, label=label, progress=progress
    )


def write_inversion(gan: Gan, picture: Path, out: Path, **options: Any) -> tuple[Inversion, list[Path]]:
    """Inverts a picture file with a generator that is loaded, as `invert_file` does. options: those of `invert`."""
    gan.check_interpolable()
    if out.suffix.lower() != ".png":
        raise UserError(f"{out} should end in .png: it will show the picture and its inversion")
    target = gan.modality.read(picture, gan.codec)
    found = invert(gan, target, **options)
    out.parent.mkdir(parents=True, exist_ok=True)
    gan.modality.write(np.stack([target, found.values]), None, out, True, gan.codec)
    code = out.with_suffix(".safetensors")
    about = {"format": 1, "space": found.space, "label": found.label, "error": found.error}
    files.write_bytes(code, safetensors.to_bytes({"code": found.code}, about))
    return found, [out, code]


def invert(
    gan: Gan,
    target: np.ndarray,
    *,
    space: str = "auto",
    steps: int = 600,
    seed: int = 0,
    label: str | int | None = None,
    progress: Progress | None = None,
) -> Inversion:
    """Searches the code whose sample is nearest to a target, by Adam from several starts.

    Args:
        gan: The generator.
        target: One decoded sample, C x H x W.
        space: "latent"; "w", one style for all layers (Karras et al. 2020, arXiv:1912.04958, appendix D); "w+", one for
            each layer (Abdal et al. 2019, arXiv:1904.03189), which begins at the best "w"; "auto" is "w+" for
            style-based generators, else "latent".
        steps: Steps of the search; "w+" takes twice as many.
        seed: Of the starts.
        label: The class to search in; None: all classes.
        progress: Is told the steps that are done and how many there are.

    Raises:
        UserError: The space is unknown or the generator does not have it.
    """
    if space not in SPACES:
        raise UserError(f"'{space}' is no space to search in; {nearest(space, SPACES)}")
    space = ("w+" if gan.is_style_based else "latent") if space == "auto" else space
    codes, labels, synthesise = _starts(gan, space, seed, label)
    search = _Search(
        synthesise, gan.codec.encode(target[None]).to(codes.device), 2 * steps if space == "w+" else steps, progress
    )
    codes, losses = search.descend(codes, labels, steps // 3)
    best = int(losses.argmin())
    best_label = labels and [labels[best]]
    code, _ = search.descend(codes[best : best + 1], best_label, steps - steps // 3)
    if space == "w+":
        code, _ = search.descend(code.repeat(1, gan.generator.num_layers, 1), best_label, steps)
    with torch.no_grad():
        values = gan.codec.decode(synthesise(code, best_label))[0]
    error = float(np.sqrt(np.mean(np.square(values.astype(np.float64) - target))) / 255)
    return Inversion(space, code[0].cpu(), best_label[0] if best_label else None, values, error)


def _starts(gan: Gan, space: str, seed: int, label: str | int | None) -> tuple[Tensor, list[int] | None, Synthesise]:
    """The codes from which the search starts, their class numbers, and how samples are made of codes."""
    latents, device = sampling.latents(gan.recipe.latent, seed, range(STARTS)), sampling.device_of(gan.generator)
    labels = None
    if gan.classes or label is not None:
        number = None if label is None else gan.class_number(label)
        labels = [start % len(gan.classes) if number is None else number for start in range(STARTS)]
    if space == "latent":
        return latents.to(device), labels, _from_latents(gan)
    return gan.styles(latents, labels)[:, :1].to(device), labels, _from_styles(gan)


def _from_latents(gan: Gan) -> Synthesise:
    def made(codes: Tensor, labels: list[int] | None) -> Tensor:
        condition = gan.condition(labels)
        moved = condition and {name: value.to(codes.device) for name, value in condition.items()}
        return gan.generator(codes, moved, gan.fixed_noise(len(codes)))

    return made


def _from_styles(gan: Gan) -> Synthesise:
    layers = gan.generator.num_layers
    return lambda codes, labels: gan.generator.synthesise(codes.expand(-1, layers, -1), gan.fixed_noise(len(codes)))


class _Search:
    """Gradient descent on codes. total: steps of all descents, for the progress."""

    def __init__(self, synthesise: Synthesise, target: Tensor, total: int, progress: Progress | None):
        self.synthesise, self.target, self.total, self.progress = synthesise, target, total, progress
        self.done = 0

    def descend(self, codes: Tensor, labels: list[int] | None, steps: int) -> tuple[Tensor, Tensor]:
        """Codes after `steps` of Adam, each at its best step, and their distances to the target."""
        scale = codes.std().clamp(min=1e-3) if len(codes) > 1 else codes.abs().mean().clamp(min=1e-3)
        moving = codes.clone().requires_grad_()
        optimizer = torch.optim.Adam([moving], lr=1.0, betas=(0.9, 0.99))
        best, lowest = codes.clone(), codes.new_full((len(codes),), torch.inf)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * scale.item() * 0.5 * (1 + np.cos(np.pi * step / steps))
            losses = _distance(self.synthesise(moving, labels), self.target)
            better = losses.detach() < lowest
            best[better], lowest[better] = moving.detach()[better], losses.detach()[better]
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()
            self.done += 1
            if self.progress:
                self.progress(self.done, self.total)
        return best, lowest


def _distance(samples: Tensor, target: Tensor) -> Tensor:
    """Mean squared differences at full and at halved sizes, N; at halved sizes misplaced shapes attract each other."""
    total = samples.new_zeros(len(samples))
    for _ in range(SCALES):
        total = total + (samples - target).square().flatten(1).mean(dim=1)
        if min(samples.shape[2:]) < MIN_SIDE:
            break
        samples, target = avg_pool2d(samples, 2), avg_pool2d(target, 2)
    return total
