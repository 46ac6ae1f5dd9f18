"""Samples of a language model that are longer or shorter, bolder or safer, begin with a prompt, or are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ...data.text_rows import rows_of, texts_of
from ...errors import UserError
from ...networks.sampling import device_of
from ...util.random import derive_seed, make_rng
from ..base import Steering

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
MAX_LENGTH = 100_000  # characters
MAX_UTF8 = 4  # bytes of a character
COUNTED = 1000  # texts by which it is seen how often a model copies
MAX_ATTEMPTS = 100  # at a text that equals no training text
_FOUND: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


def sample(gan: Any, indices: Sequence[int], seed: int, label: str | int | None, steering: Steering) -> np.ndarray:
    """The decoded samples with these numbers, N x bytes.

    Passages of a long text go on until the length asked for.

    Raises:
        UserError: A value is out of range, the prompt leaves no room, no discriminator can choose candidates, or a
            share of copies is asked for and the training data is gone, or the model makes hardly anything else.
    """
    heat = 1.0 if steering.temperature is None else steering.temperature
    if not MIN_TEMPERATURE <= heat <= MAX_TEMPERATURE:
        raise UserError(f"--temperature {heat:g} should lie between {MIN_TEMPERATURE:g} and {MAX_TEMPERATURE:g}")
    codec, begin, length = gan.codec, _tokens(gan.codec, steering.prompt or ""), steering.length
    steps, ends = _steps(codec, length, len(begin)), length is None or not codec.passages
    drawing = _Drawing(gan, seed, steps, heat, begin, ends, length)
    labels, candidates = gan.labels(indices, seed, label), steering.candidates or 1
    if steering.copies is None:
        texts = drawing.texts(indices, labels, candidates)
    else:
        texts = _with_few_copies(drawing, indices, labels, candidates, label, steering.copies)
    return rows_of(texts, codec.width if length is None else MAX_UTF8 * length)


def _with_few_copies(
    drawing: _Drawing,
    indices: Sequence[int],
    labels: Sequence[int] | None,
    candidates: int,
    label: str | int | None,
    share: float,
) -> list[str]:
    """Texts of which at most this share equals a training text, in expectation.

    A text that equals none is kept. Another is kept with probability share (1 - q) / (q (1 - share)), where q is how
    often the model copies by itself, and else drawn again: importance sampling with the ratio of both shares. Attempt k
    of sample j depends on (seed, j, k) alone.
    """
    seed, known = drawing.seed, _known(drawing.gan)
    usual = _usual_copies(drawing, label, candidates) if 0 < share < 1 else 1.0
    kept = 1.0 if usual <= share else share * (1 - usual) / (usual * (1 - share))
    texts = drawing.texts(indices, labels, candidates)
    again = list(range(len(indices)))
    for attempt in range(MAX_ATTEMPTS):
        again = [
            row
            for row in again
            if texts[row] in known and make_rng(seed, "copy", attempt, indices[row]).random() >= kept
        ]
        if not again:
            return texts
        part = None if labels is None else [labels[row] for row in again]
        later = replace(drawing, seed=derive_seed(seed, "again", attempt))
        new = later.texts([indices[row] for row in again], part, candidates)
        for row, text in zip(again, new, strict=True):
            texts[row] = text
    raise UserError(
        f"after {MAX_ATTEMPTS} draws a text still equals a training text, as this model makes hardly any others: ask "
        "for a larger share of --copies, or leave it out"
    )


def _known(gan: Any) -> set[str]:
    """The training texts of a model."""

    def find() -> set[str]:
        data = gan.training_data
        return set(texts_of(data.values(np.arange(data.count("train")))))

    return _remembered(gan, "known", find)


def _usual_copies(drawing: _Drawing, label: str | int | None, candidates: int) -> float:
    """The share of texts that equal a training text, of some that do not depend on the seed."""

    def count() -> float:
        some, known = range(COUNTED), _known(drawing.gan)
        texts = replace(drawing, seed=COUNTED).texts(some, drawing.gan.labels(some, COUNTED, label), candidates)
        return sum(text in known for text in texts) / len(texts)

    asked = (label, candidates, drawing.steps, drawing.temperature, tuple(drawing.prompt.tolist()), drawing.ends)
    return _remembered(drawing.gan, asked, count)


def _remembered(gan: Any, key: Any, find: Callable[[], Any]) -> Any:
    """What was found for a model before: its samples are made a chunk at a time."""
    found = _FOUND.setdefault(gan, {})
    if key not in found:
        found[key] = find()
    return found[key]


@dataclass(frozen=True)
class _Drawing:
    """How tokens are drawn, a chunk of at most `chunk_size` samples at a time.

    steps: Tokens of each. prompt: P tokens. ends: May a text end before it has all of them? length: The most
        characters of each; None: as many bytes as values have.
    """

    gan: Any
    seed: int
    steps: int
    temperature: float
    prompt: Tensor
    ends: bool
    length: int | None

    def texts(self, indices: Sequence[int], labels: Sequence[int] | None, candidates: int) -> list[str]:
        """The texts of samples with these numbers, of which `candidates` are drawn for each."""
        found, size = list[str](), self.gan.generator.chunk_size
        for start in range(0, len(indices), size):
            part = slice(start, start + size)
            numbers = None if labels is None else labels[part]
            found += self.gan.codec.texts(self.chosen(indices[part], numbers, candidates))
        if self.length is None:
            return texts_of(rows_of(found, self.gan.codec.width))
        return [text[: self.length] for text in found]

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
