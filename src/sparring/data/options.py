"""What a person may ask when data is opened, and what the program knows beside that.

Each modality adds the options of its own kind of data.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ENCODING: Any = Field(
    None,
    description="Of a text file (a table, or the labels beside pictures): its encoding, such as cp1252. Default: "
    "UTF-8, or what its letters look like.",
)

LABEL_LEVEL: Any = Field("first", description="Which folder level names the class: first or leaf.")


class DataOptions(BaseModel):
    """Options that data of every kind has. What is left out is chosen from the data and said in `Source.notes`.

    A modality declares a subclass with its own options. The description of a field is the help text of the command
    line. Its `json_schema_extra` may hold `metavar`, and `flag` where the option is not called like the field. Fields
    take both the values of Python and the texts of the command line ("64x96").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: str = Field(
        "auto",
        min_length=1,
        description="auto (folder names or a label column), none, filename (what files are named after, as in "
        "cat.0.jpg), or the name of a column.",
    )


class OpenContext(BaseModel):
    """What the program knows when it opens data. No person is asked for it.

    max_side: the largest longer side of a size that is chosen, in pixels; None: no limit.
    modalities: names of those that the data may be opened as; (): any.
    fit: how pictures are brought to a size where the person does not say it; None: as usual.
    label_maps: which side of pairs should be label maps where both could be; None: as the names of the folders say.
    like: the codec of other data that tables and series are read like, so that both can be compared.
    keep_rows: should the source of a table keep the rows as they were read?
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_side: int | None = None
    modalities: tuple[str, ...] = ()
    fit: Literal["crop", "pad", "stretch", "patches"] | None = None
    label_maps: Literal["input", "output"] | None = None
    like: Any = Field(None, exclude=True)
    keep_rows: bool = Field(False, exclude=True)
