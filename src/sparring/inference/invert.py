"""Finding the code of a given sample: which latent, or which styles, does the generator need to make it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..errors import UserError, nearest
from ..networks import sampling
from ..util import files, safetensors
from .generator import Gan, load

SPACES = ("auto", "latent", "w", "w+")
STARTS = 16  # codes tried for the first third of the steps; the best goes on alone
RATE = 0.1  # of Adam, in standard deviations of the code; falls along a half cosine


@dataclass(frozen=True)
class Inversion:
    """code: latent (D) or styles (layers x width). values: what the generator makes of it, as the codec decodes. error: root mean
    square difference to the target as a share of the value range (0 to 1)."""

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
    run: Path, picture: Path, out: Path, *, space: str = "auto", steps: int = 600, seed: int = 0, label: str | int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Inversion, list[Path]]:  # fmt: skip
    """Invert a picture file: writes OUT (.png: the picture beside what the generator makes of it) and the code as OUT.safetensors."""
    gan = load(run)
    gan.must_walk()
    if out.suffix.lower() != ".png":
        raise UserError(f"{out} should end in .png: it will show the picture beside its inversion")
    target = gan.modality.read(picture, gan.codec)
    found = invert(gan, target, space=space, steps=steps, seed=seed, label=label, progress=progress)
    out.parent.mkdir(parents=True, exist_ok=True)
    gan.modality.write(np.stack([target, found.values]), None, out, True, gan.codec)
    code = out.with_suffix(".safetensors")
    about = {"format": 1, "space": found.space, "label": found.label, "error": found.error}
    files.write_bytes(code, safetensors.to_bytes({"code": found.code}, about))
    return found, [out, code]


def invert(
    gan: Gan, target: np.ndarray, *, space: str = "auto", steps: int = 600, seed: int = 0, label: str | int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inversion:  # fmt: skip
    """Search the code whose sample is nearest to `target` (one decoded value, C x H x W) by Adam from several starts.

    space: "latent"; "w" (one style for all layers: Karras et al. 2020, arXiv:1912.04958, appendix D), "w+" (one for each layer: Abdal et
    al. 2019, arXiv:1904.03189, begun at the best "w"); "auto" is "w+" for style-based generators, else "latent".
    """
    if space not in SPACES:
        raise UserError(f"'{space}' is no space to search in; {nearest(space, SPACES)}")
    space = ("w+" if gan.styled else "latent") if space == "auto" else space
    wanted = gan.codec.encode(target[None])
    latents = sampling.latents(gan.recipe.latent, seed, range(STARTS))
    labels = None
    if gan.classes or label is not None:
        labels = [gan.class_number(label)] * STARTS if label is not None else [start % len(gan.classes) for start in range(STARTS)]
    codes, make = latents, _latent_maker(gan)
    if space != "latent":
        codes, make = gan.styles(latents, labels)[:, :1], _style_maker(gan)
    total = 2 * steps if space == "w+" else steps

    def tell(done: int) -> None:
        if progress:
            progress(done, total)

    codes, losses = _descend(codes, labels, make, wanted, steps // 3, tell)
    best = int(losses.argmin())
    chosen = labels and [labels[best]]
    code, _ = _descend(codes[best : best + 1], chosen, make, wanted, steps - steps // 3, lambda done: tell(steps // 3 + done))
    if space == "w+":
        code, _ = _descend(code.repeat(1, gan.generator.layers, 1), chosen, make, wanted, steps, lambda done: tell(steps + done))
    with torch.no_grad():
        values = gan.codec.decode(make(code, chosen))[0]
    error = float(np.sqrt(np.mean(np.square(values.astype(np.float64) - target))) / 255)
    return Inversion(space, code[0], chosen[0] if chosen else None, values, error)


def _descend(
    codes: Tensor, labels: list[int] | None, make: Callable[[Tensor, list[int] | None], Tensor], wanted: Tensor, steps: int,
    tell: Callable[[int], None],
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Codes after `steps` of Adam, each the best that it ever was, and their losses."""
    scale = codes.std().clamp(min=1e-3) if len(codes) > 1 else codes.abs().mean().clamp(min=1e-3)
    moving = codes.clone().requires_grad_()
    optimizer = torch.optim.Adam([moving], lr=1.0, betas=(0.9, 0.99))
    best, least = codes.clone(), torch.full((len(codes),), torch.inf)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * scale.item() * 0.5 * (1 + np.cos(np.pi * step / steps))
        losses = _distance(make(moving, labels), wanted)
        better = losses.detach() < least
        best[better], least[better] = moving.detach()[better], losses.detach()[better]
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        tell(step + 1)
    return best, least


def _distance(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared differences at full and at halved sizes, N: coarse shapes pull from afar."""
    total = torch.zeros(len(made))
    for _ in range(3):
        total = total + (made - wanted).square().flatten(1).mean(dim=1)
        if min(made.shape[2:]) < 4:
            break
        made, wanted = avg_pool2d(made, 2), avg_pool2d(wanted, 2)
    return total


def _latent_maker(gan: Gan) -> Callable[[Tensor, list[int] | None], Tensor]:
    return lambda codes, labels: gan.generator(codes, gan._condition(labels), _still(gan, len(codes)))


def _style_maker(gan: Gan) -> Callable[[Tensor, list[int] | None], Tensor]:
    layers = gan.generator.layers
    return lambda codes, labels: gan.generator.synthesise(codes.expand(-1, layers, -1), _still(gan, len(codes)))


def _still(gan: Gan, count: int) -> Tensor | None:
    drawn = sampling.noise(gan.generator, 0, [0])
    return None if drawn is None else drawn.expand(count, -1)
