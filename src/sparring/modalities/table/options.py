"""What a person may ask about the columns of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ...data.options import ENCODING, DataOptions


def types_from(value: Any) -> Any:
    """["code=category"] as {"code": "category"}. Raises ValueError for another form and a column given twice."""
    if value is None or isinstance(value, Mapping):
        return dict(value or {})
    texts, found = [value] if isinstance(value, str) else value, dict[str, str]()
    if not isinstance(texts, list | tuple):
        raise ValueError("should map columns to types, for example code=category")
    for text in texts:
        name, equals, kind = str(text).rpartition("=")
        if not equals or not name:
            raise ValueError("should look like COLUMN=TYPE, for example --type code=category")
        if name in found:
            raise ValueError(f"gives two types to '{name}'; give one")
        found[name] = kind
    return found


class ColumnOptions(DataOptions):
    """Options of all data that comes as a table."""

    types: Annotated[dict[str, str], BeforeValidator(types_from)] = Field(
        {},
        description="Of a table: the type of a column, where the one that is found is wrong: code=category. "
        "Types: integer, float, boolean, category, time, identifier, text; dmy, mdy, ymd or a pattern such as %d.%m.%Y "
        "for dates; decimal-point, decimal-comma; drop, which leaves it out; of personal data "
        "that is made anew: name, first-name, last-name, email, phone, card, iban, identity-number, address, ip, mac, "
        "url, uuid; with recipes for series also series, order, channel, whole.",
        json_schema_extra={"flag": "--type", "metavar": "COLUMN=TYPE"},
    )
    encoding: str | None = ENCODING
    sheet: str | None = Field(None, description="Of an Excel file: the sheet to read. Default: the first with a table.")


class TableOptions(ColumnOptions):
    """Options of tables whose rows are learned one by one."""

    constraints: Annotated[
        tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
    ] = Field(
        (),
        description="Of a table: what holds in every row: 'opened <= closed', 'a + b = total', 'a + b + c = 100', "
        "together(city, country), unique(code). Give the option once for each.",
        json_schema_extra={
            "flag": "--constraint",
            "metavar": "RULE",
            "in_python": "Of a table: what holds in every row: ['opened <= closed', 'a + b = total', "
            "'a + b + c = 100', 'together(city, country)', 'unique(code)'].",
        },
    )
    ignored_relations: Annotated[
        tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
    ] = Field(
        (),
        description="Of a table: a relation that holds in every row and was found, but is not to be kept: "
        "'city -> country', as it is printed; all switches all off. Give the option once for each.",
        json_schema_extra={
            "flag": "--ignore-relation",
            "metavar": "RELATION",
            "in_python": "Of a table: relations that hold in every row and were found, but are not to be kept: "
            "['city -> country'], as they are printed; ['all'] switches all off.",
        },
    )
