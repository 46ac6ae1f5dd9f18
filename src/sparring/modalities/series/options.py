"""What a person may ask about series."""

from __future__ import annotations

from ..table.options import ColumnOptions


class SeriesOptions(ColumnOptions):
    """Options of series: the type of a column may also be series, order, channel or whole."""
