"""The division of labelled examples into training, validation and test.

Test examples that the source holds out already stay test examples. Where they are few, training examples join them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from ..errors import UserError
from ..util.random import make_rng

TEST_SHARE, ENOUGH_TEST, MAX_TEST = 0.25, 1000, 10_000
VALIDATION_SHARE, ENOUGH_VALIDATION, MAX_VALIDATION = 0.2, 1000, 2000
LEAST_OF_A_CLASS = 4  # one to choose by, one to test on, two to learn from


@dataclass(frozen=True)
class Division:
    """Positions of the examples of each part. notes: sentences for the user."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    notes: tuple[str, ...] = ()


def divide(
    labels: np.ndarray, splits: np.ndarray, classes: Sequence[str], unit: str, groups: np.ndarray, seen: bool = False
) -> Division:
    """Divide examples, with every class in every part.

    Args:
        labels: Class numbers, N.
        splits: The split of each example by its source, N texts.
        classes: Their names.
        unit: What examples are called in the plural.
        groups: A number for each example; examples with one number have equal contents, and come to one part.
        seen: A generator may have learned from all examples but those of the source's test split.

    Raises:
        UserError: A class has too few examples.
    """
    every = np.arange(len(labels))
    _check(labels, every, classes, unit, LEAST_OF_A_CLASS)
    test = every[splits == "test"]
    rest = np.setdiff1d(every, test)
    said = f"{len(test):,} that the data holds out"
    wanted = min(ENOUGH_TEST, ceil(TEST_SHARE * len(labels)))
    missing = np.setdiff1d(np.arange(len(classes)), labels[test])
    if not seen and (len(test) < wanted or len(missing)):
        more = _drawn(labels, rest, groups, max(0, wanted - len(test)) or len(missing), "test")
        said += f" and {len(more):,} drawn from the others, by class"
        test, rest = np.concatenate([test, more]), np.setdiff1d(rest, more)
    elif len(missing):
        raise UserError(
            f"the {len(test):,} {unit} that the run did not learn from hold none of the class "
            f"'{classes[missing[0]]}': give data with more held out, or leave --run out"
        )
    rest = rest[~np.isin(groups[rest], groups[test])]  # what is in the test too cannot be learned from
    if len(test) > MAX_TEST:
        test, said = _drawn(labels, test, every, MAX_TEST, "fewer"), f"{MAX_TEST:,} of {said}"
    validation = rest[splits[rest] == "validation"]
    train = np.setdiff1d(rest, validation)
    wanted = min(ENOUGH_VALIDATION, ceil(VALIDATION_SHARE * len(rest)))
    if len(validation) < wanted or len(np.unique(labels[validation])) < len(classes):
        more = _drawn(labels, train, groups, max(len(classes), wanted - len(validation)), "validation")
        validation, train = np.concatenate([validation, more]), np.setdiff1d(train, more)
    elif len(validation) > MAX_VALIDATION:
        validation = _drawn(labels, validation, every, MAX_VALIDATION, "fewer")
    for part in (train, validation, test):
        _check(labels, part, classes, unit, 1)
    note = f"{len(train):,} {unit} to learn from, {len(validation):,} to choose by, {len(test):,} for the verdict"
    return Division(np.sort(train), np.sort(validation), np.sort(test), (f"{note} ({said}).",))


def _check(labels: np.ndarray, positions: np.ndarray, classes: Sequence[str], unit: str, least: int) -> None:
    counts = np.bincount(labels[positions], minlength=len(classes))
    if counts.min(initial=least) < least:
        name, count = classes[int(counts.argmin())], int(counts.min())
        raise UserError(
            f"the class '{name}' has {count:,} {unit} that can be used here, and {LEAST_OF_A_CLASS} different ones are "
            "needed to learn from, choose by and test on: collect more of it, or leave the class out"
        )


def _drawn(labels: np.ndarray, among: np.ndarray, groups: np.ndarray, wanted: int, purpose: str) -> np.ndarray:
    """Positions drawn in proportion to the classes, at least one of each, with all that have equal contents."""
    ranks = make_rng("division", purpose).permutation(int(groups.max()) + 1)[groups]
    chosen: list[np.ndarray] = []
    for number in np.unique(labels[among]):
        mine = among[labels[among] == number]
        count = max(1, round(wanted * len(mine) / len(among)))
        chosen.append(mine[np.argsort(ranks[mine], kind="stable")][: min(count, max(1, len(mine) - 2))])
    taken = np.concatenate(chosen)
    return among[np.isin(groups[among], groups[taken])]
