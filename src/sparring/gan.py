"""A trained generator with its codec, ready to use. Nothing here needs the code that trained it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from . import modalities, networks, sampling, tensorfiles
from .config import Recipe
from .errors import UserError, nearest
from .modalities import Codec
from .run import Run


class Gan:
    """`gan.generate(16, seed=0)` gives pictures (or points, ...); `gan.values(16, seed=0)` the plain array.

    generator is in eval mode, float32, on the CPU. classes: names, () without labels. shares: how often each was seen in training.
    """

    def __init__(self, recipe: Recipe, generator: nn.Module, codec: Codec, modality: str, classes: Sequence[str], shares: Sequence[float]):
        self.recipe, self.generator, self.codec = recipe, generator, codec
        self.classes, self.shares, self._modality = tuple(classes), tuple(shares), modality

    @property
    def modality(self) -> Any:
        """The module that knows this kind of data (see sparring.modalities)."""
        return modalities.get(self._modality)

    def generate(self, count: int, seed: int = 0, label: str | int | None = None) -> list[Any]:
        """`count` samples as Python objects (PIL images for pictures). Sample i depends on (seed, i) and the label alone."""
        return self.modality.items(self.values(count, seed, label))

    def values(self, count: int, seed: int = 0, label: str | int | None = None) -> np.ndarray:
        """`count` decoded samples as one array (pictures: uint8, N x C x H x W)."""
        return np.concatenate(list(self.stream(count, seed, label)))

    def stream(self, count: int, seed: int = 0, label: str | int | None = None) -> Iterator[np.ndarray]:
        """The same, a chunk at a time, so that any number can be made in bounded memory."""
        for start in range(0, count, sampling.CHUNK):
            indices = range(start, min(count, start + sampling.CHUNK))
            yield self.decode(sampling.latents(self.recipe.latent, seed, indices), self.labels(indices, seed, label))

    def decode(self, latents: Tensor, labels: Sequence[int] | None = None) -> np.ndarray:
        """Samples (decoded array) for latents, N x latent size, and class numbers where the model has classes."""
        condition = {"class": torch.as_tensor(labels, dtype=torch.int64)} if self.classes else None
        return self.codec.decode(torch.cat(list(sampling.sample(self.generator, latents, condition))))

    def labels(self, indices: Sequence[int], seed: int = 0, label: str | int | None = None) -> list[int] | None:
        """The class number of each sample: the asked one, else drawn as often as in training from (seed, index)."""
        if label is not None:
            return [self.class_number(label)] * len(indices)
        return sampling.classes(self.shares, seed, indices).tolist() if self.classes else None

    def class_number(self, label: str | int) -> int:
        """The number of a class given by name (first) or by number. Raises UserError for one that the model does not have."""
        if not self.classes:
            raise UserError("this model was trained without labels, so no label can be asked for")
        if str(label) in self.classes:
            return self.classes.index(str(label))
        if str(label).isdigit() and int(label) < len(self.classes):
            return int(label)
        raise UserError(f"this model has no class '{label}'; {nearest(str(label), self.classes[:50])}")


def load(path: str | Path) -> Gan:
    """The generator of a run folder: its best snapshot so far.

    Reads recipe.yaml, codec.json, source.json and generator.safetensors; never unpickles. Raises UserError where one is missing or damaged.
    """
    run = Run(path)
    recipe, _ = run.recipe()
    source, description = run.read_json("source.json"), run.read_json("codec.json")
    weights = run.path / "generator.safetensors"
    if not weights.is_file():
        raise UserError(f"{run.path} has no trained generator yet; the first is written at the first tick of a training")
    if not {"classes", "shape", "labels", "modality"} <= source.keys() or source["modality"] not in modalities.names():
        raise UserError(f"{run.path / 'source.json'} is damaged: it does not say what the model was trained on")
    classes = source["classes"]
    player = recipe.players["generator"]
    generator = networks.build(
        player.network, player.options, shape=tuple(source["shape"]), classes=len(classes), latent_size=recipe.latent.size
    )
    tensors = tensorfiles.from_bytes(weights.read_bytes(), weights)
    try:
        generator.load_state_dict(tensors)
    except RuntimeError:
        raise UserError(f"{weights} does not fit the network in {run.path / 'recipe.yaml'}; one of them was replaced") from None
    codec = modalities.get(source["modality"]).codec_from(description)
    shares = [source["labels"].get(name, 0) for name in classes]
    return Gan(recipe, generator.eval().requires_grad_(False), codec, source["modality"], classes, shares)
