"""How the columns of a table write numbers, times and truths. What is generated is written in the same way."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from .dates import DateFormat
from .durations import DurationFormat
from .epochs import EpochFormat
from .numbers import NumberFormat


@dataclass(frozen=True)
class Words:
    """The words for False and True."""

    false: str = "False"
    true: str = "True"
    missing: str | None = None

    kind = "words"

    def about(self) -> str:
        """For people."""
        return f"written as {self.false} and {self.true}"


Numeric = NumberFormat | DurationFormat  # formats of cells that are numbers
Format = Numeric | DateFormat | EpochFormat | Words
FORMATS: dict[str, type] = {each.kind: each for each in (NumberFormat, DurationFormat, DateFormat, EpochFormat, Words)}


def describe(format: Format) -> dict[str, Any]:
    """For codec.json: what differs from the defaults."""
    default = DateFormat("") if isinstance(format, DateFormat) else type(format)()
    values = asdict(format)
    return {"kind": format.kind, **{name: value for name, value in values.items() if value != getattr(default, name)}}


def format_from(description: dict[str, Any]) -> Format:
    """The inverse of `describe`. Raises KeyError or TypeError for another description."""
    values = dict(description)
    made = FORMATS[values.pop("kind")]
    known = {each.name for each in fields(made)}
    if not set(values) <= known:
        raise KeyError(f"a format has no {', '.join(sorted(set(values) - known))}")
    if "mixed" in values:
        values["mixed"] = tuple((int(offset), float(share)) for offset, share in values["mixed"])
    if "fraction" in values:
        values["fraction"] = tuple(map(int, values["fraction"]))
    if made is DurationFormat:
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return made(**values)
