"""Where generated examples come from."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

from ..inference.discriminate import CHUNK, discriminate
from ..inference.generator import Gan
from ..inference.loading import load_player
from ..modalities.labelled import Labelled
from ..networks.sampling import device_of
from ..runs.folder import Run


class Supply(Protocol):
    """A maker of examples of each class."""

    def draw(self, number: int, indices: range) -> np.ndarray:
        """Examples of the class with this number. Each depends on its index alone."""

    def realness(self, values: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
        """How real each example looks, N numbers; None where nothing tells."""


class GanSupply:
    """The generator and the discriminator of a run."""

    def __init__(self, gan: Gan, run: Run, data: Labelled, seed: int):
        self._gan, self._data, self._seed = gan, data, seed
        self._discriminator: Any = None
        if "discriminator" in gan.recipe.players and (run.path / "discriminator.safetensors").is_file():
            *_, self._discriminator = load_player(run, "discriminator")

    def draw(self, number: int, indices: range) -> np.ndarray:
        return self._data.draw(self._gan, number, indices, self._seed)

    def realness(self, values: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
        if self._discriminator is None or not len(values):
            return None
        numbers = [self._gan.class_number(self._data.classes[label]) for label in labels] if self._gan.classes else None
        found = []
        for start in range(0, len(values), CHUNK):
            part = slice(start, start + CHUNK)
            encoded = self._data.encoded(self._gan.codec, values[part]).to(device_of(self._discriminator))
            condition = None if numbers is None else {"class": torch.tensor(numbers[part], device=encoded.device)}
            found.append(discriminate(self._discriminator, encoded, condition, CHUNK).logits.cpu().numpy())
        return np.concatenate(found).reshape(len(values), -1).mean(axis=1)
