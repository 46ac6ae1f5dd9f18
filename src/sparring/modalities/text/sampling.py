"""Samples of a language model that are longer or shorter, bolder or safer, or begin with a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...data.text_rows import rows_of
from ...errors import UserError
from ...networks.sampling import device_of
from ...util.random import make_rng

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
MAX_LENGTH = 100_000  # characters
MAX_UTF8 = 4  # bytes of a character


def sample(
    gan: Any,
    indices: Sequence[int],
    seed: int,
    label: str | int | None,
    length: int | None = None,
    temperature: float | None = None,
    prompt: str | None = None,
) -> np.ndarray:
    """The decoded samples with these numbers, N x bytes.

    Args:
        length: Characters of a text, at most; passages of a long text go on until then. None: as learned.
        temperature: Divides the logits; None: 1.
        prompt: How every text begins; None: anyhow.

    Raises:
        UserError: A value is out of range, or the prompt leaves no room.
    """
    heat = 1.0 if temperature is None else temperature
    if not MIN_TEMPERATURE <= heat <= MAX_TEMPERATURE:
        raise UserError(f"--temperature {heat:g} should lie between {MIN_TEMPERATURE:g} and {MAX_TEMPERATURE:g}")
    codec, begin = gan.codec, _tokens(gan.codec, prompt or "")
    steps = _steps(codec, length, len(begin))
    labels = gan.labels(indices, seed, label)
    ends = length is None or not codec.passages
    texts, size = list[str](), gan.generator.chunk_size
    for start in range(0, len(indices), size):
        part = slice(start, start + size)
        chunk = indices[part]
        numbers = None if labels is None else labels[part]
        texts += codec.texts(_drawn(gan, chunk, numbers, seed, steps, heat, begin, ends))[: len(chunk)]
    if length is None:
        return rows_of(texts, codec.width)
    return rows_of([text[:length] for text in texts], MAX_UTF8 * length)


def _drawn(
    gan: Any,
    indices: Sequence[int],
    labels: Sequence[int] | None,
    seed: int,
    steps: int,
    temperature: float,
    prompt: Tensor,
    ends: bool,
) -> Tensor:
    """The tokens of one chunk, filled up to its whole size. Token i of sample j depends on (seed, j) alone."""
    size, device = gan.generator.chunk_size, device_of(gan.generator)
    noise = np.stack([make_rng(seed, "noise", index).standard_normal(steps, dtype=np.float32) for index in indices])
    filled = [*range(len(indices)), *[len(indices) - 1] * (size - len(indices))]
    uniforms = torch.special.ndtr(torch.from_numpy(noise[filled])).to(device)
    condition = None if labels is None else {"class": torch.tensor([labels[row] for row in filled], device=device)}
    return gan.generator.draw(uniforms, condition, temperature, prompt.to(device), ends).cpu()


def _tokens(codec: Any, prompt: str) -> Tensor:
    if "\0" in prompt:
        raise UserError("--prompt holds a NUL character, as no text does; leave it out")
    return torch.tensor(codec.numbers(prompt), dtype=torch.int64)


def _steps(codec: Any, length: int | None, given: int) -> int:
    """Tokens to draw. A character of a length is one token at least."""
    if length is None:
        if given >= codec.tokens:
            raise UserError(
                f"--prompt has {given:,} tokens, and this model's texts have {codec.tokens - 1:,} at most: shorten it, "
                "or say a --length"
            )
        return int(codec.tokens)
    if length > MAX_LENGTH:
        raise UserError(f"--length {length:,} is more than {MAX_LENGTH:,} characters")
    if given >= length + 1:
        raise UserError(f"--prompt has {given:,} tokens, and --length {length:,} leaves no room for more")
    return length + 1
