"""What is tried for each kind of labelled data, by the task that the data declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .amounts import amounts
from .arms import picture_arms, row_arms
from .division import Division
from .examples import Examples, Unavailable
from .picture_judges import picture_judges
from .resampling import resampled
from .supply import Supply
from .table_judges import table_judges
from .trial import Setting


def setting_of(data: Any, division: Division, supply: Supply, amount: int | None, seeds: int) -> Setting:
    """The trial of labelled data.

    Args:
        data: See modalities.labelled.
        division: Of its examples.
        supply: Of generated examples.
        amount: How many are added; None: several amounts are tried.
        seeds: How many times everything is trained.
    """
    train, validation = (
        Examples(data.values(places), data.labels[places]) for places in (division.train, division.validation)
    )
    counts = [int((train.labels == number).sum()) for number in range(len(data.classes))]
    judges, cheap, resample = _PARTS[data.task](data, train, counts)
    test, tried = data.blind(division.test), amounts(counts, amount)
    return Setting(
        train, validation, test, len(data.classes), judges, cheap, tried, supply, data.features, resample, seeds
    )


def _pictures(data: Any, train: Examples, counts: list[int]) -> tuple[Any, Any, Any]:
    def resample(method: str, seed: int) -> Examples:
        raise Unavailable("it is for rows of tables")

    return picture_judges(train.values.shape[1:], len(train.labels)), picture_arms(), resample


def _rows(data: Any, train: Examples, counts: list[int]) -> tuple[Any, Any, Any]:
    def resample(method: str, seed: int) -> Examples:
        return resampled(method, train, data.numeric, data.inputs, seed)

    return table_judges(data.numeric, data.inputs), row_arms(counts), resample


# By Labelled.task: judges, arms without generated examples, and resampling.
_PARTS: dict[str, Callable[[Any, Examples, list[int]], tuple[Any, Any, Any]]] = {
    "classify": _pictures,
    "table": _rows,
}
