"""What a person may ask about texts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...data.options import ENCODING, LABEL_LEVEL, DataOptions


class TextOptions(DataOptions):
    """Options of texts."""

    texts: Literal["auto", "lines", "passages", "files"] = Field(
        "auto",
        description="Of texts: what one text is: a line, a passage of a long text, or a whole file. Default: lines of "
        "a file without empty lines between, else passages; the files of a folder.",
    )
    text_column: str | None = Field(
        None,
        min_length=1,
        description="Of texts in a table: the column that holds them. Default: the one with free text.",
        json_schema_extra={"metavar": "COLUMN"},
    )
    characters: int | None = Field(
        None,
        ge=2,
        le=4096,
        description="Of texts: how many characters are learned at once. Default: the longest text, at most 256.",
        json_schema_extra={"metavar": "COUNT"},
    )
    alphabet: Literal["auto", "characters", "pieces", "bytes"] = Field(
        "auto",
        description="Of texts: whether they are learned by characters, by frequent pieces of words, or by UTF-8 bytes. "
        "Default: pieces where there are many long texts, else characters; bytes where most characters are rare.",
    )
    encoding: str | None = ENCODING
    label_level: Literal["first", "leaf"] = LABEL_LEVEL
