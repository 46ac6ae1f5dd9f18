"""Opening data: a name or a path becomes a Source."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic.fields import FieldInfo

from .. import modalities
from ..data import named, options
from ..data.source import DataOptions, Source
from ..errors import UserError, nearest


def open_data(path_or_name: Any, options: DataOptions | None = None) -> Source:
    """Open the user's data: a built-in name, the name of a well-known set, a path, or data in memory (see `in_memory`).

    A bare word is a name first; write ./word for a file or folder of that name. Raises UserError where it is neither,
    cannot be read or holds nothing that a modality knows.
    """
    if isinstance(path_or_name, Source):
        return path_or_name
    options = options or DataOptions()
    if isinstance(path_or_name, str | Path):
        source = _open(path_or_name, options)
    else:
        from .in_memory import open_in_memory

        source = open_in_memory(path_or_name, options)
    understood = getattr(modalities.get(source.modality), "COLUMN_OPTIONS", ())
    for name, asked in (("--type", options.types), ("--constraint", options.constraints)):
        if asked and name not in understood:
            raise UserError(f"{name} is for the columns of tables, and {source.name} holds {source.unit}; leave it out")
    return source


def option_fields() -> dict[str, FieldInfo]:
    """The options of the data of all modalities, by name."""
    return dict(options.DataOptions.model_fields)


def _open(path_or_name: str | Path, options: DataOptions) -> Source:
    text = str(path_or_name)
    if not text.strip():
        raise UserError(f"No data was named: give a folder, a file, or one of {', '.join(known_names())}.")
    if "://" in text:
        return _open_url(text, options)
    if isinstance(path_or_name, Path) or "/" in text or os.sep in text or text in ("", ".", ".."):
        return _open_path(Path(text), options)
    for module in _modules():
        if text in module.NAMES:
            source = module.open_name(text, options)
            if Path(text).exists():
                source.notes += (f"The built-in set '{text}' was opened, not the '{text}' in this folder: write ./{text} to open that.",)
            return source
    if text in named.NAMED:
        folder, notes = named.find(text)
        source = _open_path(folder, options)
        source.name = text
        source.notes += notes
        return source
    return _open_path(Path(text), options)


def _open_url(url: str, options: DataOptions) -> Source:
    for module in _modules(options.modalities):
        if hasattr(module, "open_url"):
            return module.open_url(url, options)
    raise UserError(f"{url} names a database, and this recipe does not learn from tables.")


def modality_of(path_or_name: str | Path) -> str | None:
    """The modality that would open this, without reading it; None where none would."""
    text = str(path_or_name)
    path = Path(text)
    if "://" in text:
        return next((module.__name__.rsplit(".", 1)[-1] for module in _modules() if hasattr(module, "open_url")), None)
    for module in _modules():
        name = module.__name__.rsplit(".", 1)[-1]
        if text in module.NAMES or (text in named.NAMED and name == named.MODALITY) or (path.exists() and module.recognises(path)):
            return name
    return None


def known_names() -> list[str]:
    """Every name that can be opened without a path."""
    return sorted([name for module in _modules() for name in module.NAMES] + list(named.NAMED))


def _modules(names: tuple[str, ...] = ()) -> list[ModuleType]:
    """Those whose data looks like another's, and more, come first."""
    return sorted((modalities.get(name) for name in names or modalities.names()), key=lambda module: not getattr(module, "SPECIAL", False))


def _open_path(path: Path, options: DataOptions) -> Source:
    try:
        if not path.exists():
            raise UserError(f"There is no file or folder {path}, nor a built-in set of that name: {nearest(path.name, known_names())}")
        empty = not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0
        if path.is_file():
            path.open("rb").close()  # an unreadable file is another fault than an unknown one
        if empty:
            raise UserError(f"{path} is empty: give a folder or file with data in it.")
        allowed = _modules(options.modalities)
        for module in allowed:
            if len(allowed) == 1 and getattr(module, "SPECIAL", False) or module.recognises(path):
                return module.open_path(path, options)
    except PermissionError as error:
        raise UserError(f"No permission to read {error.filename or path}: change its permissions or open other data.") from None
    raise UserError(
        f"{path} holds nothing that sparring can train on: give pictures in a folder, .zip or .tar, or an IDX, .npy, .npz or .parquet file, or a table (.csv, .parquet, .xlsx)."
    )
