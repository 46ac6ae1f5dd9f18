"""Hostile inputs: each is made by a function, and is either read as its owner means it or refused in one sentence.

The cases stand in tests/hostile/. A case says what must come out; "no crash" is not enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sparring.errors import UserError


@dataclass(frozen=True)
class Case:
    """One hostile input.

    make: Writes the input below a folder and returns its path (or any other address that the opener takes).
    read: Asserts that what the opener returned is what the owner means; None for an input that must be refused.
    refused: Words that the refusal must contain: what is wrong, where, what to do. Empty for an input that is read.
    """

    make: Callable[[Path], Any]
    read: Callable[[Any], None] | None = None
    refused: tuple[str, ...] = ()


def run_case(case: Case, opener: Callable[[Any], Any], folder: Path) -> None:
    """Open a case's input and hold the outcome against the case."""
    assert (case.read is None) == bool(case.refused), "a case is either read or refused"
    address = case.make(folder)
    if case.read is not None:
        case.read(opener(address))
        return
    with pytest.raises(UserError) as refusal:
        opener(address)
    sentence = str(refusal.value)
    assert "\n" not in sentence and "\x1b" not in sentence, "one sentence without control characters"
    for words in case.refused:
        assert words in sentence, f"{words!r} is missing in: {sentence}"
