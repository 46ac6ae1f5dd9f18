"""Options declared as fields of a pydantic model: their flags, help texts and choices, and checking their values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ..errors import UserError, nearest
from . import checks


def flag_of(name: str, field: FieldInfo) -> str:
    """How an option is typed: "--max-time"; another name where the declaration says so ("--set" for settings)."""
    extra = field.json_schema_extra
    return str(extra["flag"]) if isinstance(extra, dict) and "flag" in extra else f"--{name.replace('_', '-')}"


def help_text(field: FieldInfo) -> str:
    """The text of an option with its default."""
    text, default = field.description or "", field.get_default()
    return text if "Default: " in text or default in (None, False, {}, ()) else f"{text} Default: {default}."


def is_repeated(field: FieldInfo) -> bool:
    """May the option be given several times? It may where the value is a mapping or any number of texts."""
    return any(
        get_origin(kind) in (dict, list) or (get_origin(kind) is tuple and Ellipsis in get_args(kind))
        for kind in kinds(field)
    )


def kinds(field: FieldInfo) -> tuple[Any, ...]:
    """The types that a value may have, None left out."""
    return tuple(kind for kind in _alternatives(field.annotation) if kind is not type(None))


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The words among which the option chooses, () where it takes other values too."""
    words = kinds(field)
    return get_args(words[0]) if len(words) == 1 and get_origin(words[0]) is Literal else ()


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    union = (
        get_args(annotation)
        if not get_origin(annotation) or get_origin(annotation) not in (dict, list, tuple, Literal)
        else ()
    )
    return union or (annotation,)


def checked(model: type[BaseModel], values: Mapping[str, Any]) -> Any:
    """The model of these values. Raises UserError with the first thing that is wrong, by the flag of the option."""
    values = checks.plain(values)
    for name, value in values.items():
        if isinstance(value, bool) and name in model.model_fields and bool not in kinds(model.model_fields[name]):
            raise UserError(_sentence(name, model.model_fields[name], value))  # to pydantic it is a number
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        reason = first["msg"].removeprefix("Value error, ") if first["type"] == "value_error" else ""
        raise UserError(_sentence(name, model.model_fields[name], values.get(name), reason)) from None


def _sentence(name: str, field: FieldInfo, value: Any, reason: str = "") -> str:
    """What is wrong with a value: "--fit squeeze is not one of crop, pad, stretch, patches"."""
    flag = flag_of(name, field)
    if words := choices(field):
        hint = nearest(str(value), words)
        return f"{flag} {value} is not one of {', '.join(words)}" + (f"; {hint}" if hint.startswith("did you") else "")
    if reason and not reason.startswith("should"):
        return f"{flag} {reason}"
    return f"{flag} {reason or 'should be ' + _expected(field)}, not {checks.shown(value)}"


def _expected(field: FieldInfo) -> str:
    """What a value should be: "a whole number of at least 1"."""
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}
    bounds = {end: getattr(each, end) for each in field.metadata for end in ("ge", "le") if hasattr(each, end)}
    low, high = bounds.get("ge"), bounds.get("le")
    within = "" if low is None else f" of at least {low:,}" if high is None else f" from {low:,} to {high:,}"
    return " or ".join(dict.fromkeys(words.get(kind, "a list or a mapping") for kind in kinds(field))) + within
