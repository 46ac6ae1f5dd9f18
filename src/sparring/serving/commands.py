"""Commands of this program in processes of their own, for what takes long: they give way, and may fail alone."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from .errors import Refused

NICENESS = 10  # what takes long gives way to requests


def command(arguments: Sequence[str], plugins: Sequence[str] = ()) -> list[str]:
    """The command line `sparring ARGUMENTS` for this Python. plugins: modules that it has to import."""
    verb, *others = arguments
    return [sys.executable, "-m", "sparring", verb, *(f"--plugin={plugin}" for plugin in plugins), *others]


async def output_of(arguments: Sequence[str], plugins: Sequence[str], seconds: float, what: str) -> bytes:
    """What `sparring ARGUMENTS` prints.

    Args:
        arguments: The verb and what follows it.
        plugins: Modules that it has to import.
        seconds: How long it may take.
        what: Its name in sentences, such as "the evaluation".

    Raises:
        Refused: It takes too long, or fails; with its own last words.
    """
    process = await asyncio.create_subprocess_exec(
        *command(arguments, plugins),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=gives_way if os.name == "posix" else None,
    )
    try:
        printed, said = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        raise Refused(504, f"{what} took longer than {seconds:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return printed
    sentence = said.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("sparring: ")
    raise Refused(422 if process.returncode == 2 else 500, sentence or f"{what} failed")


def gives_way() -> None:
    """Lets other processes go first."""
    os.nice(NICENESS)
