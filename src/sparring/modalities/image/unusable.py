"""What a file that is no usable picture is refused with."""

from __future__ import annotations

MAX_PIXELS = 100_000_000  # a file that unpacks to more is a mistake or an attack


class Unusable(Exception):
    """A file that cannot be used. The message is the reason, in plain words."""


def brief(error: Exception) -> str:
    """The first words of what a decoder says."""
    return (str(error).splitlines() or [""])[0][:100] or type(error).__name__
