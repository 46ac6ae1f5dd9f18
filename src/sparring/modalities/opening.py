"""Opening data: a name or a path becomes a Source."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from .. import modalities
from ..data import named
from ..data.in_memory import InMemory, refuse_missing_numbers
from ..data.options import DataOptions, OpenContext
from ..data.source import Source
from ..errors import UserError, nearest
from ..util.files import without_password
from ..util.options import checked, flag_of
from .base import Modality

NETWORKS = ("http", "https", "ftp", "s3", "gs", "hdfs")  # URLs of files, not of databases
MAX_NAMES = 5000  # looked at, to say what a folder holds
READABLE = (
    "pictures, sounds or films in a folder, .zip or .tar, or an IDX, .npy, .npz or .parquet file, or a table (.csv, "
    ".parquet, .xlsx), or texts (.txt)"
)


def open_data(where: Any, asked: Mapping[str, Any] | None = None, context: OpenContext | None = None) -> Source:
    """Open the user's data.

    Args:
        where: a built-in name, the name of a well-known set, a path, a URL of a database, or a Source, which is
            returned as it is, or data in memory (see `data.in_memory`). A bare word is a name first; write ./word for
            a file or folder of that name.
        asked: what a person asks for, by name (see `option_fields`). Values may be texts as typed on a command line.
        context: what the program knows about the purpose.

    Raises:
        UserError: nothing there can be opened, or the data has no such option.
    """
    if isinstance(where, Source):
        return where
    asked, context, text = asked or {}, context or OpenContext(), str(where)
    if not isinstance(where, str | Path):
        return _open_in_memory(where if isinstance(where, InMemory) else InMemory(where), asked, context)
    if not text.strip():
        raise UserError(f"No data was named: give a folder, a file, or one of {', '.join(known_names())}.")
    if "://" in text:
        return _open_url(text, asked, context)
    if isinstance(where, Path) or "/" in text or os.sep in text or text in (".", ".."):
        return _open_path(Path(text), asked, context)
    if modality := next((each for each in modalities.every() if text in each.built_in), None):
        source = modality.open_name(text, checked_options(modality, asked, text), context)
        if Path(text).exists():
            source.notes = (
                f"The built-in set '{text}' was opened, not the '{text}' in this folder: write ./{text} to open that.",
                *source.notes,
            )
        return source
    if text in named.NAMED:
        folder, notes = named.find(text)
        source = _open_path(folder, asked, context)
        source.name = text
        source.notes = (*notes, *source.notes)
        return source
    return _open_path(Path(text), asked, context)


def option_fields() -> dict[str, FieldInfo]:
    """Every option that some modality has, by name, with its type, default and help text."""
    found: dict[str, FieldInfo] = {}
    for modality in modalities.every():
        for name, field in modality.Options.model_fields.items():
            if repr(found.setdefault(name, field)) != repr(field):
                raise TypeError(
                    f"the option '{name}' of {modality.name} is declared in another way by another modality"
                )
    return found


def checked_options(modality: Modality, asked: Mapping[str, Any], where: object) -> DataOptions:
    """The options as the modality wants them.

    Raises UserError for an option that it does not have or a value that cannot be.
    """
    for name in asked:
        if name not in modality.Options.model_fields:
            owners = [each for each in modalities.every() if name in each.Options.model_fields]
            if not owners:
                raise UserError(f"there is no option '{name}' of data; {nearest(name, list(option_fields()))}")
            *others, last = sorted((each.unit for each in owners), key=len)
            units = f"{', '.join(others)} and {last}" if others else last
            flag = flag_of(name, owners[0].Options.model_fields[name])
            raise UserError(f"{flag} is for {units}, and {where} holds {modality.unit}; leave it out")
    options: DataOptions = checked(modality.Options, asked)
    return options


def modality_of(where: str | Path) -> str | None:
    """The name of the modality that would open this, without reading it; None where none would."""
    text, path = str(where), Path(where)
    for modality in modalities.every():
        known = text in modality.built_in or (text in named.NAMED and modality.name == named.MODALITY)
        if modality.opens_urls if "://" in text else known or (path.exists() and modality.recognises(path)):
            return modality.name
    return None


def known_names() -> list[str]:
    """Every name that can be opened without a path."""
    return sorted([name for modality in modalities.every() for name in modality.built_in] + list(named.NAMED))


def place_of(where: Any) -> str | None:
    """The path or name of data on this machine; None for data that only a program has."""
    if isinstance(where, Source):
        return where.name if where.name in known_names() else None
    if not isinstance(where, str | Path):
        return None
    if isinstance(where, str) and where in known_names():  # a name counts before a folder of that name
        return where
    return str(Path(where).absolute()) if Path(where).exists() else without_password(str(where))


def _open_url(url: str, asked: Mapping[str, Any], context: OpenContext) -> Source:
    if url.partition("://")[0].lower() in NETWORKS:
        raise UserError(f"{without_password(url)} is elsewhere: download it first, and give the file or folder")
    for modality in modalities.every(context.modalities):
        if modality.opens_urls:
            return modality.open_url(url, checked_options(modality, asked, url), context)
    raise UserError(f"{url} names a database, and this recipe does not learn from tables.")


def _open_in_memory(memory: InMemory, asked: Mapping[str, Any], context: OpenContext) -> Source:
    refuse_missing_numbers(memory.data)
    allowed = modalities.every(context.modalities)
    for modality in allowed:
        if (len(allowed) == 1 and modality.asked_first) or modality.takes(memory):
            return modality.open_in_memory(memory, checked_options(modality, asked, f"the data in {memory}"), context)
    units = " or ".join(modality.unit for modality in allowed)
    raise UserError(f"the data in {memory} is not what this recipe learns from, {units}")


def _open_path(path: Path, asked: Mapping[str, Any], context: OpenContext) -> Source:
    try:
        if not path.exists():
            place, mark, table = str(path).partition("#")
            if mark and Path(place).is_file():
                raise UserError(f"a table of a database is named by its URL: sqlite:///{place}#{table}")
            raise UserError(
                f"There is no file or folder {path}, nor a built-in set of that name: "
                f"{nearest(path.name, known_names())}"
            )
        empty = not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0
        if path.is_file():
            path.open("rb").close()  # an unreadable file is another fault than an unknown one
        if empty:
            raise UserError(f"{path} is empty: give a folder or file with data in it.")
        allowed = modalities.every(context.modalities)
        for modality in allowed:
            if (len(allowed) == 1 and modality.asked_first) or modality.recognises(path):
                return modality.open_path(path, checked_options(modality, asked, path), context)
    except PermissionError as error:
        raise UserError(
            f"No permission to read {error.filename or path}: change its permissions or open other data."
        ) from None
    if other := modality_of(path):
        wanted = " or ".join(modality.unit for modality in allowed)
        raise UserError(
            f"{path} holds {modalities.get(other).unit}, and this recipe learns from {wanted}; leave --recipe out or "
            "choose another (`sparring recipes`)"
        )
    raise UserError(f"{path} holds nothing that sparring can train on{_held(path)}: give {READABLE}.")


def _held(path: Path) -> str:
    """What a folder holds instead, by the suffixes of its files, in parentheses; "" where there is nothing to say."""
    files = islice((file for file in path.rglob("*") if file.is_file()), MAX_NAMES) if path.is_dir() else ()
    suffixes = Counter(file.suffix.lower() for file in files if file.suffix and not file.name.startswith("."))
    if not suffixes:
        return ""
    advice = ", which go into one array" if max(suffixes, key=suffixes.__getitem__) == ".npy" else ""
    return f" (it holds {', '.join(f'{count:,} {suffix}' for suffix, count in suffixes.most_common(3))} files{advice})"
