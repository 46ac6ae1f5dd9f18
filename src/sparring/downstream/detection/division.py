"""The division of pictures with boxes into training, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from ...errors import UserError
from ...modalities.image.boxes import Scene
from ..division import Division, divide

LEAST_PICTURES = 12


def divide_scenes(scenes: Sequence[Scene], classes: Sequence[str], seen: bool) -> tuple[Division, tuple[int, ...]]:
    """Divide pictures, and find the classes that can be judged.

    Args:
        scenes: All pictures.
        classes: Names of the classes.
        seen: A generator may have learned from all pictures but those of the source's test.

    Returns:
        The division, and the numbers of the classes with boxes in each part. Raises UserError where there is none, or
        where pictures are too few.
    """
    if len(scenes) < LEAST_PICTURES:
        raise UserError(
            f"{len(scenes)} pictures with boxes are too few to learn from, choose by and test on: "
            f"{LEAST_PICTURES} are needed"
        )
    splits = np.array([scene.split or "train" for scene in scenes])
    synthetic = np.array([scene.synthetic for scene in scenes])
    if (synthetic & (splits != "train")).any():
        name = scenes[int(np.flatnonzero(synthetic & (splits != "train"))[0])].name
        raise UserError(f"{name} is synthetic and not in the training split: only real pictures can be tested on")
    known: dict[str, int] = {}
    groups = np.array([known.setdefault(sha256(scene.read()).hexdigest(), len(known)) for scene in scenes])
    every = np.arange(len(scenes))
    labels = np.zeros(len(scenes), np.int64)
    found = divide(labels[~synthetic], splits[~synthetic], ("picture",), "pictures", groups[~synthetic], seen)
    real = every[~synthetic]
    train = np.sort(np.concatenate([real[found.train], every[synthetic]]))
    found = replace(found, train=train, validation=real[found.validation], test=real[found.test])
    held = [_classes(scenes, part) for part in (found.train, found.validation, found.test)]
    judged = sorted(set.intersection(*held))
    if not judged:
        raise UserError(
            f"no class has boxes among the {len(found.train):,} pictures to learn from, the {len(found.validation):,} "
            f"to choose by and the {len(found.test):,} for the verdict: give more pictures"
        )
    left = [classes[number] for number in range(len(classes)) if number not in judged]
    notes = found.notes
    if left:
        names = ", ".join(f"'{name}'" for name in left[:6]) + (" ..." if len(left) > 6 else "")
        notes = (*notes, f"Not judged, since they have no boxes in one of these parts: {names}.")
    return replace(found, notes=notes), tuple(judged)


def _classes(scenes: Sequence[Scene], places: np.ndarray) -> set[int]:
    """The numbers of the classes of which boxes count in these pictures."""
    found: set[int] = set()
    for place in places:
        objects = scenes[place].objects
        found |= set(objects.labels[~objects.crowd].tolist())
    return found
