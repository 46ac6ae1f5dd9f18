"""The outputs of a discriminator for many examples: those of one pass, whatever the chunk, and its mode is restored."""

import numpy as np
import pytest
import torch
from torch import nn

from smoke import ArraySource
from sparring.inference.discriminate import discriminate, discriminate_source
from sparring.networks import DiscriminatorOutput


class Toy(nn.Module):
    """A discriminator with dropout, which only evaluation mode turns off."""

    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, sample, condition=None):
        found = self.dropout(sample.flatten(1)).sum(dim=1)
        if condition is not None:
            found = found + 100 * condition["class"]
        return DiscriminatorOutput(found, torch.stack([found, -found], dim=1), (sample,))


class Codec:
    def encode(self, values):
        return torch.from_numpy(values).float()


@pytest.mark.parametrize("chunk", [1, 3, 7, 50])
def test_chunks_change_nothing(chunk):
    values, condition = torch.rand(7, 2, 3), {"class": torch.arange(7)}
    found = discriminate(Toy(), values, condition, chunk)
    torch.testing.assert_close(found.logits, values.flatten(1).sum(dim=1) + 100 * torch.arange(7))
    assert found.class_logits is not None and found.class_logits.shape == (7, 2)
    assert found.features == ()


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_restored(training):
    toy = Toy().train(training)
    discriminate(toy, torch.rand(3, 2), None, 2)
    assert toy.training == toy.dropout.training == training


def test_examples_of_a_source_are_read_with_their_labels():
    source = ArraySource(train=230, test=40)
    indices = np.arange(5, 228)
    found = discriminate_source(Toy(), Codec(), source, "train", indices, conditional=True)
    values = torch.from_numpy(source.values(indices)).float().flatten(1).sum(dim=1)
    torch.testing.assert_close(found.logits, values + 100 * torch.from_numpy(source.labels(indices)))
