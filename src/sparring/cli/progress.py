"""The messages and the progress of a verb on the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..callbacks.base import Callback
from ..callbacks.progress import Lines
from ..util import progress


@contextlib.contextmanager
def terminal() -> Iterator[Callback]:
    """A callback that prints lines and, where there is a terminal, shows a bar; it is gone after the block."""
    try:
        yield Lines()
    finally:
        progress.clear()
