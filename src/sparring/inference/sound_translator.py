"""A trained translator of sounds: waves of any length and any number of channels go in, and come out as long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..config.recipe import Recipe
from ..networks import WaveTranslator, sampling
from ..signals.levels import active_level
from ..util.progress import track

if TYPE_CHECKING:  # loading a generator should not import what translators alone need
    from ..modalities.audio.pair_codec import SoundPairCodec

PART = 1024  # frames that are made at once, about 16 s: memory does not grow with the length
EDGE = 4  # frames at the ends of a part whose spectra lack what lies beyond


class SoundTranslator:
    """What a run has learned to make of a sound.

    Attributes:
        generator: In eval mode, float32. Whatever goes in and comes out is on the CPU.
        codec: The codecs of both sides.
        widens: Whether frequencies are made that the input does not have.
    """

    def __init__(self, recipe: Recipe, generator: WaveTranslator, codec: SoundPairCodec):
        self.recipe, self.generator, self.codec = recipe, generator, codec
        self.widens = bool(getattr(recipe.algorithm, "widens", False))

    @property
    def rate(self) -> int:
        """Samples a second that it has learned, in and out."""
        return self.codec.rate

    @torch.no_grad()
    def values(self, inputs: np.ndarray) -> np.ndarray:
        """Decoded outputs of decoded inputs as they were in training, N x C x L each."""
        device = sampling.device_of(self.generator)
        encoded = [self.codec.input.encode(each[None]).to(device) for each in inputs]
        return np.concatenate([self.codec.decode(self.generator(each)) for each in encoded])

    def wave(self, samples: np.ndarray) -> np.ndarray:
        """A wave at `rate`, C x L with any number of channels and samples, translated: C x L float32.

        It is brought to the level of the training inputs, and the result back, so that quiet files come out as quiet as
        they are. A silent one stays silent. A long one is made in parts that overlap by as much as the network sees.
        """
        level = active_level(samples, self.rate)
        if level == 0:
            return np.zeros_like(samples, dtype=np.float32)
        gain, length = self.codec.input.level / level, samples.shape[1]
        padded = np.pad(samples * np.float32(gain), ((0, 0), (0, -length % self.generator.steps_out)))
        made = np.concatenate(list(self._parts(padded)), axis=1)[:, :length]
        return (made * (self.codec.output.peak / gain)).astype(np.float32)

    @torch.no_grad()
    def _parts(self, padded: np.ndarray) -> Iterator[np.ndarray]:
        """What is made of each part, in order. padded: C x a whole number of frames."""
        hop, multiple, device = self.generator.steps_out, self.generator.multiple, sampling.device_of(self.generator)
        margin, frames = self.generator.receptive_radius + EDGE, padded.shape[1] // hop
        starts = range(0, frames, PART)
        for start in track(starts, len(starts), "translating parts"):
            first = max(0, start - margin) // multiple * multiple
            last = min(frames, start + PART + margin)
            made = self.generator(self.codec.input.encode(padded[None, :, first * hop : last * hop]).to(device))
            stop = min(frames, start + PART)
            yield made[0, :, (start - first) * hop : (stop - first) * hop].cpu().numpy()
