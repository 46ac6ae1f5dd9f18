"""A trained generator with its codec, ready to use. Nothing here needs the code that trained it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import modalities, networks
from ..config.recipe import Recipe
from ..data.source import Source
from ..errors import UserError
from ..modalities import Codec, Modality
from ..networks import sampling
from ..runs.folder import Run
from ..runs.log import kept_snapshot, start_of_the_game
from ..util import checks
from ..util.spelling import spells_options
from . import argument_checks
from .argument_checks import MAX_COUNT
from .loading import described, player_of
from .sound_translator import SoundTranslator
from .translator import Translator

TRIED_OF_A_CLASS = 64  # samples by which it is seen whether a generator heeds classes


@dataclass(frozen=True)
class Drawn:
    """What one call of the generator's forward pass takes for some samples.

    latents: N x latent size. labels: N class numbers, or None. seed, indices: of their noise. psi: see sampling.sample.
    """

    latents: Tensor
    labels: list[int] | None
    seed: int
    indices: Sequence[int]
    psi: float | None


class Gan:
    """A trained generator: `gan.generate(16, seed=0)` gives pictures or rows, `gan.values(16, seed=0)` an array.

    Sample i depends on (seed, i) and the options alone, however many samples are made at once.

    Attributes:
        recipe: The recipe of its run.
        generator: A Generator in eval mode, float32. Whatever goes in and comes out is on the CPU.
        codec: Decodes its output.
        modality_name: The kind of data.
        classes: Names of the classes, () without labels.
        shares: How often each class occurred in training.
        run: The run folder, where the discriminator lies too; None: it is not at hand.
    """

    def __init__(
        self,
        recipe: Recipe,
        generator: Any,
        codec: Codec,
        modality: str,
        classes: Sequence[str],
        shares: Sequence[float],
        run: Run | None = None,
    ):
        self.run = run
        self.recipe, self.generator, self.codec, self.modality_name = recipe, generator, codec, modality
        self.classes, self.shares = tuple(classes), tuple(shares)

    @cached_property
    def discriminator(self) -> Any:
        """The averaged discriminator of the same snapshot, in eval mode, where the generator is.

        Raises UserError where there is none, or it had not learned yet.
        """
        if self.run is None or "discriminator" not in self.recipe.players:
            raise UserError("this model has no discriminator at hand, which candidates need; leave --candidates out")
        kept, start = kept_snapshot(self.run.log()), start_of_the_game(self.recipe.model_dump(mode="json"))
        if kept is not None and start and kept <= start:
            raise UserError(
                f"the discriminator of {self.run.path} had not learned at the kept snapshot, so that it cannot choose "
                "among candidates; leave --candidates out"
            )
        device = str(sampling.device_of(self.generator))
        return player_of(self.run, "discriminator", self.recipe, self.codec, len(self.classes), device)

    @cached_property
    def training_data(self) -> Source:
        """The data that it was trained on. Raises UserError where that is gone, or is not what it was."""
        if self.run is None:
            raise UserError("this model does not know its training data, which a share of copies needs; leave it out")
        from .training_data import training_data  # the readers of data: whoever generates needs none of them

        return training_data(self.run)

    @property
    def modality(self) -> Modality:
        """The modality of this kind of data."""
        return modalities.get(self.modality_name)

    @spells_options
    def generate(self, count: int, seed: int = 0, label: str | int | None = None, **options: Any) -> Any:
        """`count` samples as Python objects: a list of PIL images, of arrays of sound or of texts, a DataFrame of rows.

        Options: see `at`. Series that were learned in windows are joined.
        """
        options = {"joined": True, **options}
        values, numbers = self._values(count, seed, label, **options), self.labels(range(count), seed, label)
        names = None if numbers is None else [self.classes[number] for number in numbers]
        return self.modality.items(values, self.codec, seed, names)

    @spells_options
    def values(self, count: int, seed: int = 0, label: str | int | None = None, **options: Any) -> np.ndarray:
        """`count` decoded samples as one array, in the numbers of the data (pictures: N x C x H x W).

        Options: see `at`.
        """
        return self.modality.own_numbers(self._values(count, seed, label, **options), self.codec)

    def _values(self, count: int, seed: int, label: str | int | None, **options: Any) -> np.ndarray:
        return np.concatenate(list(self.stream(count, seed, label, **options)))

    @spells_options
    def stream(self, count: int, seed: int = 0, label: str | int | None = None, **options: Any) -> Iterator[np.ndarray]:
        """The samples of `values` a chunk at a time, so that any number can be made in bounded memory."""
        count = checks.whole_number(count, "--count", 1, MAX_COUNT)
        size = self.generator.chunk_size
        return (
            self.at(range(start, min(count, start + size)), seed, label, **options) for start in range(0, count, size)
        )

    @spells_options
    def at(
        self,
        indices: Sequence[int],
        seed: int = 0,
        label: str | int | None = None,
        truncation: float | None = None,
        where: str | None = None,
        length: int | None = None,
        joined: bool = False,
        temperature: float | None = None,
        prompt: str | None = None,
        candidates: int | None = None,
        copies: float | None = None,
        fps: float | None = None,
    ) -> np.ndarray:
        """The decoded samples with these numbers.

        Args:
            indices: Numbers of the samples.
            seed: Any number.
            label: Name or number of the class of all samples; None: classes as often as in training.
            truncation: Less variety for better looks. Style-based generators keep this share of the distance to the
                mean style, 0 to 1; others draw latents no larger than this (Brock et al. 2019, arXiv:1809.11096).
            where: Of tables, conditions that hold in every row: "income = '>50K' and age > 60".
            length: Of series and films, the number of steps (frames) of each; of texts, the most characters of each.
            joined: Of series that were learned in windows, without a length: each is as long as some series of the
                data. Otherwise, and where the data are a single series, a sample is one window.
            temperature: Of texts: below 1 they are safer and more alike, above 1 bolder.
            prompt: Of texts: how each begins.
            candidates: Of texts: how many are drawn for each that is kept, chosen by the discriminator.
            copies: Of texts: the largest share that equals a training text, 0 to 1; more are drawn again. It needs the
                training data where it lay.
            fps: Of films, frames a second; things move as fast at any rate. None: as learned.

        Raises:
            UserError: The model does not have the class, or an option does not apply to it.
        """
        indices, seed = argument_checks.sample_numbers(indices), checks.whole_number(seed, "--seed")
        drawn = self.draw(indices, seed, label, truncation)
        joined = length is None and joined and self.modality.max_joined_length(self.codec) is not None
        steered = any(option is not None for option in (temperature, prompt, candidates, copies))
        if fps is not None:
            fps = float(checks.number(fps, "--fps"))
            self.modality.codec_at(self.codec, fps)  # refuses a rate that cannot be
        shaped = where is not None or length is not None or steered or fps is not None
        argument_checks.truncation_alone(truncation, shaped, joined)
        if steered:
            steering = argument_checks.steering(temperature, prompt, candidates, length, copies)
            return self.modality.steer(self, indices, seed, label, steering)
        if where is not None:
            return self.modality.conditional_sampling(self, checks.text(where, "--where"), indices, seed)
        if length is not None or joined or fps is not None:
            length = None if length is None else checks.whole_number(length, "--length", 1, MAX_COUNT)
            return self.modality.extrapolate(self, length, indices, seed, label, fps)
        return self.made([drawn])[0]

    def draw(self, indices: Sequence[int], seed: int, label: str | int | None, truncation: float | None) -> Drawn:
        """The latents, classes and noise of the samples with these numbers. Raises UserError as `at`."""
        psi, threshold = self._truncation(truncation)
        labels = self.labels(indices, seed, label)
        latents = sampling.latents(self.recipe.latent, seed, indices, threshold, self.generator.untruncated_latents)
        return Drawn(latents, labels, seed, indices, psi)

    def made(self, drawn: Sequence[Drawn]) -> list[np.ndarray]:
        """The decoded samples of each that was drawn, all of one psi, in forward passes that they share."""
        parts = self.outputs(drawn).split([len(each.indices) for each in drawn])
        return [self.codec.decode(part) for part in parts]

    def outputs(self, drawn: Sequence[Drawn]) -> Tensor:
        """What the generator makes of all that was drawn, one after another, encoded."""
        labels = [number for each in drawn for number in each.labels or ()]
        made = sampling.sample(
            self.generator,
            torch.cat([each.latents for each in drawn]),
            self.condition(labels),
            seed=[each.seed for each in drawn for _ in each.indices],
            indices=[index for each in drawn for index in each.indices],
            psi=drawn[0].psi,
        )
        return torch.cat(list(made))

    def decode(self, latents: Tensor, labels: Sequence[int] | None = None) -> np.ndarray:
        """Decoded samples of latents, N x latent size, all with the same noise. labels: N class numbers."""
        latents = argument_checks.rows(latents, [self.recipe.latent.size], "latents")
        condition = self.condition(argument_checks.class_numbers(labels, len(latents), self.classes))
        return self.codec.decode(torch.cat(list(sampling.sample(self.generator, latents, condition))))

    @property
    def is_style_based(self) -> bool:
        """Whether the generator maps latents to styles, which can be moved, mixed and truncated."""
        return isinstance(self.generator, networks.StyleGenerator)

    @torch.no_grad()
    def styles(self, latents: Tensor, labels: Sequence[int] | None = None) -> Tensor:
        """Styles of latents, N x num_layers x style_width. Raises UserError where the generator has none."""
        self._check_style_based()
        latents = argument_checks.rows(latents, [self.recipe.latent.size], "latents")
        device = sampling.device_of(self.generator)
        condition = self.condition(argument_checks.class_numbers(labels, len(latents), self.classes))
        moved = condition and {name: value.to(device) for name, value in condition.items()}
        return self.generator.map(latents.to(device), moved).cpu()

    @torch.no_grad()
    def decode_styles(self, styles: Tensor) -> np.ndarray:
        """Decoded samples of styles, N x num_layers x style_width, all with the same noise."""
        self._check_style_based()
        styles = argument_checks.rows(styles, [self.generator.num_layers, self.generator.style_width], "styles")
        parts = styles.to(sampling.device_of(self.generator)).split(self.generator.chunk_size)
        return self.codec.decode(
            torch.cat([self.generator.synthesise(part, self.fixed_noise(len(part))).cpu() for part in parts])
        )

    def fixed_noise(self, count: int) -> Tensor | None:
        """The same noise for each of `count` samples, where the generator is, count x noise_size.

        None for a generator without noise.
        """
        noise = sampling.noise(self.generator, 0, [0])
        return None if noise is None else noise.expand(count, -1).to(sampling.device_of(self.generator))

    def check_interpolable(self) -> None:
        """Raises UserError for a modality without samples between two samples, such as rows of a table."""
        if not self.modality.supports_latent_walk:
            raise UserError(
                f"a walk through latent space shows nothing of a {self.modality_name}; use generate or evaluate"
            )

    def _check_style_based(self) -> None:
        if not self.is_style_based:
            raise UserError(
                f"styles are for style-based generators, and {self.recipe.players['generator'].network} is none"
            )

    @cached_property
    def _heeds_classes(self) -> bool:
        """Whether another class changes a sample, which is not so for every network that others bring."""
        if len(self.classes) < 2:
            return True
        tried = range(TRIED_OF_A_CLASS)  # several: texts are discrete, and single ones of two classes may be equal
        latent = sampling.latents(self.recipe.latent, 0, tried)
        conditions = (self.condition([number] * len(tried)) for number in (0, 1))
        first, other = (
            torch.cat(list(sampling.sample(self.generator, latent, condition, indices=tried)))
            for condition in conditions
        )
        return not torch.equal(first, other)

    def condition(self, labels: Sequence[int] | None) -> dict[str, Tensor] | None:
        """Class numbers as the generator takes them; None for a model without classes."""
        return {"class": torch.as_tensor(labels, dtype=torch.int64)} if self.classes else None

    def _truncation(self, truncation: float | None) -> tuple[float | None, float | None]:
        """(share kept of a style's distance to the mean, largest latent). Raises UserError for a value out of range."""
        if truncation is None:
            return None, None
        truncation = float(checks.number(truncation, "--truncation"))
        if self.is_style_based:
            if not 0 <= truncation <= 1:
                raise UserError(f"--truncation {truncation:g} should lie between 0 (the mean sample) and 1 (none)")
            return truncation, None
        if self.recipe.latent.distribution != "normal":
            raise UserError("this model's latents are uniform, which leaves nothing to truncate")
        if truncation < 0.05:
            raise UserError(
                f"--truncation {truncation:g} is too small: latents are drawn again until none is larger; "
                "use 0.05 or more"
            )
        return None, truncation

    @spells_options
    def labels(self, indices: Sequence[int], seed: int = 0, label: str | int | None = None) -> list[int] | None:
        """The class number of each sample: that of `label`, else drawn from (seed, index) as often as in training."""
        if label is not None:
            number = self.class_number(label)
            if not self._heeds_classes:
                raise UserError(
                    f"the generator {self.recipe.players['generator'].network} ignores classes: with label '{label}' "
                    "it makes the same samples as without; leave the label out"
                )
            return [number] * len(indices)
        indices, seed = argument_checks.sample_numbers(indices), checks.whole_number(seed, "--seed")
        return sampling.classes(self.shares, seed, indices).tolist() if self.classes else None

    @spells_options
    def class_number(self, label: str | int) -> int:
        """The number of the class with this name; or else with this place, where no class has a number as its name.

        Raises UserError where there is none.
        """
        return argument_checks.class_number(label, self.classes)


@spells_options
def load(path: str | os.PathLike[str], device: str = "cpu") -> Gan:
    """The generator of a run folder: its best snapshot so far.

    Reads recipe.yaml, codec.json, source.json and generator.safetensors; never unpickles.

    Args:
        path: The run folder.
        device: Where it computes: cpu, cuda, cuda:1, mps, or auto, a GPU if there is one. The same seed gives the same
            samples on the same device; another one may round differently.

    Raises:
        UserError: One of them is missing or damaged, or the run translates (see `load_translator`).
    """
    run = Run(path)
    recipe, source, codec = described(run)
    if codec.input:
        raise UserError(
            f"{run.path} turns what it is given into something else and makes nothing of latents; "
            f"use `sparring apply {run.path} INPUTS -o OUT`"
        )
    generator = player_of(run, "generator", recipe, codec, len(source["classes"]), device)
    shares = [source["labels"].get(name, 0) for name in source["classes"]]
    return Gan(recipe, generator, codec, source["modality"], source["classes"], shares, run)


def load_translator(
    path: str | Path, reverse: bool = False, ensemble: bool = False, device: str = "cpu"
) -> Translator | SoundTranslator:
    """The generator of a run that turns pictures or sounds into others: its best snapshot so far.

    Args:
        path: The run folder.
        reverse: Turn outputs into inputs, for a run that has learned both directions.
        ensemble: See Translator.
        device: See `load`.

    Raises:
        UserError: As `load`, or the run has not learned this.
    """
    run = Run(path)
    recipe, _, codec = described(run)
    if not codec.input:
        raise UserError(
            f"{run.path} makes samples of latents and has no input; use `sparring generate {run.path} -o OUT`"
        )
    if reverse and "reverse_generator" not in recipe.players:
        raise UserError(f"{run.path} has learned one direction only, from input to output; leave --reverse out")
    player = "reverse_generator" if reverse else "generator"
    network = player_of(run, player, recipe, codec, 0, device)
    if isinstance(network, networks.WaveTranslator):
        if ensemble:
            raise UserError(f"--ensemble is for pictures, and {run.path} translates sounds; leave it out")
        return SoundTranslator(recipe, network, codec)
    codecs = (codec.output, codec.input) if reverse else (codec.input, codec.output)
    return Translator(recipe, network, *codecs, ensemble)


def load_picture_translator(
    path: str | Path, reverse: bool = False, ensemble: bool = False, device: str = "cpu"
) -> Translator:
    """As `load_translator`, for what works with pictures alone. Raises UserError for a run that translates sounds."""
    found = load_translator(path, reverse, ensemble, device)
    if isinstance(found, SoundTranslator):
        raise UserError(f"{path} translates sounds, which only `sparring apply` and `sparring evaluate` do so far")
    return found
