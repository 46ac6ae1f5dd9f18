"""Options as the caller spells them: `--max-time` on the command line, `max_time` in Python.

Messages and notes are written with the spelling of the command line. Where they leave for a Python program (an error
from a public function, a line that is printed), they are respelled, unless the command line is running.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..errors import UserError

FLAG = re.compile(r"(?<![\w-])--([a-z]+(?:-[a-z]+)*)(?![\w-])")
ARGUMENTS = {  # of the options that are not called as their flag says
    "set": "settings",
    "type": "types",
    "constraint": "constraints",
    "ignore-relation": "ignored_relations",
}
ONLY_FLAGS = ("plugin",)  # of the command line, and of nothing in Python
Function = TypeVar("Function", bound=Callable[..., Any])
_command_lines = 0  # that are running


def spelled(text: str) -> str:
    """The text with the spelling of whoever called: `max_time` for --max-time in Python. Commands stay as they are."""
    return text if _command_lines else in_python(text)


def in_python(text: str) -> str:
    """The text with the spelling of Python."""
    parts = text.split("`")  # every second part is a command, or a name already
    parts[::2] = [FLAG.sub(_argument, part) for part in parts[::2]]
    return "`".join(parts)


def spells_options(function: Function) -> Function:
    """A decorator: the UserErrors of a public function name options as its caller does."""

    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except UserError as error:
            error.args = (spelled(str(error)),)
            raise

    return wrapped  # type: ignore[return-value]


@contextmanager
def on_the_command_line() -> Iterator[None]:
    """Within this block the caller types flags."""
    global _command_lines
    _command_lines += 1
    try:
        yield
    finally:
        _command_lines -= 1


def _argument(flag: re.Match[str]) -> str:
    name = flag[1]
    return flag[0] if name in ONLY_FLAGS else f"`{ARGUMENTS.get(name, name.replace('-', '_'))}`"
