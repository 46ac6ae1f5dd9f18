"""Functions with options that are declared elsewhere: their signature and docstring come from the declaration."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from ..util.options import help_text
from ..util.spelling import in_python

MARK = "    **options: "  # the line of a docstring that is replaced by the options' help texts
Function = TypeVar("Function", bound=Callable[..., Any])


def with_options(fields: Mapping[str, FieldInfo]) -> Callable[[Function], Function]:
    """A decorator that replaces `**options` by `fields`, in the signature and (with their help texts) the docstring."""

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        taken = {each.name for each in own}
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.get_default(),
                annotation=_readable(field.annotation),
            )
            for name, field in fields.items()
            if name not in taken
        ]
        function.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        texts = "\n".join(_text(name, field) for name, field in fields.items())
        head, _, tail = inspect.cleandoc(function.__doc__ or "").partition(MARK)
        function.__doc__ = head + texts + tail.partition("\n")[1] + tail.partition("\n")[2]
        return function

    return decorate


def _readable(annotation: Any) -> str:
    """A type as one would write it in source code, without pydantic's constraints."""
    text = annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    text = re.sub(
        r"(?:typing\.)?Annotated\[(\w+), FieldInfo\(.*?\)\]\)\]|(?:typing\.)?Annotated\[(\w+), [^\[\]]*\]",
        r"\1\2",
        text,
    )
    text = re.sub(r"Optional\[(.*)\]$", r"\1 | None", text)
    return re.sub(r"\b(?:typing|pathlib)\.", "", text)


def _text(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    text = str(extra["in_python"]) if isinstance(extra, dict) and "in_python" in extra else in_python(help_text(field))
    return textwrap.fill(
        f"{name}: {text}", 110, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False
    )
