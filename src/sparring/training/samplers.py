"""Samplers for scores and previews: a generator's samples from fixed latents, or outputs for fixed held-out inputs."""

from __future__ import annotations

import numpy as np
import torch

from ..config.recipe import Latent
from ..data.source import TranslationSource
from ..modalities import Codec
from ..networks import sampling


class LatentSampler:
    """Generates samples from fixed latents and classes.

    Args:
        latent: The distribution of latents.
        codec: The codec of the data.
        count: The number of samples.
        class_counts: The number of training examples of each class; [] without labels.
        seed: The seed of latents, classes and noise.
        device: The device of the generator.
    """

    def __init__(
        self, latent: Latent, codec: Codec, count: int, class_counts: list[int], seed: int, device: torch.device
    ):
        self.codec, self.device, self.seed, self.indices = codec, device, seed, range(count)
        self.latents = sampling.latents(latent, seed, range(count))
        self.classes = sampling.classes(class_counts, seed, range(count)) if class_counts else None

    def __call__(self, generator: torch.nn.Module, chunk: int) -> np.ndarray:
        """Decoded samples. chunk: Samples in a forward pass."""
        condition = None if self.classes is None else {"class": self.classes}
        parts = sampling.sample(generator, self.latents, condition, self.device, chunk, self.seed, self.indices)
        return np.concatenate([self.codec.decode(part) for part in parts])

    def condition(self, count: int) -> dict[str, torch.Tensor] | None:
        """The conditions of the first `count` samples, on the device."""
        return None if self.classes is None else {"class": self.classes[:count].to(self.device)}


class InputSampler:
    """Computes a generator's outputs for fixed held-out inputs. inputs: The decoded inputs."""

    classes = None

    def __init__(self, source: TranslationSource, codec: Codec, indices: np.ndarray, seed: int, device: torch.device):
        self.codec, self.device = codec, device
        self.inputs = source.input_values(indices, "test", seed)

    @torch.no_grad()
    def __call__(self, generator: torch.nn.Module, chunk: int) -> np.ndarray:
        """Decoded outputs. chunk: Inputs in a forward pass."""
        parts = [self._encoded(self.inputs[start : start + chunk]) for start in range(0, len(self.inputs), chunk)]
        return np.concatenate([self.codec.decode(generator(part)) for part in parts])

    def condition(self, count: int) -> dict[str, torch.Tensor]:
        """The inputs of the first `count` outputs, on the device."""
        return {"input": self._encoded(self.inputs[:count])}

    def _encoded(self, inputs: np.ndarray) -> torch.Tensor:
        return self.codec.input.encode(inputs).to(self.device)


Sampler = LatentSampler | InputSampler
