"""Notes for the user from code that has no console: what was mended on the way, such as a damaged cache.

They are records of the logger "sparring" at the level WARNING, which Python prints to stderr unless a program says
otherwise.
"""

from __future__ import annotations

import logging

from ..errors import printable


def warn(sentence: str) -> None:
    """Tell the user something, in one sentence."""
    logging.getLogger("sparring").warning("%s", printable(sentence))
