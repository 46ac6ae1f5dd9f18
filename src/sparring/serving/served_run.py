"""A run that is loaded once, and the files that it makes for requests: the bytes that the command line writes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import UserError
from ..inference.apply import fills_holes, picture_header, translate_files
from ..inference.classify import Classifier, classifies, classify_with, load_classifier
from ..inference.explore import latent_directions, mixed, moved, principal_directions
from ..inference.generate import write_samples
from ..inference.generator import Drawn, Gan, load, load_picture_translator
from ..inference.interpolate import interpolate
from ..inference.invert import write_inversion
from ..inference.translator import Translator
from ..runs.folder import Run
from ..util.files import in_passing
from ..util.spelling import in_python
from .errors import Refused
from .limits import Limits

DIRECTIONS = 8  # along which samples are moved
JACOBIAN_SAMPLES = 4  # latents at which they are measured


@dataclass(frozen=True)
class File:
    """An answer. notes: what the file does not hold, or how good it is, for people."""

    content: bytes
    suffix: str
    notes: list[str] = field(default_factory=list)


class ServedRun:
    """What a run offers, loaded.

    Attributes:
        run: The folder.
        gan: The generator of a run that makes samples of latents, else None.
        translators: Those of a run that turns pictures into others, by whether they go in reverse.
        classifier: Of a run that classifies, else None.
        shares_passes: Whether samples of several requests may be made in one forward pass, bit for bit the same.
        version: Differs where the weights or the recipe differ.
    """

    def __init__(self, path: Path, device: str = "cpu", limits: Limits | None = None):
        """Raises UserError where the run cannot be loaded."""
        self.run, self.limits = Run(path), limits or Limits()
        self.recipe = self.run.recipe()[0]
        self.about = self.run.read_json("source.json")
        self.gan: Gan | None = None
        self.translators: dict[bool, Translator] = {}
        self.classifier: Classifier | None = load_classifier(path, device) if classifies(path) else None
        if self.recipe.algorithm.translates:
            both = (False, True) if "reverse_generator" in self.recipe.players else (False,)
            self.translators = {reverse: load_picture_translator(path, reverse, False, device) for reverse in both}
        else:
            self.gan = load(path, device)
        self.shares_passes = self.gan is not None and passes_can_be_shared(self.gan)
        self.version = _version(self.run)

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.run.path.resolve().name

    @property
    def networks(self) -> list[Any]:
        """Every network that computes answers."""
        made = [self.gan.generator] if self.gan else [each.generator for each in self.translators.values()]
        return made + ([self.classifier.network] if self.classifier else [])

    @property
    def fills_holes(self) -> bool:
        """Whether `apply` fills the transparent parts of a picture."""
        restores = self.recipe.algorithm.restores
        return any(fills_holes(each.input, restores) for each in self.translators.values())

    def watch(self, check: Callable[..., None]) -> None:
        """Call `check` before every layer computes, so that a computation can be ended where it raises."""
        for network in self.networks:
            for module in network.modules():
                module.register_forward_pre_hook(check)

    def public(self, text: str) -> str:
        """A sentence without this machine's folders, and with options as a request spells them."""
        for place in (str(self.run.path.absolute()), str(self.run.path)):
            text = text.replace(place, self.name)
        return in_python(text)

    # Each of these is computed in the thread of the model.

    def generate(
        self, count: int, first: int, format: str, grid: bool, options: dict[str, Any], values: np.ndarray | None
    ) -> File:
        """As `sparring generate RUN -n COUNT -o samples.FORMAT`. values: the samples, where they are made already."""
        assert self.gan is not None
        gan = self.gan
        notes: list[str] = []

        def write(folder: Path) -> Path:
            return write_samples(
                gan,
                folder / f"samples{format}",
                count,
                options,
                first=first,
                grid=grid,
                values=values,
                note=notes.append,
                max_values=self.limits.values,
            )[0]

        return self._file(write, notes)

    def draw(self, count: int, seed: int, label: str | int | None, truncation: float | None) -> Drawn:
        """What the samples of a request are made of."""
        assert self.gan is not None
        return self.gan.draw(range(count), seed, label, truncation)

    def can_share(self, count: int, first: int, options: Mapping[str, Any]) -> bool:
        """Whether the samples of such a request may be made beside those of others, in one forward pass."""
        gan, plain = self.gan, ("seed", "label", "truncation")
        if gan is None or not self.shares_passes or first:
            return False
        if any(value is not None for name, value in options.items() if name not in plain):
            return False
        return gan.modality.max_joined_length(gan.codec) is None and count <= gan.generator.chunk_size

    def move(self, along: Sequence[float], format: str, options: dict[str, Any]) -> File:
        """The sample of a seed, moved along the directions in which samples change most.

        along: How many standard deviations along each; those that are left out stay at 0.
        """
        assert self.gan is not None
        gan = self.gan
        moves = self._directions.new_zeros(1, len(self._directions))
        moves[0, : len(along)] = torch.tensor(along)
        values = moved(gan, moves @ self._directions, **options)
        drawn = {**options, "length": None}
        return self._file(lambda folder: write_samples(gan, folder / f"moved{format}", 1, drawn, values=values)[0], [])

    def mix(self, style_seed: int, layers: int, format: str, options: dict[str, Any]) -> File:
        """The sample of a seed, with the styles of another one from some layer on."""
        assert self.gan is not None
        gan = self.gan
        values = mixed(gan, options["seed"], style_seed, layers, options["label"])
        drawn = {**options, "length": None}
        return self._file(lambda folder: write_samples(gan, folder / f"mixed{format}", 1, drawn, values=values)[0], [])

    @cached_property
    def _directions(self) -> torch.Tensor:
        """N x D, each one standard deviation long; measured once."""
        assert self.gan is not None
        gan = self.gan
        if gan.is_style_based:
            found, deviations = principal_directions(gan, DIRECTIONS)
        else:
            found, deviations = latent_directions(gan, DIRECTIONS, JACOBIAN_SAMPLES)
        return found.float() * deviations.float()[:, None]

    def interpolate(self, format: str, options: dict[str, Any]) -> File:
        """As `sparring interpolate RUN -o walk.FORMAT`."""
        assert self.gan is not None
        gan = self.gan
        if options["keyframes"] * options["frames"] * prod(gan.codec.shape) > self.limits.values:
            raise UserError("a walk of so many and so large pictures is too long for one request; ask for fewer frames")
        return self._file(lambda folder: interpolate(gan, folder / f"walk{format}", **options), [])

    def invert(self, body: bytes, format: str, options: dict[str, Any]) -> File:
        """As `sparring invert RUN PICTURE -o inverted.png`; the picture or the code that is written beside it."""
        assert self.gan is not None
        gan = self.gan
        notes: list[str] = []
        self._check_size(gan.modality.header_size(body))

        def write(folder: Path) -> Path:
            picture = folder / "upload"
            picture.write_bytes(body)
            found, paths = write_inversion(gan, picture, folder / "inverted.png", **options)
            notes.append(f"{found.space}, error {found.error:.4f} of the value range (PSNR {found.psnr:.1f} dB)")
            return next(path for path in paths if path.suffix == format)

        return self._file(write, notes)

    def apply(self, body: bytes, format: str | None, reverse: bool, ensemble: bool) -> File:
        """As `sparring apply RUN input.SUFFIX`, written to output.FORMAT, or in the format of the input."""
        pixels, suffix = picture_header(body)
        self._check_size(pixels)
        name = f"input{suffix}"
        notes: list[str] = []

        def write(folder: Path) -> Path:
            (folder / name).write_bytes(body)
            out = folder / (f"output{format}" if format else "output")
            if self.classifier:
                results = classify_with(self.classifier, folder / name, folder / "output.csv")
            else:
                translator = self.translators[reverse]
                if ensemble:
                    translator = Translator(
                        translator.recipe, translator.generator, translator.input, translator.output, ensemble=True
                    )
                results = translate_files(translator, folder / name, out)
            (done,) = results
            if done.out is None:
                raise UserError(f"the picture cannot be used: it {done.reason}")
            notes.extend(filter(None, [done.note]))
            return done.out

        return self._file(write, notes)

    def _check_size(self, size: int) -> None:
        """Raises Refused for a small file that unfolds to more than may be computed."""
        if size > self.limits.pixels:
            raise Refused(413, f"the upload unfolds to {size:,} pixels, and this service takes {self.limits.pixels:,}")

    def _file(self, write: Callable[[Path], Path], notes: list[str]) -> File:
        """The file that is written into a folder of its own. No name of a client ever becomes a path."""
        with tempfile.TemporaryDirectory(prefix="sparring-serve-") as folder, in_passing():
            try:
                path = write(Path(folder))
            except UserError as error:
                error.args = (str(error).replace(f"{folder}/", ""),)
                raise
            suffix = ".csv.gz" if path.name.endswith(".csv.gz") else path.suffix
            return File(path.read_bytes(), suffix, notes)


def passes_can_be_shared(gan: Gan) -> bool:
    """Whether a sample is the same bits at every place of a forward pass, beside whichever others.

    A matrix product may round its last rows differently, depending on the processor; so this is tried, not assumed.
    """
    count = gan.generator.chunk_size
    drawn = [gan.draw([number], 1, None, None) for number in range(count)]
    forward = gan.outputs(drawn)
    backward, alone = gan.outputs(drawn[::-1]).flip(0), gan.outputs(drawn[-1:])
    return torch.equal(forward, backward) and torch.equal(forward[-1:], alone)


def _version(run: Run) -> str:
    content = b"".join(path.read_bytes() for path in sorted(run.path.glob("*.safetensors")))
    return hashlib.sha256(content + run.recipe()[0].model_dump_json().encode()).hexdigest()
