"""The discriminator of RelGAN: many small embeddings of a text, each of which is judged on its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from . import register_network
from .base import Condition, Discriminator
from .layers import ProjectionHead, Share, Width, Widths
from .output import DiscriminatorOutput
from .text import TextLayout


@register_network("text-ensemble-discriminator")
class TextEnsembleDiscriminator(Discriminator):
    """S embeddings of each token -> convolutions and a head that all share -> S logits (Nie et al. 2019, section 2.3).

    Tokens are numbers, or shares of all tokens where a generator's choices are relaxed: an embedding is linear in both.
    With classes the last layer is a projection head (Miyato & Koyama 2018, arXiv:1802.05637), which the paper has not.

    Args:
        shape: T alone.
        classes: Number of classes, 0 without labels.
        layout: A TextLayout, or its fields.
        embeddings: How many there are, S. embedding: Values of each.
        filters: Of each width. kernels: The widths, in tokens.
        width: Of the layer before the logit.
        dropout: Share of the pooled values that is left out in training.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        layout: Any,
        *,
        embeddings: Width = 64,
        embedding: Width = 1,
        filters: Width = 300,
        kernels: Widths = (2, 3, 4, 5),
        width: Width = 100,
        dropout: Share = 0.25,
    ):
        super().__init__()
        self.vocabulary, self.embeddings = TextLayout(*layout).vocabulary, embeddings
        self.tokens = nn.Embedding(self.vocabulary, embeddings * embedding)
        self.filters = nn.ModuleList(nn.Conv1d(embedding, filters, kernel, padding=kernel - 1) for kernel in kernels)
        pooled = filters * len(kernels)
        self.gate, self.change, self.dropout = nn.Linear(pooled, pooled), nn.Linear(pooled, pooled), nn.Dropout(dropout)
        self.last, self.head = nn.Linear(pooled, width), ProjectionHead(width, classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        relaxed = sample.ndim == 3  # N x T x vocabulary
        found = sample @ self.tokens.weight if relaxed else self.tokens(sample.long())  # N x T x (S embedding)
        count, steps, _ = found.shape
        apart = found.view(count, steps, self.embeddings, -1).permute(0, 2, 3, 1).flatten(0, 1)  # N S x embedding x T
        pooled = torch.cat([relu(layer(apart)).amax(dim=2) for layer in self.filters], dim=1)
        gate = self.gate(pooled).sigmoid()  # a highway (Srivastava et al. 2015, arXiv:1505.00387, eq. 3)
        mixed = self.dropout(gate * relu(self.change(pooled)) + (1 - gate) * pooled)
        repeated = condition and {name: rows.repeat_interleave(self.embeddings) for name, rows in condition.items()}
        logits = self.head(self.last(mixed), repeated).view(count, self.embeddings)
        return DiscriminatorOutput(logits, features=(pooled.view(count, -1),))
