"""Samples of a language model that are longer or shorter, bolder or safer, begin with a prompt, or are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ...data.text_rows import rows_of
from ...errors import UserError
from ...networks.sampling import device_of
from ...util.random import make_rng
from ..base import Steering

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
MAX_LENGTH = 100_000  # characters
MAX_UTF8 = 4  # bytes of a character


def sample(gan: Any, indices: Sequence[int], seed: int, label: str | int | None, steering: Steering) -> np.ndarray:
    """The decoded samples with these numbers, N x bytes.

    Passages of a long text go on until the length asked for.

    Raises:
        UserError: A value is out of range, the prompt leaves no room, or no discriminator can choose candidates.
    """
    heat = 1.0 if steering.temperature is None else steering.temperature
    if not MIN_TEMPERATURE <= heat <= MAX_TEMPERATURE:
        raise UserError(f"--temperature {heat:g} should lie between {MIN_TEMPERATURE:g} and {MAX_TEMPERATURE:g}")
    codec, begin, length = gan.codec, _tokens(gan.codec, steering.prompt or ""), steering.length
    drawing = _Drawing(
        gan, seed, _steps(codec, length, len(begin)), heat, begin, ends=length is None or not codec.passages
    )
    labels = gan.labels(indices, seed, label)
    texts, size = list[str](), gan.generator.chunk_size
    for start in range(0, len(indices), size):
        part = slice(start, start + size)
        numbers = None if labels is None else labels[part]
        texts += codec.texts(drawing.chosen(indices[part], numbers, steering.candidates or 1))
    if length is None:
        return rows_of(texts, codec.width)
    return rows_of([text[:length] for text in texts], MAX_UTF8 * length)


@dataclass(frozen=True)
class _Drawing:
    """How tokens are drawn, a chunk of at most `chunk_size` samples at a time.

    steps: Tokens of each. prompt: P tokens. ends: May a text end before it has all of them?
    """

    gan: Any
    seed: int
    steps: int
    temperature: float
    prompt: Tensor
    ends: bool

    def chosen(self, indices: Sequence[int], labels: Sequence[int] | None, candidates: int) -> Tensor:
        """N x steps tokens: of several candidates of each, one drawn by its weight.

        The weights are r / sum(r) with r = exp(logit of the discriminator), its estimate of the density of real texts
        over that of samples: sampling, importance resampling (Rubin 1987), as discriminator rejection sampling weighs
        samples (Azadi et al. 2019, arXiv:1810.06758, eq. 4). Token i of candidate k of sample j depends on
        (seed, j, k, i) alone, and candidate 0 is the sample that is made without any.
        """
        size = self.gan.generator.chunk_size
        filled = [*range(len(indices)), *[len(indices) - 1] * (size - len(indices))]  # every pass has the same shape
        device = device_of(self.gan.generator)
        condition = None if labels is None else {"class": torch.tensor([labels[row] for row in filled], device=device)}
        numbers = [indices[row] for row in filled]
        tokens = torch.stack([self._drawn(numbers, condition, number) for number in range(candidates)])
        if candidates == 1:
            return tokens[0, : len(indices)].cpu()
        logits = torch.stack([self._logits(each, condition) for each in tokens]).double().cpu()
        sums = logits.softmax(dim=0).cumsum(dim=0)
        uniforms = torch.tensor([make_rng(self.seed, "choice", number).random() for number in numbers])
        best = (sums <= uniforms.double()).sum(dim=0).clamp(max=candidates - 1)
        return tokens.cpu()[best, torch.arange(size)][: len(indices)]

    def _drawn(self, numbers: Sequence[int], condition: dict[str, Tensor] | None, candidate: int) -> Tensor:
        """The tokens of one candidate of each sample."""
        purpose = ("candidate", candidate) if candidate else ("noise",)
        rngs = (make_rng(self.seed, *purpose, number) for number in numbers)
        noise = np.stack([rng.standard_normal(self.steps, dtype=np.float32) for rng in rngs])
        device = device_of(self.gan.generator)
        uniforms = torch.special.ndtr(torch.from_numpy(noise)).to(device)
        prompt = self.prompt.to(device)
        return self.gan.generator.draw(uniforms, condition, self.temperature, prompt, self.ends)

    @torch.no_grad()
    def _logits(self, tokens: Tensor, condition: dict[str, Tensor] | None) -> Tensor:
        """Of the discriminator, which learned texts with zeros after their end."""
        shorter = max(0, self.gan.codec.tokens - tokens.shape[1])
        logits = self.gan.discriminator(pad(tokens, (0, shorter)).float(), condition).logits
        return logits.reshape(len(logits), -1).mean(dim=1)  # of parts that are scored one by one


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
