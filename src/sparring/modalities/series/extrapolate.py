"""Series longer than those that were learned, window after window.

Each window begins with the end of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...networks import sampling
from ...networks.series import SeriesLayout
from ...util.random import derive_seed, make_rng
from .codec import SeriesCodec

MAX_STEPS = 1_000_000


def extrapolate(
    gan: Any, length: int | None, indices: Sequence[int], seed: int, label: str | int | None = None
) -> np.ndarray:
    """Decoded series of `length` steps with these indices. Each depends on (seed, index), label and length alone.

    length: None makes each as long as some series of the data; NaN follows its end.

    The first half of every window is drawn given the second half of the window before, and the outputs for both are
    blended there. Raises UserError for an impossible length, and where whole series with their ends were learned.
    """
    codec = gan.codec
    assert isinstance(codec, SeriesCodec)
    parts = np.array_split(np.array(indices), -(-len(indices) // gan.generator.chunk_size))
    if length is None:
        return np.concatenate([_as_long_as_data(gan, codec, list(part), seed, label) for part in parts])
    if not 1 <= length <= MAX_STEPS:
        raise UserError(f"a series can have 1 to {MAX_STEPS:,} steps, not {length:,}")
    if length > codec.steps and not codec.windows:
        raise UserError(
            f"this model learned whole series of up to {codec.steps} steps, which do not go on after their end; "
            "leave --length out"
        )
    made = torch.cat([_windows(gan, codec, length, list(part), seed, label) for part in parts])
    return codec.decode(made)[:, :length]


def _as_long_as_data(
    gan: Any, codec: SeriesCodec, indices: list[int], seed: int, label: str | int | None
) -> np.ndarray:
    """Series with lengths of the data, filled up with NaN to the longest length of all."""
    known = codec.data_lengths
    lengths = [known[int(make_rng(seed, "length", index).integers(len(known)))] for index in indices]
    # an overlap more than needed: no series then holds steps that a further window would have changed
    made = codec.decode(_windows(gan, codec, max(lengths) + codec.steps // 2, indices, seed, label))
    found = np.full((len(indices), max(known), made.shape[2]), np.nan)
    found[:, : made.shape[1]] = made[:, : max(known)]
    for series, steps in zip(found, lengths, strict=True):
        series[steps:, : codec.changing] = np.nan
    return found


def _windows(
    gan: Any, codec: SeriesCodec, length: int, wanted: list[int], seed: int, label: str | int | None
) -> Tensor:
    """Encoded series of at least `length` steps."""
    generator = gan.generator
    # always as many at once, so that the bits do not depend on the others
    indices = wanted + [0] * (generator.chunk_size - len(wanted))
    labels = gan.labels(indices, seed, label)
    condition: dict[str, Tensor] = {} if labels is None else {"class": torch.tensor(labels)}
    device = sampling.device_of(generator)
    condition = {name: value.to(device) for name, value in condition.items()}
    latents = sampling.latents(gan.recipe.latent, seed, indices).to(device)
    overlap = codec.steps // 2
    weight = torch.linspace(0, 1, overlap + 2, device=device)[1:-1, None]
    parts: list[Tensor] = []
    drawn, end = None, None  # the last draw of the start, and the output for its end
    with torch.no_grad():
        for number in range(max(1, -(-(length - overlap) // (codec.steps - overlap)))):
            noise = sampling.noise(generator, seed if number == 0 else derive_seed(seed, "window", number), indices)
            assert noise is not None
            noise = noise.to(device)
            before: dict[str, Tensor] = {} if drawn is None else {"before": drawn[:, -overlap:]}
            drawn = generator.draw({**condition, **before}, noise)
            series = generator.correct(drawn, latents, condition or None).float()
            begin = series[:, :overlap] if end is None else _blended(end, series[:, :overlap], weight, generator.layout)
            parts += [begin[: len(wanted)], series[: len(wanted), overlap:-overlap]]
            end = series[:, -overlap:]
    assert end is not None
    return torch.cat([*parts, end[: len(wanted)]], dim=1).cpu()


def _blended(before: Tensor, after: Tensor, weight: Tensor, layout: SeriesLayout) -> Tensor:
    """The same steps of two windows, N x T x W, as one. weight: T x 1, of the second.

    Choices are taken from the window that weighs more, and so are channels where one window has a value and the other
    has a gap.
    """
    mixed, nearer = (1 - weight) * before + weight * after, torch.where(weight < 0.5, before, after)
    chosen = layout.channels + sum(layout.choices)
    mixed[:, :, layout.channels : chosen] = nearer[:, :, layout.channels : chosen]
    for place, channel in enumerate(layout.gaps, chosen):
        differ = (before[:, :, place] > 0) != (after[:, :, place] > 0)
        for column in (channel, place):
            mixed[:, :, column] = torch.where(differ, nearer[:, :, column], mixed[:, :, column])
    return mixed
