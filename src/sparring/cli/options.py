"""Parameters of the command line, made from the declared options."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from ..config.options import TrainOptions
from ..modalities.opening import option_fields
from ..util.options import choices, flag_of, help_text, is_repeated, kinds

PANEL = "Options of the data"


def train_parameters(*names: str) -> list[inspect.Parameter]:
    """Those options of a training, in the order of their declaration; all where no name is given."""
    fields = TrainOptions.model_fields
    return parameters(
        {name: field for name, field in fields.items() if name != "data" and (not names or name in names)}
    )


def data_parameters() -> list[inspect.Parameter]:
    """The options of the data, in a panel of their own."""
    return parameters(option_fields(), PANEL)


def parameters(fields: Mapping[str, FieldInfo], panel: str | None = None) -> list[inspect.Parameter]:
    """A keyword parameter for each field, as typer reads it.

    All are None where they are not given. Texts stay texts; `train_options` parses them.
    """
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[_type(field), _option(name, field, panel)],
        )
        for name, field in fields.items()
    ]


def _type(field: FieldInfo) -> Any:
    """What typer should make of the text: a switch, a number, a path, a list of texts, or the text itself."""
    if is_repeated(field):
        return list[str] | None
    found = kinds(field)
    plain = found[0] if len(found) == 1 and found[0] in (bool, int, float, Path) else str
    return plain | None


def _option(name: str, field: FieldInfo, panel: str | None) -> Any:
    flag = flag_of(name, field)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    metavar = str(extra["metavar"]) if "metavar" in extra else "|".join(choices(field)) or None
    flags = [f"{flag}/--no-{flag.removeprefix('--')}" if bool in kinds(field) else flag]
    if "short" in extra:
        flags.append(str(extra["short"]))
    return typer.Option(*flags, help=help_text(field), metavar=metavar, rich_help_panel=panel, show_default=False)
