"""Checks of values that a person gives to a function: each returns the value, or raises UserError in one sentence."""

from __future__ import annotations

import numbers
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError, nearest

MAX_SHOWN = 40  # characters of a value in a message


def plain(value: Any) -> Any:
    """Numbers and devices of NumPy and torch as those of Python, also in lists and mappings; others as they are."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        try:
            return value.item()
        except (RuntimeError, NotImplementedError):  # a tensor that holds no values
            return value
    return str(value) if (type(value).__module__, type(value).__name__) == ("torch", "device") else value


def whole_number(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """A whole number of Python, NumPy or torch within the bounds; True and 3.0 are none."""
    value = plain(value)
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not _is_within(value, least, most):
        raise UserError(f"{name} should be a whole number{_bounds(least, most)}, not {shown(value)}")
    return int(value)


def number(value: Any, name: str, least: float | None = None, most: float | None = None) -> float | int:
    """A finite number within the bounds; True and "3" are none."""
    value = plain(value)
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not abs(value) <= sys.float_info.max or not _is_within(value, least, most):
        raise UserError(f"{name} should be a number{_bounds(least, most)}, not {shown(value)}")
    return value


def text(value: Any, name: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{name} should be a text, not {shown(value)}")
    return value


def one_of(value: Any, name: str, known: Sequence[str]) -> str:
    """One of the known words."""
    if not isinstance(value, str) or value not in known:
        raise UserError(f"{name} {shown(value)} is unknown; {nearest(str(value), list(known))}")
    return value


def path(value: Any, name: str) -> Path:
    """A path, given as a text or as an object that stands for one."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or isinstance(os.fspath(value), bytes):
        raise UserError(f"{name} should be the path of a file or folder, not {shown(value)}")
    if "\0" in os.fspath(value):
        raise UserError(f"{name} is no path: it holds a null character")
    return Path(value)


def instance(value: Any, name: str, kind: type, what: str) -> Any:
    """An instance of a class. what: what the class stands for, in words."""
    if not isinstance(value, kind):
        raise UserError(f"{name} should be {what}, not {shown(value)}")
    return value


def shown(value: Any) -> str:
    """A value in a message: short, on one line."""
    written = " ".join(repr(value).split())
    return written if len(written) <= MAX_SHOWN else f"a {type(value).__name__}"


def _is_within(value: Any, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    if least is not None:
        return f" of at least {least:,}"
    return f" of at most {most:,}" if most is not None else ""
