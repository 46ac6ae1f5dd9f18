"""Errors whose message tells the user what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can fix. The message is one sentence: what is wrong, where, and what to do.

    The command line prints the message and exits with 2.
    """


class Diverged(UserError):
    """A loss or a gradient stopped being finite before there was a usable snapshot."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint for a message about an unknown word.

    Returns:
        "did you mean 'dcgan'?" for the closest known word, in any case, or "known: ..." with all if none is close.
    """
    import difflib

    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f"did you mean '{spelled[close[0]]}'?" if close else "known: " + ", ".join(sorted(known))
