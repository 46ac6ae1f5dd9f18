"""What a file that is no usable picture is refused with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

MAX_PIXELS = 100_000_000  # a file that unpacks to more is a mistake or an attack
MAX_FRAMES = 10_000  # pages or frames of one file


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of decoders about odd metadata, which may hold anything. Not for threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Unusable(Exception):
    """A file that cannot be used. The message is the reason, in plain words."""


def brief(error: Exception) -> str:
    """The first words of what a decoder says."""
    return (str(error).splitlines() or [""])[0][:100] or type(error).__name__
