"""Pairs that come of ordinary pictures: damaged ones beside whole ones, and two classes of which one is turned into the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ...config.recipe import Damage
from ...data.source import Source, Split
from ...errors import UserError
from ...util.random import make_rng
from ..image.codec import MODES, ImageCodec
from ..image.degradations import damaged
from .codec import PairCodec
from .source import SPLITS, Pairs

SHAPING = ("shrink", "holes", "grey")  # damages that change the size or the channels


class _Derived(Pairs):
    def __init__(self, source: Source, name: str, made_from: str):
        self.source, self.name = source, name
        self.fit: str = source.fit  # type: ignore[attr-defined]
        self.classes, self.notes, self.report = (), source.notes, source.report
        self.content_hash = hashlib.sha256(f"{source.content_hash} {made_from}".encode()).hexdigest()

    def _codec(self, shape: tuple[int, ...], value_range: str) -> ImageCodec:
        channels, height, width = shape
        return ImageCodec(channels, height, width, value_range, self.fit, MODES[channels])

    def codec(self, value_range: str) -> PairCodec:
        return PairCodec(self._codec(self.given, value_range), self._codec(self.shape, value_range))

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} holds pairs, which have no labels")


class Damaged(_Derived):
    """Whole pictures, given damaged: anew each time that one is shown in training, always in the same way for one seed."""

    def __init__(self, source: Source, damages: Sequence[Damage]):
        super().__init__(source, source.name, repr([damage.model_dump() for damage in damages]))
        self.damages, self.unit, self.columns = tuple(damages), source.unit, ("damaged, as given", "made of it", "the truth")
        for damage in self.damages:
            if damage.kind in SHAPING and damage.chance < 1:
                raise UserError(
                    f"the damage '{damage.kind}' decides the shape of what is given, so it always happens: leave its chance out"
                )
        channels, height, width = source.shape
        factor = self._factor()
        self.shape = (channels, max(1, height // factor) * factor, max(1, width // factor) * factor)
        if self.shape[1] > height or self.shape[2] > width:
            raise UserError(f"pictures of {height}x{width} cannot be shrunk {factor} times")
        self.given = tuple(damaged(np.zeros(self.shape, np.uint8), self.damages, make_rng(0, "shape")).shape)

    @property
    def pictured(self) -> str:
        return hashlib.sha256(f"{self.source.content_hash} {self.shape}".encode()).hexdigest()

    def _factor(self) -> int:
        """How many times smaller the given pictures are: a whole number, of which the sides are made multiples."""
        found = 1
        for damage in self.damages:
            if damage.kind == "shrink":
                if damage.least != damage.most or damage.least < 1 or damage.least != round(damage.least):
                    raise UserError("the damage 'shrink' has one strength, a whole number such as 2: give it as its least and its most")
                found *= round(damage.least)
        return found

    def count(self, split: Split = "train") -> int:
        return self.source.count(split)

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(indices, split)[:, :, : self.shape[1], : self.shape[2]]

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        whole = self.values(indices, split)
        return np.stack(
            [
                damaged(picture, self.damages, make_rng(seed, "damage", split, position))
                for picture, position in zip(whole, np.asarray(indices).tolist(), strict=True)
            ]
        )


class Unpaired(_Derived):
    """Pictures of one class, and beside each a picture of another class that has nothing to do with it."""

    paired = False

    def __init__(self, source: Source, given: str, made: str):
        super().__init__(source, f"{source.name}", f"{given} -> {made}")
        self.shape = self.given = source.shape
        self.sides, self.unit, self.columns = (given, made), source.unit, (f"{given}, as given", f"{made}, made of it")
        self.notes += (f"{given} is turned into {made} (the other way round: --set 'domains=[{made},{given}]').",)
        self.numbers = [source.classes.index(name) for name in self.sides]
        self._rows: dict[Split, list[np.ndarray]] = {}
        for split in SPLITS:
            labels = source.labels(np.arange(source.count(split)), split) if source.count(split) else np.empty(0, np.int64)
            self._rows[split] = [np.flatnonzero(labels == number) for number in self.numbers]
        for name, rows in zip(self.sides, zip(*(self._rows[split] for split in ("train", "test")), strict=True), strict=True):
            if min(map(len, rows)) < 2:
                raise UserError(f"class '{name}' has too few pictures to learn from and to be scored on: two of each at least")

    def of_kind(self, side: int, split: Split) -> np.ndarray:
        """Every picture of the given kind (0) or of the other one (1)."""
        return self.source.values(self._rows[split][side], split)

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split][1])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(self._rows[split][1][np.asarray(indices, dtype=np.int64)], split)

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        rows = self._rows[split][0]
        order = make_rng(seed, "partner", split).permutation(len(rows))  # no picture twice before all were taken
        return self.source.values(rows[order[np.asarray(indices, dtype=np.int64) % len(rows)]], split)


def domains(source: Source, asked: Sequence[str] | None) -> tuple[str, str]:
    """(given, made): two classes of a source, as asked or the only two. Raises UserError where that is not clear."""
    if asked is None:
        if len(source.classes) != 2:
            raise UserError(
                f"this recipe turns pictures of one kind into another, and {source.name} has {len(source.classes) or 'no'} classes; put the "
                "two kinds into two folders, or name two classes: --set domains=[one,other]"
            )
        return source.classes[0], source.classes[1]
    for name in asked:
        if name not in source.classes:
            raise UserError(f"{source.name} has no class '{name}'; it has {', '.join(source.classes[:12])}")
    if len(set(asked)) != 2:
        raise UserError("domains should name two different classes")
    return asked[0], asked[1]
