"""Where the inputs of `apply` lie, where its results go, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..callbacks.base import Callback
from ..errors import UserError

if TYPE_CHECKING:
    from .apply_video import Film

NAMED = 3  # files that are left out, in one line


@dataclass(frozen=True)
class Applied:
    """What became of one input file.

    Attributes:
        path: The input.
        out: The result, or None where there is none.
        reason: Why there is no result.
        film: Facts about the result of a film.
        note: What the result does not hold of the input, or "".
    """

    path: Path
    out: Path | None
    reason: str = ""
    film: Film | None = None
    note: str = ""


def inputs_of(input: Path, usable: Callable[[Path], bool], kinds: tuple[str, ...], console: Callback) -> list[Path]:
    """The files to translate; other files of a folder are named. Raises UserError where there are none.

    kinds: What they are called, such as pictures and films.
    """
    if not input.exists():
        raise UserError(f"there is no file or folder {input}")
    if input.is_file():
        return [input]
    files = sorted(path for path in input.rglob("*") if path.is_file() and not path.name.startswith("."))
    inputs = list(filter(usable, files))
    if not inputs:
        raise UserError(f"{input} holds {' and '.join(f'no {kind}' for kind in kinds)}")
    if left_out := sorted(set(files) - set(inputs)):
        more = f" and {len(left_out) - NAMED:,} more" if len(left_out) > NAMED else ""
        names = ", ".join(str(path.relative_to(input)) for path in left_out[:NAMED])
        what = f"neither {' nor '.join(kinds)} that are" if len(kinds) > 1 else f"no {kinds[0]} that are"
        console.note(f"left out, as {what} read: {names}{more}")
    return inputs


def check_places(input: Path, out: Path) -> None:
    """Raises UserError where results would lie among the inputs, or cannot be written."""
    if input.is_dir() and out.suffix:
        raise UserError(f"{input} is a folder, so its results need one too; {out} looks like a file")
    if out.resolve() == input.resolve() or (input.is_dir() and input.resolve() in out.resolve().parents):
        raise UserError(f"results in {out} would lie among the inputs or overwrite them; choose another place")


def target_of(path: Path, input: Path, out: Path, suffix: Callable[[Path], str]) -> Path:
    """Where the result of one input file goes. suffix: Of its name, in a folder."""
    if input.is_file() and out.suffix:
        return out
    return (out / path.relative_to(input.parent if input.is_file() else input)).with_suffix(suffix(path))


def refused(taken: dict[Path, Path], path: Path, target: Path) -> str:
    """Why a result must not be written, as it would lie over an input or another result; else "".

    taken: Files that no result may overwrite, by where they lie; this result joins them.
    """
    if (already := taken.setdefault(target.resolve(), path)) == path and target.resolve() != path.resolve():
        return ""
    over = already if target.resolve() == already.resolve() else f"that of {already}"
    return f"its result, {target}, would be written over {over}; rename one of the two"
