"""What a person may ask about pairs of pictures."""

from __future__ import annotations

from pydantic import Field

from ..image.options import ImageOptions


class PairOptions(ImageOptions):
    """Options of pairs of pictures."""

    input: str | None = Field(
        None,
        description="Of pairs: the folder (or column) that holds the inputs; left or right, where one picture holds "
        "both sides. Default: found from the names.",
        json_schema_extra={"metavar": "NAME"},
    )
