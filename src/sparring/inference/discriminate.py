"""The outputs of a discriminator for many examples, computed in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.source import Source, Split
from ..networks import DiscriminatorOutput
from ..networks.sampling import device_of

CHUNK = 100  # examples of a source in one forward pass


@torch.no_grad()
def discriminate(
    discriminator: nn.Module, values: Tensor, condition: dict[str, Tensor] | None, chunk: int
) -> DiscriminatorOutput:
    """The outputs for encoded examples, without gradients and in evaluation mode.

    Args:
        values: N x shape, on the discriminator's device.
        condition: Tensors with N rows each, or None.
        chunk: Examples a forward pass. The outputs may depend on it where a network compares the examples of a batch.

    Returns:
        Logits and class logits in float32, on that device; no features.
    """
    training = discriminator.training
    discriminator.eval()
    outputs = []
    for start in range(0, max(1, len(values)), chunk):
        part = slice(start, start + chunk)
        given = condition and {name: rows[part] for name, rows in condition.items()}
        outputs.append(discriminator(values[part], given))
    discriminator.train(training)
    return _joined(outputs)


def discriminate_source(
    discriminator: nn.Module,
    codec: Any,
    source: Source,
    split: Split,
    indices: np.ndarray,
    conditional: bool = False,
    device: torch.device | str | None = None,
) -> DiscriminatorOutput:
    """The outputs for these examples of a source, of which a chunk at a time is in memory.

    conditional: whether the discriminator is given the examples' labels. device: of the discriminator; None: where its
    first parameter is. See `discriminate` for the rest.
    """
    device = device or device_of(discriminator)
    outputs = []
    for part in np.array_split(indices, max(1, len(indices) // CHUNK)):
        values = codec.encode(source.values(part, split)).to(device)
        condition = {"class": torch.from_numpy(source.labels(part, split)).to(device)} if conditional else None
        outputs.append(discriminate(discriminator, values, condition, max(1, len(part))))
    return _joined(outputs)


def _joined(outputs: Sequence[DiscriminatorOutput]) -> DiscriminatorOutput:
    classes = [output.class_logits.float() for output in outputs if output.class_logits is not None]
    return DiscriminatorOutput(
        torch.cat([output.logits.float() for output in outputs]), torch.cat(classes) if classes else None
    )
