"""A trained generator with its codec, ready to use. Nothing here needs the code that trained it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from .. import modalities, networks
from ..config.recipe import Recipe
from ..errors import UserError, nearest
from ..modalities import Codec, Modality
from ..networks import sampling
from ..runs.folder import Run
from ..util import safetensors

if TYPE_CHECKING:
    from .translator import Translator


class Gan:
    """`gan.generate(16, seed=0)` gives pictures (or points, ...); `gan.values(16, seed=0)` the plain array.

    generator is in eval mode, float32, on the CPU. classes: names, () without labels. shares: how often each was seen in training.
    """

    def __init__(self, recipe: Recipe, generator: Any, codec: Codec, modality: str, classes: Sequence[str], shares: Sequence[float]):
        self.recipe, self.generator, self.codec = recipe, generator, codec
        self.classes, self.shares, self.kind = tuple(classes), tuple(shares), modality  # kind: the modality's name

    @property
    def modality(self) -> Modality:
        """The modality of this kind of data."""
        return modalities.get(self.kind)

    def generate(self, count: int, seed: int = 0, label: str | int | None = None, **wishes: Any) -> Any:
        """`count` samples as Python objects (a list of PIL images, a DataFrame of rows). Sample i depends on (seed, i), label and the wishes alone:
        truncation, where and length, see `at`."""
        values, numbers = self.values(count, seed, label, **wishes), self.labels(range(count), seed, label)
        names = None if numbers is None else [self.classes[number] for number in numbers]
        return self.modality.items(values, self.codec, seed, names)

    def values(self, count: int, seed: int = 0, label: str | int | None = None, **wishes: Any) -> np.ndarray:
        """`count` decoded samples as one array (pictures: uint8, N x C x H x W)."""
        return np.concatenate(list(self.stream(count, seed, label, **wishes)))

    def stream(self, count: int, seed: int = 0, label: str | int | None = None, **wishes: Any) -> Iterator[np.ndarray]:
        """The same, a chunk at a time, so that any number can be made in bounded memory."""
        size = sampling.chunk(self.generator)
        for start in range(0, count, size):
            yield self.at(range(start, min(count, start + size)), seed, label, **wishes)

    def at(
        self,
        indices: Sequence[int],
        seed: int = 0,
        label: str | int | None = None,
        truncation: float | None = None,
        where: str | None = None,
        length: int | None = None,
    ) -> np.ndarray:
        """The samples with these numbers. truncation: less variety for better looks. Style-based generators keep this share of the
        way from the mean style (0 to 1); others draw latents no larger than this (Brock et al. 2019, arXiv:1809.11096). where: of tables, what
        must hold in every row ("income = '>50K' and age > 60"). length: of series, how many steps."""
        psi, threshold = self._truncation(truncation)
        labels = self.labels(indices, seed, label)
        if truncation is not None and (where is not None or length is not None):
            raise UserError("truncation goes neither with conditions nor with a length; leave one of them out")
        if where is not None:
            return self.modality.conditional_sampling(self, where, indices, seed)
        if length is not None:
            return self.modality.extrapolate(self, length, indices, seed, label)
        latents = sampling.latents(self.recipe.latent, seed, indices, threshold, getattr(self.generator, "choosing", 0))
        made = sampling.sample(self.generator, latents, self._condition(labels), seed=seed, indices=indices, psi=psi)
        return self.codec.decode(torch.cat(list(made)))

    def decode(self, latents: Tensor, labels: Sequence[int] | None = None) -> np.ndarray:
        """Samples (decoded array) for latents, N x latent size, and class numbers where the model has classes."""
        return self.codec.decode(torch.cat(list(sampling.sample(self.generator, latents, self._condition(labels)))))

    @property
    def styled(self) -> bool:
        """Whether the generator maps latents to styles, N x layers x width, that can be moved, mixed and truncated."""
        return hasattr(self.generator, "map")

    @torch.no_grad()
    def styles(self, latents: Tensor, labels: Sequence[int] | None = None) -> Tensor:
        """N x layers x width, for a style-based generator."""
        self._must_be_styled()
        return self.generator.map(latents, self._condition(labels))

    @torch.no_grad()
    def decode_styles(self, styles: Tensor) -> np.ndarray:
        """Samples (decoded array) for styles, N x layers x width, all with the same noise."""
        self._must_be_styled()
        drawn = sampling.noise(self.generator, 0, [0])
        parts = [
            self.generator.synthesise(part, None if drawn is None else drawn.expand(len(part), -1))
            for part in styles.split(sampling.chunk(self.generator))
        ]
        return self.codec.decode(torch.cat(parts))

    def must_walk(self) -> None:
        """Raises UserError where places in latent space have nothing to show: a row is no picture that turns into another."""
        if not self.modality.supports_latent_walk:
            raise UserError(f"a walk through latent space shows nothing of a {self.kind}; use generate or evaluate")

    def _must_be_styled(self) -> None:
        if not self.styled:
            raise UserError(f"styles are for style-based generators, and {self.recipe.players['generator'].network} is none")

    def _condition(self, labels: Sequence[int] | None) -> dict[str, Tensor] | None:
        return {"class": torch.as_tensor(labels, dtype=torch.int64)} if self.classes else None

    def _truncation(self, truncation: float | None) -> tuple[float | None, float | None]:
        """(share of a style kept, largest latent). Raises UserError for a value that makes no sense for this generator."""
        if truncation is None:
            return None, None
        if self.styled:
            if not 0 <= truncation <= 1:
                raise UserError(f"truncation {truncation:g} should lie between 0 (the mean sample) and 1 (none)")
            return truncation, None
        if self.recipe.latent.distribution != "normal":
            raise UserError("this model's latents are uniform, which leaves nothing to truncate")
        if truncation < 0.05:
            raise UserError(f"truncation {truncation:g} is too small: latents are drawn again until none is larger; use 0.05 or more")
        return None, truncation

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


def load(path: str | os.PathLike[str]) -> Gan:
    """The generator of a run folder: its best snapshot so far.

    Reads recipe.yaml, codec.json, source.json and generator.safetensors; never unpickles. Raises UserError where one is missing or damaged,
    and for a run whose generator makes nothing of latents (see `load_translator`).
    """
    run = Run(path)
    recipe, source, codec = _described(run)
    if codec.input:
        raise UserError(f"{run.path} turns pictures into others and makes none by itself; use `sparring apply {run.path} PICTURES -o OUT`")
    generator = _player(run, "generator", recipe, codec, len(source["classes"]))
    shares = [source["labels"].get(name, 0) for name in source["classes"]]
    return Gan(recipe, generator, codec, source["modality"], source["classes"], shares)


def load_translator(path: str | Path, back: bool = False, ensemble: bool = False) -> Translator:
    """The generator of a run that turns pictures into others; back: the other way round, where it learned both; ensemble: see Translator. Raises
    UserError as `load`."""
    from .translator import Translator

    run = Run(path)
    recipe, _, codec = _described(run)
    if not codec.input:
        raise UserError(f"{run.path} makes samples by itself and turns nothing into them; use `sparring generate {run.path} -o OUT`")
    if back and "back" not in recipe.players:
        raise UserError(f"{run.path} learned one way only: from what is given to what is made")
    player = "back" if back else "generator"
    sides = (codec.output, codec.input) if back else (codec.input, codec.output)
    return Translator(recipe, _player(run, player, recipe, codec, 0), *sides, ensemble)


def load_player(run: Run, name: str) -> tuple[Recipe, dict[str, Any], Any, Any]:
    """Recipe, source.json, codec and one network of a run, in eval mode."""
    recipe, source, codec = _described(run)
    if name not in recipe.players:
        raise UserError(f"{run.path} has no {name}")
    return recipe, source, codec, _player(run, name, recipe, codec, len(source["classes"]))


def _described(run: Run) -> tuple[Recipe, dict[str, Any], Any]:
    """Recipe, source.json and codec of a run."""
    recipe, _ = run.recipe()
    source, description = run.read_json("source.json"), run.read_json("codec.json")
    if not {"classes", "shape", "labels", "modality"} <= source.keys() or source["modality"] not in modalities.names():
        raise UserError(f"{run.path / 'source.json'} is damaged: it does not say what the model was trained on")
    return recipe, source, modalities.get(source["modality"]).codec_from(description)


def _player(run: Run, name: str, recipe: Recipe, codec: Any, classes: int) -> Any:
    """One averaged network of a run, ready to use."""
    weights = run.path / f"{name}.safetensors"
    if not weights.is_file():
        raise UserError(f"{run.path} has no trained {name} yet; the first is written at the first tick of a training")
    player = recipe.players[name]
    network = networks.build(player.network, player.options, **networks.dimensions(name, codec, classes, recipe.latent.size))
    tensors = safetensors.from_bytes(weights.read_bytes(), weights)
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise UserError(f"{weights} does not fit the network in {run.path / 'recipe.yaml'}; one of them was replaced") from None
    return network.eval().requires_grad_(False)
