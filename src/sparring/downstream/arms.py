"""Arms: the ways to train that are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .amounts import Amount, are_unequal
from .detection.views import CLASSIC as SCENES
from .resampling import METHODS
from .views import CLASSIC

Kind = Literal["real", "duplicates", "generated", "filtered", "pasted", "pasted generated", "pasted filtered"]
ADDED = {
    "duplicates": "duplicates of real examples",
    "generated": "generated examples",
    "filtered": "generated examples that pass the filter",
    "pasted": "scenes with objects pasted from real ones",
    "pasted generated": "scenes with generated objects pasted",
    "pasted filtered": "scenes with generated objects pasted that pass the filter",
}


@dataclass(frozen=True)
class Arm:
    """A way to train.

    kind: what is added to the real examples. amount: how much of it. classic: the classic augmentation of pictures
    (see `views` and `detection.views`). weighted: rarer classes count more. resampling: a method of `resampling`.
    """

    kind: Kind = "real"
    amount: Amount | None = None
    classic: str = "none"
    weighted: bool = False
    resampling: str = ""

    @property
    def is_cheap(self) -> bool:
        """Whether it needs no generator."""
        return self.kind in ("real", "duplicates", "pasted")

    @property
    def title(self) -> str:
        """For people."""
        said = ["real"]
        if self.classic != "none":
            said.append(CLASSIC.get(self.classic) or SCENES[self.classic])
        if self.weighted:
            said.append("class weights")
        if self.resampling:
            said.append(self.resampling)
        if self.amount:
            said.append(f"{self.amount.total:,} {ADDED[self.kind]} ({self.amount.name})")
        return " + ".join(said)

    @property
    def key(self) -> str:
        """A name for files that no other arm has."""
        return f"{self.kind}-{hashlib.sha256(repr(self).encode()).hexdigest()[:12]}"


def picture_arms() -> list[Arm]:
    """Real pictures with each classic augmentation."""
    return [Arm(classic=name) for name in CLASSIC]


def scene_arms() -> list[Arm]:
    """Real pictures with boxes, with each classic augmentation."""
    return [Arm(classic=name) for name in SCENES]


def pasted_arms(amounts: Sequence[Amount], classic: str) -> list[Arm]:
    """One amount of duplicates (the placebo), and scenes with pasted objects, real and generated, in each amount."""
    kinds: tuple[Kind, ...] = ("pasted", "pasted generated", "pasted filtered")
    return [Arm("duplicates", amounts[0], classic), *(Arm(kind, each, classic) for each in amounts for kind in kinds)]


def row_arms(counts: Sequence[int]) -> list[Arm]:
    """Real rows; where classes are unequal, also the usual remedies. counts: of the classes."""
    if not are_unequal(counts):
        return [Arm()]
    return [Arm(), Arm(weighted=True), *(Arm(resampling=method) for method in METHODS)]


def added_arms(amounts: Sequence[Amount], classic: str, unequal: bool) -> list[Arm]:
    """Duplicates (the placebo), generated and filtered examples in each amount, with this classic augmentation.

    unequal: Are some classes rarer? Where they are not, duplicates change nothing but the order of examples, so that
    one amount of them is enough.
    """
    made: list[Arm] = [Arm(kind, amount, classic) for amount in amounts for kind in ("generated", "filtered")]
    return [*(Arm("duplicates", amount, classic) for amount in (amounts if unequal else amounts[:1])), *made]
