"""Players for texts: a recurrent language model, and a convolutional discriminator.

A text is a row of T token numbers. Token 0 ends it, and zeros follow. The generator draws one token after the other;
its random numbers are its noise, one for each token, so that a sample is a function of them. Texts are discrete, so no
gradient reaches the generator through a sample: `algorithms.weighted_likelihood` trains it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad, relu

from . import register_network
from .base import (
    Condition,
    Discriminator,
    Generator,
    RelaxedLanguageModel,
    StepwiseLanguageModel,
    class_condition,
)
from .layers import ProjectionHead, Share, Width, Widths
from .output import DiscriminatorOutput
from .recurrent import Cell, Layers, recurrence

END = 0
LARGEST_UNIFORM = 1 - 2.0**-20  # times a sum of probabilities it is still below that sum in float32


LEAST_UNIFORM = 2.0**-24  # whose Gumbel noise is finite


class TextLayout(NamedTuple):
    """What the numbers of an encoded text are.

    Attributes:
        vocabulary: How many tokens there are.
        generated: Only tokens below this number are drawn; no training text has the others.
    """

    vocabulary: int
    generated: int


@register_network("text-generator")
class TextGenerator(Generator, RelaxedLanguageModel, StepwiseLanguageModel):
    """A recurrent language model (Mikolov et al. 2010; Graves 2013, arXiv:1308.0850).

    The embedding of the token before, plus that of the class -> recurrent layers -> logits of the next token. Dropout
    lies between the layers, not between the steps (Zaremba et al. 2014, arXiv:1409.2329).

    Args:
        shape: T alone.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent, which is not used: the noise has a number for each token.
        layout: A TextLayout, or its fields.
        cell, layers: Of the recurrent network. width: Its units.
        embedding: Values of an embedded token.
        dropout: Share of the inputs and outputs of each layer that is left out in training.
    """

    chunk_size = 64

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        latent_size: int,
        layout: Any,
        *,
        cell: Cell = "gru",
        width: Width = 256,
        layers: Layers = 1,
        embedding: Width = 64,
        dropout: Share = 0.2,
    ):
        super().__init__()
        self.shape, self.layout, self.noise_size = shape, TextLayout(*layout), shape[0]
        self.relaxed_noise_size = shape[0] * self.layout.generated
        self.tokens = nn.Embedding(self.layout.vocabulary, embedding)
        self.labels = nn.Embedding(classes, embedding) if classes else None
        self.recurrences = nn.ModuleList(
            recurrence(cell, width if layer else embedding, width, 1) for layer in range(layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, self.layout.vocabulary)
        self.parts = {"gru": 1, "lstm": 2}[cell]  # an LSTM remembers its output and its cell
        self.state_shape = (self.parts * layers, width)

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        return self.draw(torch.special.ndtr(noise.float()), condition).float()

    def log_likelihood(self, samples: Tensor, condition: Condition = None) -> Tensor:
        inside = pad(samples[:, :-1] != END, (1, 0), value=True)
        steps = int(inside.any(dim=0).sum())  # nothing is computed beyond the longest text
        tokens, inside = samples[:, :steps].long(), inside[:, :steps]
        states = self.dropout(self._inputs(pad(tokens[:, :-1], (1, 0), value=END), condition))
        for layer in self.recurrences:
            states = self.dropout(layer(states)[0])
        found = self.last(states).float().log_softmax(dim=2).gather(2, tokens[:, :, None]).squeeze(2)
        return pad(torch.where(inside, found, 0.0), (0, samples.shape[1] - steps))

    def relaxed(self, uniforms: Tensor, condition: Condition, inverse_temperature: float) -> Tensor:
        """The tokens drawn are the largest of logits plus Gumbel noise (Gumbel 1954); each next step sees those.

        In their place stands the softmax of these sums (Jang et al. 2017, arXiv:1611.01144, eq. 2), without dropout.
        After the end of a text stands the end itself.
        """
        count, steps = len(uniforms), self.shape[0]
        gumbel = -(-uniforms.clamp(LEAST_UNIFORM, LARGEST_UNIFORM).log()).log()
        gumbel = gumbel.view(count, steps, self.layout.generated)
        token = torch.full((count,), END, dtype=torch.long, device=uniforms.device)
        going, states = torch.ones_like(token, dtype=torch.bool), [None] * len(self.recurrences)
        ended = nn.functional.one_hot(token, self.layout.generated).to(gumbel.dtype)
        rows = [ended] * steps
        for step in range(steps):
            sums = self._next(token, condition, states) + gumbel[:, step]
            rows[step] = torch.where(going[:, None], (inverse_temperature * sums).softmax(dim=1), ended)
            token = torch.where(going, sums.argmax(dim=1), END)
            going = going & (token != END)
            if not going.any():
                break
        return pad(torch.stack(rows, dim=1), (0, self.layout.vocabulary - self.layout.generated))

    def step(self, token: Tensor, state: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        rows = [row[None].contiguous() for row in state.unbind(dim=1)]  # 1 x N x width each, as the layers take them
        states: list[Any] = rows if self.parts == 1 else [tuple(rows[at : at + 2]) for at in range(0, len(rows), 2)]
        logits = self._next(token, condition, states)
        after = states if self.parts == 1 else [part for pair in states for part in pair]
        return logits, torch.cat(after).transpose(0, 1)

    @torch.no_grad()
    def draw(
        self,
        uniforms: Tensor,
        condition: Condition = None,
        temperature: float = 1.0,
        prompt: Tensor | None = None,
        ends: bool = True,
    ) -> Tensor:
        """Texts of at most S tokens, N x S int64, drawn without dropout.

        Args:
            uniforms: N x S numbers of U[0, 1), one for each token.
            condition: The classes, where the model has some.
            temperature: Divides the logits: below 1 likely tokens become likelier.
            prompt: The first P tokens of all texts; None: none.
            ends: Whether a text may end before S tokens.
        """
        count, steps = uniforms.shape
        token = torch.full((count,), END, dtype=torch.long, device=uniforms.device)
        going, states = torch.ones_like(token, dtype=torch.bool), [None] * len(self.recurrences)
        out = torch.zeros(count, steps, dtype=torch.long, device=uniforms.device)
        given = 0 if prompt is None else min(len(prompt), steps)
        for step in range(steps):
            logits = self._next(token, condition, states)
            if prompt is not None and step < given:
                token = prompt[step].expand(count)
            else:
                token = torch.where(going, self._choice(logits / temperature, uniforms[:, step], ends), END)
            out[:, step] = token
            going = going & (token != END)
            if not going.any():
                break
        return out

    def _inputs(self, tokens: Tensor, condition: Condition) -> Tensor:
        """N x S tokens -> N x S x embedding."""
        found = self.tokens(tokens)
        return found if self.labels is None else found + self.labels(class_condition(condition))[:, None]

    def _next(self, token: Tensor, condition: Condition, states: list[Any]) -> Tensor:
        """The logits, after N tokens, of those that are generated. Changes the states of the layers, in place."""
        found = self._inputs(token[:, None], condition)
        for number, layer in enumerate(self.recurrences):
            found, states[number] = layer(found, states[number])
        generated = self.layout.generated
        return linear(found[:, 0], self.last.weight[:generated], self.last.bias[:generated]).float()

    def _choice(self, logits: Tensor, uniform: Tensor, ends: bool) -> Tensor:
        """One token for each row, by the inverse of the cumulative distribution."""
        if not ends:
            logits = torch.cat([torch.full_like(logits[:, :1], -torch.inf), logits[:, 1:]], dim=1)
        sums = logits.softmax(dim=1).cumsum(dim=1)
        bound = uniform.clamp(max=LARGEST_UNIFORM) * sums[:, -1]
        return (sums <= bound[:, None]).sum(dim=1).clamp(max=self.layout.generated - 1)


@register_network("text-discriminator")
class TextDiscriminator(Discriminator):
    """Convolutions of several widths over embedded tokens, and the largest value of each filter.

    Kim 2014 (arXiv:1408.5882), figure 1. With classes the last layer is a projection head (Miyato & Koyama 2018,
    arXiv:1802.05637).

    Args:
        shape: T alone.
        classes: Number of classes, 0 without labels.
        layout: A TextLayout, or its fields.
        embedding: Values of an embedded token.
        filters: Of each width. kernels: The widths, in tokens.
        dropout: Share of the pooled values that is left out in training.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        layout: Any,
        *,
        embedding: Width = 64,
        filters: Width = 128,
        kernels: Widths = (2, 3, 4, 5),
        dropout: Share = 0.5,
    ):
        super().__init__()
        self.tokens = nn.Embedding(TextLayout(*layout).vocabulary, embedding)
        self.kernels = kernels
        self.filters = nn.ModuleList(nn.Conv1d(embedding, filters, kernel, padding=kernel - 1) for kernel in kernels)
        self.dropout = nn.Dropout(dropout)
        self.head = ProjectionHead(filters * len(kernels), classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        steps = self.tokens(sample.long()).transpose(1, 2)  # N x embedding x T
        pooled = torch.cat([relu(layer(steps)).amax(dim=2) for layer in self.filters], dim=1)
        return DiscriminatorOutput(self.head(self.dropout(pooled), condition), features=(pooled,))
