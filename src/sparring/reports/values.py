"""Values as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one, so that lookups can be chained."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []


def count(value: int) -> str:
    """12800 -> "12,800"."""
    return f"{value:,}"


def short(value: float) -> str:
    """Four significant digits, with an exponent only for very small and very large numbers: 0.97, 3.214, 12,345."""
    if value == 0 or 1e-4 <= abs(value) < 1e9:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:.3e}"


def percent(share: float) -> str:
    """0.97 -> "97 %". Only the shares 0 and 1 read as 0 % and 100 %."""
    rounded = round(100 * share)
    if (rounded == 100 and share < 1) or (rounded == 0 and share > 0):
        return f"{math.floor(1000 * share) / 10 if share > 0.5 else math.ceil(1000 * share) / 10:.1f} %"
    return f"{rounded} %"


def plain(value: Any) -> str:
    """A setting as text: lists joined, None as "none"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value[:50]) + (", ..." if len(value) > 50 else "")
    text = str(value)
    return text if len(text) <= 2000 else text[:2000] + "..."
