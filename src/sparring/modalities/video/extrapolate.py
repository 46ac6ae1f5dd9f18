"""Films of any length and frame rate: the generator makes a frame for any moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...networks import sampling
from ...networks.film import FilmGenerator
from ...networks.motion import SPACING
from ...util.random import make_rng
from .codec import VideoCodec

MAX_FRAMES = 100_000  # of a film


def extrapolate(
    gan: Any, length: int | None, indices: Sequence[int], seed: int, label: str | int | None, fps: float | None
) -> np.ndarray:
    """Decoded films with these indices. Each depends on (seed, index), label, length and rate alone.

    length: in frames; None: as long in seconds as a film that was learned. fps: None: as learned. A film that is longer
    begins like the shorter one, and things move as fast at any rate.

    Raises UserError for an impossible length or a generator that knows no times.
    """
    codec, generator = gan.codec, gan.generator
    assert isinstance(codec, VideoCodec)
    if not isinstance(generator, FilmGenerator):
        raise UserError("this model makes films of one length and rate; leave --length and --fps out")
    step = 1.0 if fps is None else codec.fps / fps
    length = max(1, round(codec.frames / step)) if length is None else length
    if not 1 <= length <= MAX_FRAMES:
        raise UserError(f"a film can have 1 to {MAX_FRAMES:,} frames, not {length:,}")
    parts = np.array_split(np.array(indices), -(-len(indices) // generator.chunk_size))
    made = [np.concatenate(list(_frames(gan, list(part), seed, label, length, step)), axis=1) for part in parts]
    return np.concatenate(made)


def _frames(
    gan: Any, wanted: list[int], seed: int, label: str | int | None, length: int, step: float
) -> Iterator[np.ndarray]:
    """Decoded frames of films, some at a time: N x `frames` x C x H x W, the last ones fewer."""
    generator = gan.generator
    # always as many films and frames at once, so that the bits do not depend on the others
    indices = wanted + [wanted[-1]] * (generator.chunk_size - len(wanted))
    device, at_once = sampling.device_of(generator), gan.codec.frames
    latents = sampling.latents(gan.recipe.latent, seed, indices).to(device)
    anchors = int(-(-length // at_once) * at_once * step / SPACING) + 2
    noise = _noise(generator, seed, indices, anchors).to(device)
    condition = {
        name: value.to(device) for name, value in (gan.condition(gan.labels(indices, seed, label)) or {}).items()
    }
    for start in range(0, length, at_once):
        time = torch.arange(start, start + at_once, device=device, dtype=torch.float32) * step
        with torch.no_grad():
            made = generator(latents, {**condition, "time": time.expand(len(indices), -1)}, noise)
        yield gan.codec.decode(made[: len(wanted), : length - start])


def _noise(generator: FilmGenerator, seed: int, indices: Sequence[int], anchors: int) -> Tensor:
    """The noise of films, as sampling draws it, with further anchors that depend on (seed, index) alone."""
    first = sampling.noise(generator, seed, indices)
    assert first is not None
    missing = generator.motion.noise_for(anchors) - first.shape[1]
    if missing <= 0:
        return first
    rngs = (make_rng(seed, "later", index) for index in indices)
    return torch.cat([first, torch.from_numpy(np.stack([rng.standard_normal(missing, np.float32) for rng in rngs]))], 1)
