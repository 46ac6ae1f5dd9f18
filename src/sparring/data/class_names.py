"""Labels of all kinds as names of classes."""

from __future__ import annotations

from typing import Any


def class_name(label: Any) -> str | None:
    """The name of the class that a label says: 3.0 is class 3; None, NaN and "" say none."""
    if label is None or label != label:
        return None
    whole = isinstance(label, float) and label.is_integer()
    return str(int(label) if whole else label) or None
