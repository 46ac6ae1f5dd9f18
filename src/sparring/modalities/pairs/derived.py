"""Pairs made of ordinary pictures: degraded pictures with the whole ones, and pictures of two classes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ...config.recipe import Degradation
from ...data.source import SPLITS, Source, Split
from ...errors import UserError
from ...util.random import make_rng
from ..image.codec import MODES, ImageCodec, fit_and_scale
from ..image.degradations import degraded
from .codec import PairCodec
from .source import Pairs

CHANGING_SHAPE = ("downsample", "mask", "grayscale")  # degradations whose result has another size or other channels


class _Derived(Pairs):
    """Pairs made of the pictures of another source."""

    def __init__(self, source: Source, derivation: str):
        self.source, self.name, self.unit = source, source.name, source.unit
        self.fit, self.scale = fit_and_scale(source)
        self.classes, self.notes, self.report = (), source.notes, source.report
        self.content_hash = hashlib.sha256(f"{source.content_hash} {derivation}".encode()).hexdigest()

    def codec(self, value_range: str) -> PairCodec:
        return PairCodec(self._codec(self.input_shape, value_range), self._codec(self.shape, value_range))

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} holds pairs, which have no labels")

    def _codec(self, shape: tuple[int, ...], value_range: str) -> ImageCodec:
        channels, height, width = shape
        return ImageCodec(channels, height, width, value_range, self.fit, MODES[channels], self.scale)


class DegradedPairs(_Derived):
    """Whole pictures, with degraded ones as inputs.

    The degradation is drawn anew whenever a picture is shown in training. Raises UserError for degradations after
    which inputs would not all have the same shape.
    """

    def __init__(self, source: Source, degradations: Sequence[Degradation]):
        super().__init__(source, repr([each.model_dump() for each in degradations]))
        self.degradations, self.columns = tuple(degradations), ("degraded input", "output", "target")
        for each in self.degradations:
            if each.kind in CHANGING_SHAPE and each.probability < 1:
                raise UserError(
                    f"the degradation '{each.kind}' decides the shape of the inputs, so it always happens: leave its "
                    "probability out"
                )
        channels, height, width = source.shape
        factor = self._factor()
        self.shape = (channels, max(1, height // factor) * factor, max(1, width // factor) * factor)
        if self.shape[1] > height or self.shape[2] > width:
            raise UserError(f"pictures of {height}x{width} cannot be downsampled {factor} times")
        self.input_shape = tuple(
            degraded(np.zeros(self.shape, self.scale.dtype), self.degradations, make_rng(0, "shape")).shape
        )

    @property
    def values_hash(self) -> str:
        return hashlib.sha256(f"{self.source.content_hash} {self.shape}".encode()).hexdigest()

    def _factor(self) -> int:
        """How many times smaller the inputs are: a whole number. The sides of the targets are made multiples of it."""
        found = 1
        for each in self.degradations:
            if each.kind == "downsample":
                if each.minimum != each.maximum or each.minimum < 1 or each.minimum != round(each.minimum):
                    raise UserError(
                        "the degradation 'downsample' has one strength, a whole number such as 2: give it as its "
                        "minimum and its maximum"
                    )
                found *= round(each.minimum)
        return found

    def count(self, split: Split = "train") -> int:
        return self.source.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(indices, split)[:, :, : self.shape[1], : self.shape[2]]

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        positions = np.asarray(indices).tolist()
        rngs = [make_rng(seed, "damage", split, position) for position in positions]
        return np.stack(
            [degraded(one, self.degradations, rng) for one, rng in zip(self.values(indices, split), rngs, strict=True)]
        )


class Unpaired(_Derived):
    """Pictures of one class, with pictures of another class as inputs that have nothing to do with them."""

    paired = False

    def __init__(self, source: Source, input_class: str, output_class: str):
        super().__init__(source, f"{input_class} -> {output_class}")
        self.shape = self.input_shape = source.shape
        self.sides, self.columns = (input_class, output_class), (f"input: {input_class}", f"output: {output_class}")
        self.notes += (
            f"{input_class} is turned into {output_class} (for the other direction: --set "
            f"'domains=[{output_class},{input_class}]').",
        )
        self.numbers = [source.classes.index(name) for name in self.sides]
        self._rows: dict[Split, list[np.ndarray]] = {}
        for split in SPLITS:
            labels = (
                source.labels(np.arange(source.count(split)), split) if source.count(split) else np.empty(0, np.int64)
            )
            self._rows[split] = [np.flatnonzero(labels == number) for number in self.numbers]
        for name, rows in zip(
            self.sides, zip(*(self._rows[split] for split in ("train", "test")), strict=True), strict=True
        ):
            if min(map(len, rows)) < 2:
                raise UserError(
                    f"class '{name}' has too few pictures to learn from and to be scored on: two of each at least"
                )

    def of_class(self, side: int, split: Split) -> np.ndarray:
        """Every picture of the class of the inputs (side 0) or of the outputs (side 1)."""
        return self.source.values(self._rows[split][side], split)

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split][1])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(self._rows[split][1][np.asarray(indices, dtype=np.int64)], split)

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        rows = self._rows[split][0]
        order = make_rng(seed, "partner", split).permutation(
            len(rows)
        )  # no picture is drawn again before all were drawn
        return self.source.values(rows[order[np.asarray(indices, dtype=np.int64) % len(rows)]], split)


def domains(source: Source, asked: Sequence[str] | None) -> tuple[str, str]:
    """The classes of inputs and of outputs: as asked, or the only two of the source.

    Raises UserError where that is not clear.
    """
    if asked is None:
        if len(source.classes) != 2:
            raise UserError(
                f"this recipe turns pictures of one kind into another, and {source.name} has "
                f"{len(source.classes) or 'no'} classes; put the "
                "two kinds into two folders, or name two classes: --set algorithm.domains=[one,other]"
            )
        return source.classes[0], source.classes[1]
    for name in asked:
        if name not in source.classes:
            raise UserError(f"{source.name} has no class '{name}'; it has {', '.join(source.classes[:12])}")
    if len(set(asked)) != 2:
        raise UserError("domains should name two different classes")
    return asked[0], asked[1]
