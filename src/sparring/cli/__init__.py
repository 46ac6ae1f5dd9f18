"""The command line: one small module a verb, which parses, calls the API and prints."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UserError
from .output import say
from .verbs import Verbs

app = typer.Typer(
    cls=Verbs,
    help="Train GANs on your own data and put the generator to work.\n\n"
    "Start with [bold]sparring train digits --budget 1m[/bold], then point it at a folder of your own pictures.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    if version:
        from ..util.versions import __version__

        say(f"sparring {__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Exit codes: 0 done; 2 the user can mend it (one sentence says how); 130 or 143 interrupted, saved; 1 a fault of the
    program.
    """
    from ..util.spelling import on_the_command_line
    from .interrupts import interrupts

    try:
        with interrupts.handled(), on_the_command_line():
            app(arguments, standalone_mode=True)
    except UserError as error:
        _fail(str(error))
    except BrokenPipeError:  # the reader of a pipe has closed it
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno is None:
            _fault(error)
        else:
            what = _DISK.get(error.errno) or (error.strerror or "a file cannot be used").lower()
            _fail(f"{what}{_at(error)}; mend that and run the same command again, what was written before is kept")
    except MemoryError:
        _fail(OUT_OF_MEMORY)
    except Exception as error:
        # torch's error and its words, without importing torch
        if type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error):
            _fail(OUT_OF_MEMORY)
        _fault(error)


OUT_OF_MEMORY = (
    "not enough memory for this; ask for a smaller --size or a smaller --set batch=N; what was saved is kept"
)

_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would grow over the size limit set for this shell",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a file stands where a folder is needed",
    errno.EEXIST: "a file stands where a folder is needed",
    errno.EISDIR: "a folder stands where a file is needed",
    errno.ENAMETOOLONG: "a name is too long",
    errno.ENOENT: "there is no such file or folder, or none can be made",
}


def _at(error: OSError) -> str:
    from ..util.files import final_path

    place = error.filename2 or error.filename  # of a file that is renamed, its new name
    return f" at {final_path(str(place))}" if place else ""


def _fail(sentence: str) -> None:
    say(f"sparring: {' '.join(sentence.split())}", error=True)
    sys.exit(2)


def _fault(error: BaseException) -> Any:
    """A fault of ours: the traceback goes to a file, its place to the user."""
    trace = "".join(traceback.format_exception(error))
    folder = Path(os.environ.get("SPARRING_FAULTS") or ".")
    from ..util.files import FAULT_FILE
    from .train import current_run

    path = (current_run() or folder) / FAULT_FILE
    try:
        path.write_text(trace, encoding="utf-8")
        say(
            f"sparring: a fault of the program ({type(error).__name__}: {error}); please report it with {path}",
            error=True,
        )
    except OSError:
        print(trace, file=sys.stderr)
    sys.exit(1)
