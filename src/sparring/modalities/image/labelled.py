"""Pictures in classes, as classifiers learn from them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ...data.divided import Divided, Pool
from ...data.source import Source
from ...errors import UserError
from ...util.files import file_name
from ..labelled import REAL, SYNTHETIC, Labelled
from .codec import fit_codec
from .write import picture_file

FEATURE_SIDE = 16  # pixels of the thumbnails whose distances tell copies


class LabelledPictures(Labelled):
    """Pictures with class folders, a labels file or another source of labels. Raises UserError where there are none."""

    task = "classify"

    def __init__(self, source: Source):
        if not source.classes:
            why = next(
                (f" ({note.rstrip('.')})" for note in source.notes if "labels" in note and "not used" in note), ""
            )
            raise UserError(
                f"{source.name} has no classes to tell apart{why}: put the pictures "
                "into one folder for each class, or add a labels.csv"
            )
        self.source, self.classes = source, source.classes
        self._pool = Pool(source)
        self.labels, self.splits = self._pool.labels(), self._pool.splits

    def values(self, positions: np.ndarray) -> np.ndarray:
        return self._pool.values(positions)

    @property
    def groups(self) -> np.ndarray:
        known: dict[bytes, int] = {}
        hashes = (sha256(self.values(np.array([at])).tobytes()).digest() for at in range(len(self.labels)))
        return np.array([known.setdefault(each, len(known)) for each in hashes])

    def encoded(self, codec: Any, values: np.ndarray) -> Tensor:
        return codec.encode(values)

    def features(self, values: np.ndarray) -> np.ndarray:
        """Thumbnails: the means of at most FEATURE_SIDE x FEATURE_SIDE areas."""
        sides = tuple(min(FEATURE_SIDE, side) for side in values.shape[2:])
        small = adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(values)).float(), sides)
        return small.flatten(1).numpy()

    def part(self, train: np.ndarray, held: np.ndarray) -> Divided:
        return Divided(self._pool, train, held)

    def check(self, gan: Any) -> None:
        if missing := [name for name in self.classes if name not in gan.classes]:
            known = f"knows {', '.join(gan.classes[:8])}" if gan.classes else "was trained without classes"
            raise UserError(
                f"the run makes no pictures of the class '{missing[0]}': it {known}; train one on labelled pictures"
            )
        if tuple(gan.codec.shape) != tuple(self.source.shape):
            made, own = ("x".join(map(str, shape)) for shape in (gan.codec.shape, self.source.shape))
            raise UserError(f"the run makes pictures of {made} (channels x height x width), and these are {own}")

    def draw(self, gan: Any, number: int, indices: range, seed: int) -> np.ndarray:
        return gan.at(indices, seed, label=self.classes[number])

    def write(self, out: Path, test: np.ndarray, generated: np.ndarray, labels: np.ndarray, seed: int) -> Path:
        """Folders of classes below train/, validation/ and test/; real-000001.png and synthetic-000001.png."""
        scale = fit_codec(self.source).scale
        splits = np.where(self.splits == "validation", "validation", "train").astype(object)
        splits[test] = "test"
        folders = class_folders(self.classes)
        for position, (split, label) in enumerate(zip(splits, self.labels, strict=True)):
            picture_file(self.values(np.array([position]))[0], scale, out / split / folders[label], REAL, position)
        for number, (value, label) in enumerate(zip(generated, labels, strict=True)):
            picture_file(value, scale, out / "train" / folders[label], SYNTHETIC, number)
        return out


def class_folders(classes: tuple[str, ...]) -> list[str]:
    """A folder name for each class, all different whatever the letter case."""
    found: list[str] = []
    for name in map(file_name, classes):
        taken = {other.lower() for other in found}
        same = next(same for same in (name, *(f"{name}-{at}" for at in range(2, 10**6))) if same.lower() not in taken)
        found.append(same)
    return found
